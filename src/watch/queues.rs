//! How much may wait for subscribers, in bytes: at most one limit for each of them, and another for all together.
//!
//! Written messages wait as [`Parcel`]s, which can be discarded: a subscriber whose parcel is gone reads the same again
//! from its source. So when all together are too much, the oldest parcels make room for new ones, and nobody waits. What
//! was handed to a transport is [`Held`] and cannot be discarded; a transport that wants more waits until there is room.

use super::held::{Held, HeldBytes};
use super::parcels::{Parcel, Parcels, WrittenBatch};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A message up to this size never waits for room: it takes no more than the connection that it goes to.
pub const SMALL_MESSAGE_BYTES: usize = 4096;

/// What waits for all subscribers of a process. Clones are the same.
#[derive(Clone, Debug)]
pub struct Queues {
    /// Bytes that may wait for one subscriber.
    max_bytes_each: usize,
    /// Bytes that may wait for all subscribers.
    max_bytes: usize,
    held: HeldBytes,
    parcels: Parcels,
}

impl Queues {
    /// With room for these bytes of each subscriber, and of all of them.
    pub fn new(max_bytes_each: usize, max_bytes: usize) -> Queues {
        Queues { max_bytes_each, max_bytes, held: HeldBytes::default(), parcels: Parcels::default() }
    }

    /// Bytes that may wait for one subscriber.
    pub(super) fn max_bytes_each(&self) -> usize {
        self.max_bytes_each
    }

    /// Bytes that wait now.
    pub fn used(&self) -> usize {
        self.held.used()
    }

    /// The queue of one more subscriber.
    pub fn queue(&self) -> Queue {
        let size = self.max_bytes_each.clamp(1, u32::MAX as usize) as u32;
        Queue { queues: self.clone(), size, room: Arc::new(Semaphore::new(size as usize)) }
    }

    /// Keeps messages for those who hold the parcel, until they are discarded to make room.
    pub(super) fn keep(&self, batch: WrittenBatch) -> Arc<Parcel> {
        let held = self.held.add(batch.bytes());
        let parcel = self.parcels.add(batch, held);
        self.make_room(0, 1);
        parcel
    }

    /// Waits until these bytes fit, and takes them. When nothing else is held, they may be more than all of the room.
    pub async fn hold(&self, bytes: usize) -> Held {
        match self.try_hold(bytes) {
            Some(held) => held,
            None => self.held.wait(|| self.try_hold(bytes)).await,
        }
    }

    fn try_hold(&self, bytes: usize) -> Option<Held> {
        self.make_room(bytes, 0);
        let fits = |used: usize| bytes <= SMALL_MESSAGE_BYTES || used == 0 || used + bytes <= self.max_bytes;
        self.held.try_add(bytes, fits)
    }

    /// Discards the oldest parcels, except for this many, until these bytes fit.
    fn make_room(&self, bytes: usize, except: usize) {
        while self.used() + bytes > self.max_bytes && self.parcels.discard_oldest(except) {}
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
        let permits = bytes.clamp(1, self.size as usize) as u32;
        let room = self.room.clone().acquire_many_owned(permits).await;
        Reserved { _room: room.expect("a semaphore that is never closed") }
    }

    /// Waits until these bytes fit into what all subscribers have together.
    pub async fn hold(&self, reserved: Reserved, bytes: usize) -> Queued {
        Queued { _reserved: reserved, _held: self.queues.hold(bytes).await }
    }
}

#[cfg(test)]
mod tests;
