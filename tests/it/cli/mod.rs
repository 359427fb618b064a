//! The program as it is used: its commands, its settings, how it starts and how it stops.

pub mod demo;
mod init;
pub mod program;
mod programs;
mod serving;
mod terminal;
mod tokens;
mod waits;
