//! A subscription over a socket, after it has begun.

use crate::watch::{Held, Message, Messages, Queues, SMALL_MESSAGE_BYTES};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// What a subscription yields.
pub enum SubscriptionItem {
    /// A message, with the queued bytes that it holds unless it is small.
    Message(Arc<Message>, Option<Held>),
    /// Everything up to this cursor was sent or filtered out. It comes after a time without messages: the cursor of the
    /// last message might expire.
    Position(String),
    End,
}

/// The messages of a subscription, as a socket sends them.
pub struct SocketSubscription {
    messages: Messages,
    queues: Queues,
    /// A timer that no message resets.
    checks: Interval,
    /// Whether there was no message since the last check.
    is_quiet: bool,
}

impl SocketSubscription {
    /// Checks at this interval whether there was no message.
    pub fn new(messages: Messages, queues: Queues, check_interval: Duration) -> SocketSubscription {
        let mut checks = interval_at(Instant::now() + check_interval, check_interval);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        SocketSubscription { messages, queues, checks, is_quiet: true }
    }

    /// Returns the next item. Positions come in order with the messages: a client that continues after one must have
    /// received everything before it.
    pub async fn next(&mut self) -> SubscriptionItem {
        loop {
            tokio::select! {
                biased;
                bytes = self.messages.ready() => {
                    self.is_quiet = false;
                    let Some(bytes) = bytes else { return SubscriptionItem::End };
                    let held = match bytes > SMALL_MESSAGE_BYTES {
                        true => Some(self.queues.hold(bytes).await),
                        false => None,
                    };
                    // What was ready may have been dropped as too old since: then it comes again.
                    if let Some(message) = self.messages.take() {
                        return SubscriptionItem::Message(message, held);
                    }
                }
                _ = self.checks.tick() => {
                    if std::mem::replace(&mut self.is_quiet, true) && let Some(cursor) = self.messages.read_to() {
                        return SubscriptionItem::Position(cursor);
                    }
                }
            }
        }
    }
}
