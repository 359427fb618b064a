//! The engine under the tables: connections to SQLite and PostgreSQL, statements, transactions and rows. The differences
//! between the two are in `sql.rs` (words), `types.rs` (values), `open.rs`, `sessions.rs`, `interrupt.rs`, `backend.rs`,
//! `statement.rs`, `rows_sqlite.rs` and `rows_postgres.rs`. `vocabulary.rs` lists the columns that hold words.

#[macro_use]
pub(crate) mod sql;

pub(super) mod backend;
mod checkout;
mod connections;
mod disk_full;
mod error;
pub mod hints;
mod interrupt;
pub mod log_id;
mod migrations;
mod open;
mod pool;
mod reach;
mod read;
pub mod rows;
mod rows_postgres;
mod rows_sqlite;
mod sessions;
mod statement;
mod timeouts;
pub mod turns;
pub mod types;
pub mod vocabulary;

#[cfg(test)]
pub(crate) mod tests;

pub use backend::{Db, Tx};
pub use error::{Error, Result};
pub use open::{Capacity, Owner};
pub use read::{PartsStatement, Reads};
pub use sql::Dialect;
pub use statement::{Record, Scalar, Stmt, Value};
pub use types::{Ids, Json, Texts};
