//! The public API over HTTP, with the real program and both databases.

mod abuse;
mod audit;
mod bad_catalog;
mod bad_reading;
mod bad_release;
mod bad_setup;
mod bodies;
mod carrying_out;
mod documented;
mod documents;
mod gate;
mod happy_path;
mod heavy_reading;
mod heavy_watching;
mod history;
mod journal;
mod kept_documents;
mod log_lines;
mod metrics;
mod open_files;
mod promises;
mod repeating;
mod roles;
mod secrets;
mod sockets;
mod subscriptions;
mod tls;
mod watching;
mod world;

#[path = "../../benches/fleet/mod.rs"]
mod fleet_of_rows;
#[path = "../support/mod.rs"]
mod support;
