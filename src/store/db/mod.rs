//! The engine under the tables: connections to SQLite and PostgreSQL, statements, transactions and rows. What differs
//! between the two is in `sql.rs` (words), `types.rs` (values), `connections.rs`, `open.rs` and `backend.rs`,
//! `statement.rs`, `rows_sqlite.rs` and `rows_postgres.rs`.

#[macro_use]
pub(crate) mod sql;

pub(super) mod backend;
mod checkout;
mod connections;
mod disk_full;
mod error;
pub mod hints;
mod interrupt;
mod migrations;
mod open;
mod pool;
mod reach;
mod read;
pub mod rows;
mod rows_postgres;
mod rows_sqlite;
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
pub use read::Reads;
pub use sql::Dialect;
pub use statement::{Record, Scalar, Stmt, Value};
pub use types::{Ids, Json, Texts};
