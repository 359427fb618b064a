//! The live end of the log of events: one reader per process, any number of followers.

mod filter;
mod keep;
mod tail;

pub use filter::Filter;
pub use keep::keep;
pub use tail::{Expired, Tail, Waking};

#[cfg(test)]
mod tests;
