//! What goes out over a socket. What the reader hands to the writer is bounded in bytes: it fills up if the peer sends
//! messages and reads nothing.

use crate::watch::Held;
use axum::extract::ws::Message;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// The most bytes that wait; a single message may be larger, and then waits alone.
const MAX_BYTES: usize = 256 * 1024;
/// The least that an item counts for.
const MIN_ITEM_BYTES: usize = 128;

/// An item for the writer.
pub enum Outgoing {
    Message(Message),
    /// An operation, whose messages are written from now on.
    Operation(OutgoingStream),
}

/// A stream of items, each with the space that it takes.
pub type OutgoingStream = BoxStream<'static, (Outgoing, OutboxSpace)>;

/// The space that an item takes, until this is dropped.
pub struct OutboxSpace {
    _of_socket: Option<OwnedSemaphorePermit>,
    _of_subscribers: Option<Held>,
}

/// The space of a message of a subscription.
impl From<Option<Held>> for OutboxSpace {
    fn from(held: Option<Held>) -> OutboxSpace {
        OutboxSpace { _of_socket: None, _of_subscribers: held }
    }
}

/// The end for the reader.
pub struct Outbox {
    space: Arc<Semaphore>,
    /// Items are on the heap: a channel has room for 32 from the beginning, and most sockets are idle.
    sender: UnboundedSender<Box<(Outgoing, OutboxSpace)>>,
}

impl Outbox {
    pub fn new() -> (Outbox, OutgoingStream) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let outgoing = UnboundedReceiverStream::new(receiver).map(|boxed: Box<(Outgoing, OutboxSpace)>| *boxed).boxed();
        (Outbox { space: Arc::new(Semaphore::new(MAX_BYTES)), sender }, outgoing)
    }

    /// Puts an item in. Returns whether there was space.
    pub fn put(&self, outgoing: Outgoing) -> bool {
        let Ok(space) = self.space.clone().try_acquire_many_owned(cost(&outgoing)) else { return false };
        let space = OutboxSpace { _of_socket: Some(space), _of_subscribers: None };
        self.sender.send(Box::new((outgoing, space))).is_ok()
    }
}

fn cost(outgoing: &Outgoing) -> u32 {
    let bytes = match outgoing {
        Outgoing::Message(Message::Text(text)) => text.len(),
        _ => 0,
    };
    bytes.clamp(MIN_ITEM_BYTES, MAX_BYTES) as u32
}
