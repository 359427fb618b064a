//! All SQL: one file per table or use, one text for both databases. What differs between SQLite and
//! PostgreSQL is in `sql.rs` (words), `types.rs` (values), `backend.rs` (connections) and `open.rs`.

#[macro_use]
mod sql;

pub mod audit;
mod backend;
mod error;
pub mod events;
pub mod idempotency;
mod open;
pub mod rows;
pub mod types;

#[cfg(test)]
mod tests;

pub use backend::{Db, Dialect, Record, Scalar, Stmt, Tx, Value};
pub use error::{Error, Result};
pub use open::Owner;
pub use types::{Ids, Json, Texts};
