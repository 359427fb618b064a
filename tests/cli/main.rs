//! The program as it is used: its commands, its settings, how it starts and how it stops.

#[path = "../support/databases.rs"]
mod databases;
mod demo;
mod program;
mod serving;
mod terminal;
mod tokens;
