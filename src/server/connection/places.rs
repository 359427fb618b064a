//! The places for connections, of which there is a limited number.

use super::clock::Why;
use crate::server::counts::Counts;
use crate::server::seldom::Seldom;
use hashlink::LinkedHashMap;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a connection that has to make room may take to go. If it does not, it has just become busy.
const MOVING: Duration = Duration::from_millis(50);

/// All places.
pub struct Places {
    limit: usize,
    taken: AtomicUsize,
    /// A connection has gone.
    left: Notify,
    waiting: Mutex<Waiting>,
    counts: Counts,
    full: Seldom,
}

/// Connections without a request, each with what makes it go.
#[derive(Default)]
struct Waiting {
    next: u64,
    /// They have not sent a request yet, the oldest first.
    new: LinkedHashMap<u64, Arc<Notify>>,
    /// They are between two requests, the one that has been so for longest first.
    idle: LinkedHashMap<u64, Arc<Notify>>,
}

impl Places {
    pub fn new(limit: usize, counts: Counts) -> Arc<Places> {
        Arc::new(Places {
            limit,
            taken: AtomicUsize::new(0),
            left: Notify::new(),
            waiting: Mutex::default(),
            counts,
            full: Seldom::default(),
        })
    }

    /// A place for a new connection. If all are taken, the oldest connection that has not sent a request yet makes room,
    /// else the one that has been between two requests for longest. Returns `None` if every other connection is busy.
    pub async fn take(self: &Arc<Self>) -> Option<Place> {
        while self.taken.load(Ordering::Acquire) >= self.limit {
            let evicts = self.evict();
            if self.full.is_due() {
                let (limit, closed) = (self.limit, if evicts { "idle ones are" } else { "the new one is" });
                tracing::warn!(
                    "{limit} connections are open, the most that `connections` in [limits] or the limit of open files \
                     allows: {closed} closed. Raise that limit."
                );
            }
            if !evicts {
                self.counts.closed(Why::Place);
                return None;
            }
            // Only this task takes places, so nothing overtakes it here.
            let _ = timeout(MOVING, self.left.notified()).await;
        }
        self.taken.fetch_add(1, Ordering::AcqRel);
        self.counts.connections.inc();
        let evicted = Arc::<Notify>::default();
        let mut waiting = self.waiting();
        let id = waiting.next;
        waiting.next += 1;
        waiting.new.insert(id, evicted.clone());
        Some(Place { id, places: self.clone(), evicted })
    }

    /// Has one connection make room, if any can. It is gone soon.
    pub fn evict(&self) -> bool {
        let mut waiting = self.waiting();
        let evicted = waiting.new.pop_front().or_else(|| waiting.idle.pop_front());
        evicted.is_some_and(|(_, evicted)| {
            evicted.notify_one();
            true
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }
}

/// The place of one connection, until this is dropped.
pub struct Place {
    id: u64,
    places: Arc<Places>,
    evicted: Arc<Notify>,
}

impl Place {
    /// A request is under way.
    pub fn busy(&self) {
        let mut waiting = self.places.waiting();
        if waiting.new.remove(&self.id).is_none() {
            waiting.idle.remove(&self.id);
        }
    }

    /// Nothing is under way any more.
    pub fn idle(&self) {
        self.places.waiting().idle.insert(self.id, self.evicted.clone());
    }

    /// Waits until another connection needs the place.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.busy();
        self.places.taken.fetch_sub(1, Ordering::AcqRel);
        self.places.counts.connections.dec();
        self.places.left.notify_one();
    }
}
