//! Workers: they claim targets of releases, carry them out on hosts, and end them, even if processes die meanwhile.

mod advance;
mod batch;
mod budget;
mod carry;
mod claim;
mod finish;
mod lease;
mod output;
mod probing;
mod recover;
mod retry;
mod session;
mod settings;
mod soak;
mod undraining;

pub use session::{open_state, run};
pub use settings::{Timing, WorkerSettings};

#[cfg(test)]
mod tests;

/// A worker, as targets and events name it.
#[derive(Clone, Debug)]
struct WorkerRef {
    /// The number of its row: each lease has a row of its own.
    id: i64,
    name: String,
}
