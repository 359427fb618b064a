//! Every mutation through the schema, on both databases, with a real worker on simulated hosts.

#[path = "../support/databases.rs"]
mod databases;

mod catalog;
mod holds;
mod refusals;
mod releases;
mod rights;
mod world;
