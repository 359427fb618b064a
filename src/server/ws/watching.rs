//! A subscription over a socket, once it has begun.

use crate::watch::{Held, Message, Messages, Queues, SMALL};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// What is heard of it.
pub enum Heard {
    /// What is told, and the room for it unless it is small.
    Message(Arc<Message>, Option<Held>),
    /// It was quiet, and has looked up to this cursor: its place would else be left so far behind that it expires.
    Place(String),
    Over,
}

pub struct Watching {
    messages: Messages,
    queues: Queues,
    /// One timer for all the time, which no message sets anew.
    looks: Interval,
    /// Whether nothing was told since it was looked at last.
    quiet: bool,
}

impl Watching {
    /// Looks each time that this passes whether nothing was told.
    pub fn new(messages: Messages, queues: Queues, patience: Duration) -> Watching {
        let mut looks = interval_at(Instant::now() + patience, patience);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Watching { messages, queues, looks, quiet: true }
    }

    /// What is heard next. Places come in line with the messages, since whoever goes on behind one must have got what
    /// is before it.
    pub async fn next(&mut self) -> Heard {
        loop {
            tokio::select! {
                biased;
                bytes = self.messages.ready() => {
                    self.quiet = false;
                    let Some(bytes) = bytes else { return Heard::Over };
                    let held = match bytes > SMALL {
                        true => Some(self.queues.hold(bytes).await),
                        false => None,
                    };
                    // What was ready may be too old by now: then it comes again.
                    if let Some(message) = self.messages.take() {
                        return Heard::Message(message, held);
                    }
                }
                _ = self.looks.tick() => {
                    if std::mem::replace(&mut self.quiet, true) && let Some(cursor) = self.messages.looked() {
                        return Heard::Place(cursor);
                    }
                }
            }
        }
    }
}
