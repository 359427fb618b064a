//! The read side through the schema, on both databases.

mod cost;
#[path = "../support/databases.rs"]
mod databases;
mod events;
mod filters;
mod fleet;
mod lists;
mod model;
mod mutation;
mod nulls;
mod plans;
mod selection;
mod things;
