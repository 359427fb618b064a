//! All SQL: one file per table or use, one text for both databases. What differs between SQLite and PostgreSQL is in
//! `sql.rs` (words), `types.rs` (values), `connections.rs`, `open.rs` and `backend.rs`, `statement.rs`, `gathered.rs` and
//! `united.rs` (rows).

#[macro_use]
pub(crate) mod sql;

pub mod audit;
mod backend;
pub mod choice;
pub mod claim;
mod connections;
pub mod doctor;
mod error;
pub mod events;
pub mod figures;
mod gathered;
pub mod hints;
pub mod hold;
pub mod host;
pub mod idempotency;
pub mod instance;
mod interrupt;
mod lent;
pub mod lock;
pub mod log;
mod migrations;
mod open;
mod patience;
mod pool;
pub mod progress;
mod reach;
mod read;
pub mod release;
pub mod restored;
pub mod rows;
pub mod service;
mod statement;
pub mod target;
pub mod token;
pub mod turns;
pub mod types;
mod united;
pub mod version;
pub mod worker;
mod writable;

#[cfg(test)]
pub(crate) mod tests;

pub use backend::{Db, Dialect, Tx};
pub use error::{Error, Result};
pub use open::{Capacity, Owner};
pub use read::Reads;
pub use statement::{Record, Scalar, Stmt, Value};
pub use types::{Ids, Json, Texts};
