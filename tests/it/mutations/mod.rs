//! Every mutation through the schema, on both databases, with a real worker on simulated hosts.

mod catalog;
mod holds;
mod refusals;
mod releases;
mod rights;
mod world;
