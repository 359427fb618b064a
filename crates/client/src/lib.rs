//! A client of lockkeeper's API.
//!
//! [`Client::call`] sends one of the operations of [`operations`] and returns its typed result, or an [`Error`] that says
//! what went wrong in terms of the API. [`Client::follow`] subscribes, and resumes after a broken connection or a restarted
//! server with the cursor of the last event, so that each event is returned exactly once. [`Client::send`] and
//! [`Client::open`] take documents of the caller's own and return what is answered as it is.
//!
//! The documents of the operations are the files of `documents/`. A test checks them against the server's schema.

#![forbid(unsafe_code)]

mod answer;
mod client;
mod error;
mod follow;
mod operation;
pub mod operations;
mod sse;
mod stream;
mod transport;
mod untyped;
mod word;

pub use client::Client;
pub use error::{ApiError, Error, UserError};
pub use follow::{Followed, Following};
pub use operation::{NoVariables, Operation, Payload};
pub use sse::Event;
pub use stream::{EventStream, SILENCE_LIMIT};
pub use transport::InvalidServer;
pub use untyped::UntypedAnswer;
