//! Each rule of accepting, on both databases.

mod choosing;
mod fleet;
mod races;
mod recording;
mod refusals;
