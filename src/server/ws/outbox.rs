//! What the reader of a socket has for its writer. It is bounded in bytes: a peer that asks and takes nothing fills it.

use super::operation::Saying;
use axum::extract::ws::Message;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that wait; one message may be larger, and then waits alone.
const ROOM: usize = 256 * 1024;
/// The least that something counts for.
const LEAST: usize = 128;

/// Something to be done.
pub enum Item {
    /// To be written before all that operations say.
    Message(Message),
    /// An operation that has begun, to be written of from now on.
    Operation(Saying),
}

/// The end at which things are put in.
pub struct Outbox {
    room: Arc<Semaphore>,
    /// Items are on the heap: a channel has room for 32 from the beginning, and most sockets are idle.
    sender: UnboundedSender<Box<Outgoing>>,
}

/// A thing on its way.
pub struct Outgoing {
    pub item: Item,
    /// Its room is free again when it was done or dropped.
    pub room: OwnedSemaphorePermit,
}

impl Outbox {
    pub fn new() -> (Outbox, UnboundedReceiver<Box<Outgoing>>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Outbox { room: Arc::new(Semaphore::new(ROOM)), sender }, receiver)
    }

    /// Puts something in. Says whether there was room.
    pub fn put(&self, item: Item) -> bool {
        let Ok(room) = self.room.clone().try_acquire_many_owned(cost(&item)) else { return false };
        self.sender.send(Box::new(Outgoing { item, room })).is_ok()
    }
}

fn cost(item: &Item) -> u32 {
    let bytes = match item {
        Item::Message(Message::Text(text)) => text.len(),
        _ => 0,
    };
    bytes.clamp(LEAST, ROOM) as u32
}
