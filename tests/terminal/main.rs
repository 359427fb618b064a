//! The terminal client against a real server: what it prints, and how it ends.

mod at_terminal;
mod catalog;
mod cli;
mod completion;
mod contexts;
mod errors;
mod fleet;
mod gates;
mod holds;
mod importing;
mod lists;
mod looking;
mod refusals;
mod releasing;
mod rollouts;
mod screens;
mod tmux;
mod watching;
mod world;

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lockkeeper");
