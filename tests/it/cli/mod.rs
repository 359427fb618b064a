//! The program as it is used: its commands, its settings, how it starts and how it stops.

mod demo;
mod program;
mod serving;
mod terminal;
mod tokens;
