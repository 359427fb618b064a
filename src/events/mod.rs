//! The live end of the event log and of the output of releases: one reader for each process, any number of followers.

mod batch;
mod filter;
mod keep;
mod output;
mod progress;
mod tail;
mod waking;

pub use batch::{BatchSize, Demand};
pub use filter::Filter;
pub use keep::{keep, keep_output};
pub use progress::State;
pub use tail::{Expired, Tail};
pub use waking::Waking;

#[cfg(test)]
mod tests;
