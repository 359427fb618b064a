//! The read side through the schema, on both databases.

mod cost;
mod documented;
mod events;
mod fanout;
mod filters;
pub mod fleet;
mod known;
mod lists;
mod memory;
mod model;
mod mutation;
mod nulls;
mod output;
mod plans;
mod progress;
mod selection;
mod server;
mod sharing;
mod things;
mod watcher;
mod watching;
