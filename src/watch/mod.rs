//! The fan-out: what is new is read and written once, however many subscribers get it.
//!
//! ```text
//!  Source ──batches──▶ BatchReader ──parcels──▶ Group ──▶ Subscriber ──messages──▶ transport
//!    ▲                      │  ▲                  │          ▲  │                     │
//!    │ (schema: events,     │  │ answers          └──live────┘  └─ catching up ─┐     │ Held
//!    │  output, progress)   ▼  │                                                ▼     ▼
//!  events::Tail          Reading (groups of one selection)               BatchReader  Queues
//! ```
//!
//! - A [`Source`] yields items behind a place, first from tables and then as they come. Its items are events, lines of output
//!   or states; the schema implements it, and this room knows no schema.
//! - A *reading* answers the items of all groups that have the same selection, in one statement for several groups.
//! - A *group* is the subscribers whose messages are equal. Its task reads each batch once, and sends it to all members as
//!   one parcel.
//! - A *subscriber* that begins at an earlier place, or is too slow, reads alone from the same source until it has caught
//!   up, and then goes on with its group: in order, each message once, without a gap (I5).
//! - *Queues* bound the bytes that wait. A parcel that takes too much room is discarded, and read again by those who still
//!   want it.

mod batch_reader;
mod group;
mod held;
mod message;
mod parcels;
mod queues;
mod readings;
mod source;
mod subscriber;

pub use group::{GroupKey, Groups};
pub use held::Held;
pub use message::{Body, Message};
pub use queues::{Queue, Queued, Queues, SMALL_MESSAGE_BYTES};
pub use readings::{ReadingKey, max_rows};
pub use source::{Batch, Batches, Followed, Item, Source};
pub use subscriber::{Messages, Subscriber};
