//! What commands that open the database themselves have in common: which database they may open, and how they say what is
//! wrong.

use crate::config::CommonArgs;
use crate::store::{self, Db};
use lockkeeper_terminal::{ExitStatus, fail};
use std::process::ExitCode;

/// Why such a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The arguments or the settings are wrong.
    #[error("{0}")]
    Usage(String),
    /// What was named does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The database cannot be used.
    #[error("The database cannot be used: {}.", format!("{:#}", .0).trim_end_matches('.'))]
    Database(anyhow::Error),
}

impl From<anyhow::Error> for LocalError {
    fn from(error: anyhow::Error) -> LocalError {
        match error.downcast::<crate::config::Error>() {
            Ok(mistake) => LocalError::Usage(mistake.to_string()),
            Err(error) => LocalError::Database(error),
        }
    }
}

impl From<store::Error> for LocalError {
    fn from(error: store::Error) -> LocalError {
        LocalError::Database(error.into())
    }
}

/// Says what is wrong, with a command that helps, and returns the exit status.
pub fn failed(error: &LocalError, help: &str, json: bool) -> ExitCode {
    let (status, code) = match error {
        LocalError::Usage(_) => (ExitStatus::Usage, "USAGE"),
        LocalError::NotFound(_) => (ExitStatus::Refused, "NOT_FOUND"),
        LocalError::Database(_) => (ExitStatus::Unreachable, "UNREACHABLE"),
    };
    fail(json, status, code, &error.to_string(), help)
}

/// Opens the database that the settings name, which must exist: one that is made only now has nothing to look at.
pub async fn existing(common: &CommonArgs) -> Result<Db, LocalError> {
    let url = super::database_url(common)?;
    if !Db::may_exist(&url) {
        return Err(LocalError::Usage(missing(&url)));
    }
    Ok(Db::open(&url, super::SHORT_COMMAND_CONNECTIONS).await?)
}

/// Says that there is no database, and which settings say where one is.
pub fn missing(url: &str) -> String {
    format!(
        "No database exists at {url}. Run the command in the folder of the server, or name its database: with \
         --database-url, LOCKKEEPER_DATABASE_URL, or `database_url` in the file that --config names."
    )
}
