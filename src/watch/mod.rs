//! The fan-out: equal subscribers form a group, a group reads and writes each batch once, groups of one selection read
//! together, and each subscriber takes its messages from a bounded queue.

mod following;
mod group;
mod message;
mod parcel;
mod queues;
mod reading;
mod source;
mod subscriber;

pub use group::{Groups, Key};
pub use message::{Body, Message};
pub use queues::{Held, Queue, Queued, Queues, SMALL};
pub use reading::{Key as ReadingKey, rows};
pub use source::{Batch, Batches, Begun, Source, Told};
pub use subscriber::{Messages, Subscriber};
