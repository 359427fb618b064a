//! Messages on their way to subscribers.

use super::message::Message;
use super::queues::{Held, Queues};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;

/// Messages with their places, in order, and the place up to which it was looked.
#[derive(Debug)]
pub(super) struct Written {
    pub told: Vec<(i64, Arc<Message>)>,
    pub looked: i64,
}

impl Written {
    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.told.iter().map(|(_, message)| message.bytes()).sum()
    }

    /// Keeps as many messages as fit into this number of bytes, at least one. Returns whether there were more.
    pub fn cut(&mut self, bytes: usize) -> bool {
        let mut sum = 0;
        let fitting = self.told.iter().take_while(|(_, message)| {
            sum += message.bytes();
            sum <= bytes
        });
        let many = fitting.count().max(1);
        let cut = many < self.told.len();
        if cut {
            self.told.truncate(many);
            self.looked = self.told[many - 1].0;
        }
        cut
    }
}

/// Messages that wait for those who hold this. They may be discarded at any time to make room.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The places of all messages, and what each takes.
    told: Vec<(i64, usize)>,
    /// The place up to which it was looked.
    pub looked: i64,
    messages: Mutex<Option<(Vec<Arc<Message>>, Held)>>,
    queues: Queues,
    age: u64,
}

impl Parcel {
    /// Puts in messages, which are held for as long as they are there.
    pub fn new(queues: Queues, age: u64, written: Written, held: Held) -> Parcel {
        let Written { told, looked } = written;
        let sizes = told.iter().map(|(place, message)| (*place, message.bytes())).collect();
        let messages = told.into_iter().map(|(_, message)| message).collect();
        Parcel { told: sizes, looked, messages: Mutex::new(Some((messages, held))), queues, age }
    }

    /// Which message is the first behind a place; as many as there are if none is.
    pub fn behind(&self, place: i64) -> usize {
        self.told.partition_point(|(told, _)| *told <= place)
    }

    /// The place of a message and about how much memory it takes, or `None` behind the last one.
    pub fn told(&self, number: usize) -> Option<(i64, usize)> {
        self.told.get(number).copied()
    }

    /// A message, or `None` if they were discarded.
    pub fn open(&self, number: usize) -> Option<Arc<Message>> {
        self.messages().as_ref().and_then(|(messages, _)| messages.get(number).cloned())
    }

    /// Takes out what is in it.
    pub fn discard(&self) {
        let messages = self.messages().take();
        drop(messages);
    }

    /// About how much memory all of it took when it was put in.
    pub fn bytes(&self) -> usize {
        self.told.iter().map(|(_, bytes)| bytes).sum()
    }

    fn messages(&self) -> MutexGuard<'_, Option<(Vec<Arc<Message>>, Held)>> {
        self.messages.lock()
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        self.queues.forget(self.age);
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
        let written = || Written { told: (1..=4).map(message).collect(), looked: 9 };
        let each = written().bytes() / 4;
        for (bytes, many, looked) in [(0, 1, 1), (each, 1, 1), (3 * each, 3, 3), (4 * each, 4, 9), (9 * each, 4, 9)] {
            let mut cut = written();
            assert_eq!(cut.cut(bytes), many < 4, "{bytes} bytes");
            assert_eq!((cut.told.len(), cut.looked), (many, looked), "{bytes} bytes");
        }
        let mut empty = Written { told: Vec::new(), looked: 9 };
        assert!(!empty.cut(0) && empty.looked == 9);
    }
}
