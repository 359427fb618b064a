//! The slots for connections, of which there is a limited number.

use super::clock::CloseReason;
use crate::server::counters::Counters;
use crate::server::limits::Throttle;
use hashlink::LinkedHashMap;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long an evicted connection may take to close. If it stays open longer, it has just become busy.
const EVICTION_TIMEOUT: Duration = Duration::from_millis(50);

/// All slots.
pub struct Slots {
    limit: usize,
    used: AtomicUsize,
    /// Notified when a connection has closed.
    freed: Notify,
    evictable: Mutex<EvictableConnections>,
    counters: Counters,
    full_warnings: Throttle,
}

/// Connections without a request under way, each with what evicts it.
#[derive(Default)]
struct EvictableConnections {
    next_id: u64,
    /// Those that have not sent a request yet, the oldest first.
    new: LinkedHashMap<u64, Arc<Notify>>,
    /// Those between two requests, the one that has been idle for longest first.
    idle: LinkedHashMap<u64, Arc<Notify>>,
}

impl Slots {
    /// Returns this many slots, all free.
    pub fn new(limit: usize, counters: Counters) -> Arc<Slots> {
        Arc::new(Slots {
            limit,
            used: AtomicUsize::new(0),
            freed: Notify::new(),
            evictable: Mutex::default(),
            counters,
            full_warnings: Throttle::default(),
        })
    }

    /// Returns a slot for a new connection. If all are used, the oldest connection that has not sent a request yet is
    /// evicted, or else the one that has been idle for longest. Returns `None` if every other connection is busy.
    pub async fn acquire(self: &Arc<Self>) -> Option<Slot> {
        while self.used.load(Ordering::Acquire) >= self.limit {
            let evicts = self.evict();
            if self.full_warnings.is_due() {
                let closed = if evicts { "an idle connection is" } else { "the new connection is" };
                tracing::warn!(
                    "{} connections are open, as many as [limits] connections, or the limit of open files, allows: {closed} \
                     closed. Raise that limit if these are clients of yours.",
                    self.limit
                );
            }
            if !evicts {
                self.counters.connection_closed(CloseReason::Evicted);
                return None;
            }
            // Only this task acquires slots, so no other connection can get the freed one.
            let _ = timeout(EVICTION_TIMEOUT, self.freed.notified()).await;
        }
        self.used.fetch_add(1, Ordering::AcqRel);
        self.counters.connections.inc();
        let evicted = Arc::<Notify>::default();
        let mut evictable = self.evictable.lock();
        let id = evictable.next_id;
        evictable.next_id += 1;
        evictable.new.insert(id, evicted.clone());
        Some(Slot { id, slots: self.clone(), evicted })
    }

    /// Evicts one connection. It closes soon. Returns `false` if all connections are busy.
    pub fn evict(&self) -> bool {
        let mut evictable = self.evictable.lock();
        let evicted = evictable.new.pop_front().or_else(|| evictable.idle.pop_front());
        evicted.is_some_and(|(_, evicted)| {
            evicted.notify_one();
            true
        })
    }
}

/// The slot of one connection, until this is dropped.
pub struct Slot {
    id: u64,
    slots: Arc<Slots>,
    evicted: Arc<Notify>,
}

impl Slot {
    /// A request is under way.
    pub fn set_busy(&self) {
        let mut evictable = self.slots.evictable.lock();
        if evictable.new.remove(&self.id).is_none() {
            evictable.idle.remove(&self.id);
        }
    }

    /// No request is under way any more.
    pub fn set_idle(&self) {
        self.slots.evictable.lock().idle.insert(self.id, self.evicted.clone());
    }

    /// Waits until another connection needs the slot.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.set_busy();
        self.slots.used.fetch_sub(1, Ordering::AcqRel);
        self.slots.counters.connections.dec();
        self.slots.freed.notify_one();
    }
}
