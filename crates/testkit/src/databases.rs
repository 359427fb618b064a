//! Fresh databases for tests: an SQLite file, or a database of a throw-away PostgreSQL that all tests of a run share.

use crate::cluster;
use std::path::Path;

/// Both kinds of database, by name.
pub const BOTH: [&str; 2] = ["sqlite", "postgres"];

/// The URL of a new database without rows. The directory is for SQLite's file, and has to outlive its use.
pub fn fresh(kind: &str, directory: &Path) -> String {
    match kind {
        "sqlite" => format!("sqlite:{}", directory.join("lockkeeper.db").display()),
        "postgres" => cluster::new_database(),
        other => panic!("no database of kind {other}"),
    }
}
