//! Releases: accepting them (`accept.rs`), and their rows as they change (`row.rs`).

mod accept;
mod row;

pub use accept::*;
pub use row::*;
