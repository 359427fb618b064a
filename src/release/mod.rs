//! Releases: accepting, canceling, undoing and retrying them, and what their instances and targets go through until they are over.

pub mod accept;
pub mod adopt;
mod arrange;
pub mod cancel;
mod choose;
pub mod end_targets;
pub mod follow_up;
pub mod journal;
pub mod pause;
mod plan;
mod record;
pub mod request;
mod resolve;
pub mod settle;
pub mod transition;

pub use accept::accept;
pub use request::{Accepted, Aim, Refused, ReleaseRequest, Selection};
