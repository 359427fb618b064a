//! What went wrong, in words that do not depend on the database.

use super::types::UnknownWord;
use super::vocabulary::columns_of;
use sqlx::error::{BoxDynError, ErrorKind};

/// What a call of the store gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with these values is there already. What a caller may run into uses ON CONFLICT instead:
    /// on PostgreSQL an error ends the transaction.
    #[error(transparent)]
    Conflict(sqlx::Error),
    /// A row that is referred to is missing, or one that is in use was deleted.
    #[error(transparent)]
    Reference(sqlx::Error),
    /// The database could not serve it now, or whether it committed is not known.
    #[error(transparent)]
    Busy(sqlx::Error),
    /// What was written could not be stored: the disk is full, or fails.
    #[error(transparent)]
    Unwritable(sqlx::Error),
    /// A row has a word that a newer program wrote, and that this one does not know.
    #[error("{columns} has the word \"{word}\", which this lockkeeper does not know; use the newer one that wrote it")]
    UnknownWord { columns: String, word: String },
    /// Anything else: a bug, or a broken database.
    #[error(transparent)]
    Database(sqlx::Error),
    /// The database cannot be used as it was asked for; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
}

/// Codes of what passes, and may be asked again. PostgreSQL: serialization, deadlock, lock and statement timeout; a
/// session that stood still for too long; shutdown, connection lost, no room for another one, a standby that takes no
/// writes. SQLite: busy and its extended codes.
const PASSING: &str = "40001 40P01 55P03 57014 25P03 57P05 57P01 57P02 57P03 08006 53300 25006 5 261 517";

impl Error {
    /// Whether it may be otherwise soon, and the same is to be tried again.
    pub fn is_passing(&self) -> bool {
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
            (_, Some(code)) if PASSING.split(' ').any(|passing| passing == code) => Error::Busy(error),
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
