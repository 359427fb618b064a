//! Several processes on one database, and processes that die: nothing is lost, nothing happens twice, and every
//! subscriber gets every event.

mod clocks;
mod filling;
mod journal;
mod killing;
mod load;
mod network;
mod points;
mod positions;
mod processes;
mod proxy;
mod racing;
mod record;
mod replicas;
mod restarting;
mod restoring;
mod silence;
mod stalling;
mod stopping;
mod trial;
mod updating;

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lockkeeper");
