//! What waits for subscribers to read it, in bytes: no more than a limit for each of them, and no more than another for all
//! together.
//!
//! Written messages wait as [`Parcel`]s, which are never needed: a subscriber that finds its parcel gone reads the same
//! again from its source. So when everything together is too much, the oldest parcels are discarded in favour of new ones,
//! and nobody waits. What was handed to a transport is [`Held`] and cannot be taken back; who wants to hand out more has
//! to wait until there is room.

use super::parcel::{Parcel, Written};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// What is at most this large is never held up: it weighs no more than the connection that it goes to.
pub const SMALL: usize = 4096;

/// The bytes that wait for all subscribers of a process. Clones are the same.
#[derive(Clone, Debug)]
pub struct Queues(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    each: usize,
    all: usize,
    used: AtomicUsize,
    parcels: Mutex<Parcels>,
    /// Those that wait until something is freed, and what wakes them.
    waiting: AtomicUsize,
    freed: Notify,
}

/// Parcels that somebody may still want, by their age.
#[derive(Debug, Default)]
struct Parcels {
    next: u64,
    all: BTreeMap<u64, Weak<Parcel>>,
}

impl Queues {
    /// With room for `each` subscriber, and for `all` of them.
    pub fn new(each: usize, all: usize) -> Queues {
        let (used, waiting) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Queues(Arc::new(Shared { each, all, used, parcels: Mutex::default(), waiting, freed: Notify::new() }))
    }

    /// Bytes that may wait for one subscriber.
    pub(super) fn each(&self) -> usize {
        self.0.each
    }

    /// Bytes that wait now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::SeqCst)
    }

    /// The queue of one more subscriber.
    pub fn queue(&self) -> Queue {
        let size = self.0.each.clamp(1, u32::MAX as usize) as u32;
        Queue { queues: self.clone(), size, room: Arc::new(Semaphore::new(size as usize)) }
    }

    /// Keeps messages for those who hold the parcel, until they are discarded to make room.
    pub(super) fn keep(&self, written: Written) -> Arc<Parcel> {
        let bytes = written.bytes();
        self.0.used.fetch_add(bytes, Ordering::SeqCst);
        let held = Held { queues: self.clone(), bytes };
        let parcel = {
            let mut parcels = self.parcels();
            let age = parcels.next;
            parcels.next += 1;
            let parcel = Arc::new(Parcel::new(self.clone(), age, written, held));
            parcels.all.insert(age, Arc::downgrade(&parcel));
            parcel
        };
        self.discard(0, 1);
        parcel
    }

    /// Waits until these bytes fit, and takes them. More than all of the room is taken when nothing else is held.
    pub async fn hold(&self, bytes: usize) -> Held {
        if let Some(held) = self.try_hold(bytes) {
            return held;
        }
        let _waiting = Waiting::new(&self.0.waiting);
        loop {
            // Before it looks: what is freed afterwards wakes it.
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            match self.try_hold(bytes) {
                Some(held) => return held,
                None => freed.await,
            }
        }
    }

    fn try_hold(&self, bytes: usize) -> Option<Held> {
        self.discard(bytes, 0);
        let fits = |used: usize| {
            let fits = bytes <= SMALL || used == 0 || used + bytes <= self.0.all;
            fits.then_some(used + bytes)
        };
        self.0.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits).ok()?;
        Some(Held { queues: self.clone(), bytes })
    }

    /// Discards the oldest parcels, except for this many, until these bytes fit.
    fn discard(&self, bytes: usize, except: usize) {
        while self.used() + bytes > self.0.all {
            // Let go before it is discarded, which may be its end: then it removes itself.
            let oldest = {
                let mut parcels = self.parcels();
                let any = parcels.all.len() > except;
                any.then(|| parcels.all.pop_first()).flatten()
            };
            match oldest {
                Some((_, oldest)) => drop(oldest.upgrade().inspect(|parcel| parcel.discard())),
                None => return,
            }
        }
    }

    /// Notes that nobody wants the parcel of this age any more.
    pub(super) fn forget(&self, age: u64) {
        self.parcels().all.remove(&age);
    }

    fn parcels(&self) -> MutexGuard<'_, Parcels> {
        self.0.parcels.lock()
    }
}

/// Bytes that wait for subscribers, until this is dropped.
#[derive(Debug)]
pub struct Held {
    queues: Queues,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        let shared = &self.queues.0;
        shared.used.fetch_sub(self.bytes, Ordering::SeqCst);
        if shared.waiting.load(Ordering::SeqCst) > 0 {
            shared.freed.notify_waiters();
        }
    }
}

/// A waiter is counted until this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Waiting<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The queue of one subscriber.
#[derive(Debug)]
pub struct Queue {
    queues: Queues,
    size: u32,
    room: Arc<Semaphore>,
}

/// A part of a subscriber's queue, free again when this is dropped.
#[derive(Debug)]
pub struct Reserved {
    _room: OwnedSemaphorePermit,
}

/// Bytes that were handed to a transport.
#[derive(Debug)]
pub struct Queued {
    _reserved: Reserved,
    _held: Held,
}

impl Queue {
    /// Waits until the subscriber has read enough for these bytes to fit. A message that is larger than the queue waits
    /// alone.
    pub async fn reserve(&self, bytes: usize) -> Reserved {
        let many = bytes.clamp(1, self.size as usize) as u32;
        let room = self.room.clone().acquire_many_owned(many).await;
        Reserved { _room: room.expect("a semaphore that is never closed") }
    }

    /// Waits until these bytes fit into what all subscribers have together.
    pub async fn hold(&self, reserved: Reserved, bytes: usize) -> Queued {
        Queued { _reserved: reserved, _held: self.queues.hold(bytes).await }
    }
}

#[cfg(test)]
mod tests;
