//! The live end of the log of events, and of the output of releases: one reader per process, any number of followers.

mod batch;
mod filter;
mod keep;
mod output;
mod progress;
mod tail;

pub use batch::{BatchSize, Demand};
pub use filter::Filter;
pub use keep::keep;
pub use progress::State;
pub use tail::{Expired, Tail, Waking};

#[cfg(test)]
mod tests;
