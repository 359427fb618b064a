//! Workers: they claim targets of releases, carry them out on hosts, and end them, whatever dies meanwhile.

mod carry;
mod claim;
mod finish;
mod lease;
mod output;
mod recover;
mod session;
mod settings;

pub use session::run;
pub use settings::{Timing, WorkerSettings};

#[cfg(test)]
mod tests;

/// A worker as targets and events name it.
#[derive(Clone, Debug)]
struct WorkerRef {
    /// Number of its row: one for each lease.
    id: i64,
    name: String,
}
