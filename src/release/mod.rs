//! Releases: carrying them out, target by target, whatever dies meanwhile.

pub mod cancel;
mod carry;
mod claim;
mod finish;
mod lease;
mod moving;
mod output;
mod recover;
mod settle;
mod verdict;
pub mod worker;

/// A worker as targets and events name it.
#[derive(Clone, Debug)]
struct Me {
    /// Number of its row: one for each lease.
    id: i64,
    name: String,
}
