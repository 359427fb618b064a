//! All SQL, one text for both databases: the engine in `db`, one file per table, and the questions that several tables
//! answer together: `candidates`, `queue`, `doctor`, `stats`.

#[macro_use]
pub mod db;

pub mod after_restore;
pub mod audit;
pub mod budget;
pub mod candidates;
pub mod doctor;
pub mod events;
pub mod expiry;
pub mod fleet;
pub mod health;
pub mod hold;
pub mod host;
pub mod idempotency;
pub mod instance;
pub mod lock;
pub mod near;
pub mod output;
pub mod output_expiry;
pub mod past_release;
pub mod probe;
pub mod queue;
pub mod release;
pub mod service;
pub mod stats;
pub mod step;
pub mod target;
pub mod token;
pub mod undrain;
pub mod version;
pub mod waits;
pub mod window;
pub mod worker;

#[cfg(test)]
pub(crate) mod tests;

pub use db::{Capacity, Db, Dialect, Error, Ids, Json, Owner, Reads, Record, Result, Scalar, Stmt, Texts, Tx, Value};
