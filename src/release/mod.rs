//! Releases: accepting and canceling them, and what their instances and targets go through until they are over.

pub mod accept;
pub mod cancel;
mod choose;
pub mod end_targets;
pub mod journal;
mod record;
pub mod request;
mod resolve;
pub mod transition;

pub use accept::accept;
pub use request::{Accepted, Aim, Refused, ReleaseRequest, Selection};
