//! The public API over HTTP, with the real program and both databases.

mod happy_path;

#[path = "../support/mod.rs"]
mod support;
