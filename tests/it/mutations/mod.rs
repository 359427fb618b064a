//! Every mutation through the schema, on both databases, with a real worker on simulated hosts.

mod adoption;
mod catalog;
mod fleet;
mod holds;
mod names;
mod plans;
mod refusals;
mod releases;
mod rights;
mod version_scheme;
mod waits;
mod world;
