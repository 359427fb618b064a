//! What goes out over a socket. What its reader has for its writer is bounded in bytes: a peer that asks and takes nothing
//! fills it.

use crate::watch::Held;
use axum::extract::ws::Message;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// Bytes that wait; one message may be larger, and then waits alone.
const ROOM: usize = 256 * 1024;
/// The least that something counts for.
const LEAST: usize = 128;

/// Something for the writer.
pub enum Outgoing {
    Message(Message),
    /// From now on, this goes out, too.
    Operation(Source),
}

/// Where something comes from that goes out.
pub type Source = BoxStream<'static, (Outgoing, Room)>;

/// The room that something takes, which is free again when this is dropped.
pub struct Room {
    _of_socket: Option<OwnedSemaphorePermit>,
    _of_subscribers: Option<Held>,
}

/// Of a message of a subscription.
impl From<Option<Held>> for Room {
    fn from(held: Option<Held>) -> Room {
        Room { _of_socket: None, _of_subscribers: held }
    }
}

/// The end at which things are put in.
pub struct Outbox {
    room: Arc<Semaphore>,
    /// Items are on the heap: a channel has room for 32 from the beginning, and most sockets are idle.
    sender: UnboundedSender<Box<(Outgoing, Room)>>,
}

impl Outbox {
    pub fn new() -> (Outbox, Source) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let outgoing = UnboundedReceiverStream::new(receiver).map(|boxed: Box<(Outgoing, Room)>| *boxed).boxed();
        (Outbox { room: Arc::new(Semaphore::new(ROOM)), sender }, outgoing)
    }

    /// Puts something in. Says whether there was room.
    pub fn put(&self, outgoing: Outgoing) -> bool {
        let Ok(room) = self.room.clone().try_acquire_many_owned(cost(&outgoing)) else { return false };
        let room = Room { _of_socket: Some(room), _of_subscribers: None };
        self.sender.send(Box::new((outgoing, room))).is_ok()
    }
}

fn cost(outgoing: &Outgoing) -> u32 {
    let bytes = match outgoing {
        Outgoing::Message(Message::Text(text)) => text.len(),
        _ => 0,
    };
    bytes.clamp(LEAST, ROOM) as u32
}
