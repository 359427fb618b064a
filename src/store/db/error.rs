//! Errors of the store, which do not depend on which database it is.

use super::types::UnknownWord;
use super::vocabulary::columns_of;
use sqlx::error::{BoxDynError, ErrorKind};

/// The result of a call of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with these values exists already. Where callers may cause this, statements use ON CONFLICT instead: on
    /// PostgreSQL an error ends the transaction.
    #[error(transparent)]
    Conflict(sqlx::Error),
    /// A referenced row does not exist, or a row that is referenced was deleted.
    #[error(transparent)]
    Reference(sqlx::Error),
    /// The database could not serve it now, or it is unknown whether a transaction was committed.
    #[error(transparent)]
    Busy(sqlx::Error),
    /// A write could not be stored: the disk is full, or fails.
    #[error(transparent)]
    Unwritable(sqlx::Error),
    /// A row has a word that a newer program wrote, and that this one does not know.
    #[error("{columns} has the word \"{word}\", which this lockkeeper does not know; use the newer one that wrote it")]
    UnknownWord { columns: String, word: String },
    /// Anything else: a bug, or a broken database.
    #[error(transparent)]
    Database(sqlx::Error),
    /// The database cannot be used; the text says why, and what to do.
    #[error("{0}")]
    Refused(String),
}

/// Codes of transient errors, after which a retry may succeed. PostgreSQL: serialization failure, deadlock, lock and
/// statement timeout; a session that was idle in a transaction for too long; shutdown, connection lost, too many
/// connections, a standby that accepts no writes. SQLite: busy and its extended codes.
const TRANSIENT_CODES: &str = "40001 40P01 55P03 57014 25P03 57P05 57P01 57P02 57P03 08006 53300 25006 5 261 517";

impl Error {
    /// Whether a retry may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Busy(_) | Error::Unwritable(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Error::Busy(error),
                sqlx::Error::ColumnDecode { index, source } => decoding(index, source),
                error => Error::Database(error),
            };
        };
        match (database.kind(), database.code().as_deref()) {
            (ErrorKind::UniqueViolation, _) => Error::Conflict(error),
            (ErrorKind::ForeignKeyViolation, _) => Error::Reference(error),
            (_, Some(code)) if TRANSIENT_CODES.split(' ').any(|transient| transient == code) => Error::Busy(error),
            // PostgreSQL: disk full. SQLite: full, and failures to write, to sync, to truncate, to grow shared memory.
            (_, Some("53100" | "13" | "778" | "1034" | "1546" | "4874")) => Error::Unwritable(error),
            _ => Error::Database(error),
        }
    }
}

/// A column could not be read; `index` is its name in quotes, or its number.
fn decoding(index: String, source: BoxDynError) -> Error {
    match source.downcast::<UnknownWord>() {
        Ok(unknown) => {
            let columns = columns_of(unknown.vocabulary, index.trim_matches('"'));
            Error::UnknownWord { columns, word: unknown.word }
        }
        Err(source) => Error::Database(sqlx::Error::ColumnDecode { index, source }),
    }
}
