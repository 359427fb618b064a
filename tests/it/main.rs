//! Tests of the crate and of the program, on both databases.

mod api;
mod cli;
mod dependencies;
mod docs;
mod general;
mod generated;
mod layers;
mod local;
mod mutations;
mod packages;
mod reads;
mod sabotage;
mod schema;
mod worker;

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lockkeeper");
