//! Messages on their way to subscribers. They wait as parcels, which may be discarded at any time to make room.

use super::held::Held;
use super::message::Message;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// Messages with their places, in order.
#[derive(Debug)]
pub struct WrittenBatch {
    pub messages: Vec<(i64, Arc<Message>)>,
    /// The place up to which the source was read.
    pub read_to: i64,
}

impl WrittenBatch {
    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.messages.iter().map(|(_, message)| message.bytes()).sum()
    }

    /// Keeps as many messages as fit into this number of bytes, at least one. Returns whether there were more.
    pub fn truncate(&mut self, bytes: usize) -> bool {
        let mut sum = 0;
        let fitting = self.messages.iter().take_while(|(_, message)| {
            sum += message.bytes();
            sum <= bytes
        });
        let count = fitting.count().max(1);
        let is_truncated = count < self.messages.len();
        if is_truncated {
            self.messages.truncate(count);
            self.read_to = self.messages[count - 1].0;
        }
        is_truncated
    }
}

/// The parcels that a subscriber may still want, by their age. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Parcels(Arc<Mutex<ByAge>>);

#[derive(Debug, Default)]
struct ByAge {
    next: u64,
    parcels: BTreeMap<u64, Weak<Parcel>>,
}

impl Parcels {
    /// Keeps messages for those who hold the parcel.
    pub fn add(&self, batch: WrittenBatch, held: Held) -> Arc<Parcel> {
        let mut all = self.0.lock();
        let age = all.next;
        all.next += 1;
        let parcel = Arc::new(Parcel::new(self.clone(), age, batch, held));
        all.parcels.insert(age, Arc::downgrade(&parcel));
        parcel
    }

    /// Discards the oldest parcel if there are more than this many. Returns whether there were.
    pub fn discard_oldest(&self, except: usize) -> bool {
        // The lock is released before the parcel is discarded: if that is its end, it removes itself.
        let oldest = {
            let mut all = self.0.lock();
            let is_any = all.parcels.len() > except;
            is_any.then(|| all.parcels.pop_first()).flatten()
        };
        if let Some((_, oldest)) = &oldest {
            drop(oldest.upgrade().inspect(|parcel| parcel.discard()));
        }
        oldest.is_some()
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.lock().parcels.len()
    }
}

/// Messages that wait for those who hold this.
#[derive(Debug)]
pub struct Parcel {
    /// The places of all messages, and what each takes.
    sizes: Vec<(i64, usize)>,
    /// The place up to which the source was read.
    pub read_to: i64,
    /// `None` once they were discarded.
    messages: Mutex<Option<(Vec<Arc<Message>>, Held)>>,
    parcels: Parcels,
    age: u64,
}

impl Parcel {
    fn new(parcels: Parcels, age: u64, batch: WrittenBatch, held: Held) -> Parcel {
        let WrittenBatch { messages, read_to } = batch;
        let sizes = messages.iter().map(|(place, message)| (*place, message.bytes())).collect();
        let messages = messages.into_iter().map(|(_, message)| message).collect();
        Parcel { sizes, read_to, messages: Mutex::new(Some((messages, held))), parcels, age }
    }

    /// The number of the first message behind a place; the number of messages if none is.
    pub fn first_behind(&self, place: i64) -> usize {
        self.sizes.partition_point(|(other, _)| *other <= place)
    }

    /// The place of a message and about how much memory it takes, or `None` behind the last one.
    pub fn size_of(&self, number: usize) -> Option<(i64, usize)> {
        self.sizes.get(number).copied()
    }

    /// A message, or `None` if they were discarded.
    pub fn message(&self, number: usize) -> Option<Arc<Message>> {
        self.messages.lock().as_ref().and_then(|(messages, _)| messages.get(number).cloned())
    }

    /// Discards the messages.
    pub fn discard(&self) {
        let messages = self.messages.lock().take();
        drop(messages);
    }

    /// About how much memory all messages took when they were put in.
    pub fn bytes(&self) -> usize {
        self.sizes.iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        self.parcels.0.lock().parcels.remove(&self.age);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Response;
    use async_graphql::Name;

    #[test]
    fn what_does_not_fit_is_cut_off_and_at_least_one_message_stays() {
        let data = vec![(Name::new("text"), "x".repeat(1000).into())];
        let response = Response { data: Some(data), ..Response::default() };
        let message = |place| (place, Arc::new(Message::new(response.clone(), None)));
        let written = || WrittenBatch { messages: (1..=4).map(message).collect(), read_to: 9 };
        let each = written().bytes() / 4;
        for (bytes, many, looked) in [(0, 1, 1), (each, 1, 1), (3 * each, 3, 3), (4 * each, 4, 9), (9 * each, 4, 9)] {
            let mut cut = written();
            assert_eq!(cut.truncate(bytes), many < 4, "{bytes} bytes");
            assert_eq!((cut.messages.len(), cut.read_to), (many, looked), "{bytes} bytes");
        }
        let mut empty = WrittenBatch { messages: Vec::new(), read_to: 9 };
        assert!(!empty.truncate(0) && empty.read_to == 9);
    }
}
