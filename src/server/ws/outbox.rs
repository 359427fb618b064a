//! What goes out over a socket. Operations wait, each in its turn, for room in a queue that is bounded in bytes: a
//! busy one starves none, and a slow peer costs no more than this room. Signs of life have a lane of their own.

use super::operations::Operation;
use axum::extract::ws::Message;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that wait in each lane; one message may be larger, and then waits alone.
const ROOM: usize = 256 * 1024;
/// The least that a message counts for.
const LEAST: usize = 256;

/// A message on its way.
pub struct Item {
    pub message: Message,
    /// Whose answer it is; that operation may have been stopped meanwhile.
    pub operation: Option<Arc<Operation>>,
    /// Whether it is the operation's last.
    pub last: bool,
    /// Its room is free again when it was written or dropped.
    pub room: OwnedSemaphorePermit,
}

#[derive(Clone)]
struct Lane {
    room: Arc<Semaphore>,
    /// Items are on the heap: a channel has room for 32 from the beginning, and most sockets are idle.
    sender: UnboundedSender<Box<Item>>,
}

impl Lane {
    fn new() -> (Lane, UnboundedReceiver<Box<Item>>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Lane { room: Arc::new(Semaphore::new(ROOM)), sender }, receiver)
    }
}

/// The end at which messages are put in.
#[derive(Clone)]
pub struct Outbox {
    urgent: Lane,
    ordinary: Lane,
}

/// The other end, from which they are written.
pub struct Outgoing {
    pub urgent: UnboundedReceiver<Box<Item>>,
    pub ordinary: UnboundedReceiver<Box<Item>>,
}

impl Outbox {
    pub fn new() -> (Outbox, Outgoing) {
        let (urgent, to_write_first) = Lane::new();
        let (ordinary, to_write) = Lane::new();
        (Outbox { urgent, ordinary }, Outgoing { urgent: to_write_first, ordinary: to_write })
    }

    /// Puts in what overtakes all answers. Says whether there was room: a peer that asks for signs of life and
    /// takes none fills it.
    pub fn urgent(&self, message: Message) -> bool {
        let cost = cost(&message);
        let Ok(room) = self.urgent.room.clone().try_acquire_many_owned(cost) else { return false };
        let item = Item { message, operation: None, last: false, room };
        self.urgent.sender.send(Box::new(item)).is_ok()
    }

    /// Puts in an answer as soon as there is room. If the socket is gone, so is the answer: whoever answers ends
    /// with it.
    pub async fn answer(&self, operation: &Arc<Operation>, text: String, last: bool) {
        let message = Message::Text(text.into());
        if let Ok(room) = self.ordinary.room.clone().acquire_many_owned(cost(&message)).await {
            let item = Item { message, operation: Some(operation.clone()), last, room };
            let _ = self.ordinary.sender.send(Box::new(item));
        }
    }
}

fn cost(message: &Message) -> u32 {
    let bytes = match message {
        Message::Text(text) => text.len(),
        _ => 0,
    };
    bytes.clamp(LEAST, ROOM) as u32
}
