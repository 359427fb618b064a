//! Releases: accepting them, and carrying them out, target by target, whatever dies meanwhile.

pub mod accept;
pub mod cancel;
mod carry;
mod choose;
mod claim;
mod finish;
mod found;
mod journal;
mod lease;
mod moving;
mod output;
mod record;
mod recover;
pub mod request;
mod settings;
mod settle;
mod verdict;
pub mod worker;

pub use accept::accept;
pub use request::{Accepted, Aim, Refused, Request, Selection};

#[cfg(test)]
mod tests;

/// A worker as targets and events name it.
#[derive(Clone, Debug)]
struct Me {
    /// Number of its row: one for each lease.
    id: i64,
    name: String,
}
