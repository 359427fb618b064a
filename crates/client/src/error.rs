//! What can go wrong, in terms of the API.

use serde::{Deserialize, Serialize};

/// Why an operation has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server was not reached, or the connection broke before the answer was complete.
    #[error("{server} was not reached: {reason}")]
    Unreachable {
        server: String,
        reason: String,
        /// Whether the server may have executed the operation.
        sent: bool,
    },
    /// Something answered that is not lockkeeper.
    #[error("{server} is not a lockkeeper server: {reason}")]
    NotLockkeeper { server: String, reason: String },
    /// The server does not know an operation of this client, or its answer has another form.
    #[error("{server} and this client do not fit together: {}: {reason}", versions(.server_version.as_deref()))]
    VersionMismatch {
        server: String,
        /// What the server says its version is, if it does.
        server_version: Option<String>,
        reason: String,
        request_id: Option<String>,
    },
    /// The mutation was refused, and nothing was changed.
    #[error("{}", messages(.errors))]
    Refused {
        errors: Vec<UserError>,
        request_id: Option<String>,
        /// The data of the answer, in which a payload may say more than its errors.
        data: serde_json::Value,
    },
    /// The server answered with an error. For `RATE_LIMITED` and `UNAVAILABLE`, the client has waited already.
    #[error("{}", .0.message)]
    Api(Box<ApiError>),
}

/// A problem with the input of a mutation.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct UserError {
    pub code: String,
    /// The path to the input, beginning with `input`.
    pub field: Option<Vec<String>>,
    pub message: String,
    #[serde(default, skip_serializing)]
    pub related_ids: Vec<String>,
}

/// An error of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    /// What is wrong with an id, for the code `BAD_REQUEST`.
    pub reason: Option<String>,
    /// The argument that is wrong.
    pub argument: Option<String>,
    /// How long to wait before the next attempt.
    pub retry_after_seconds: Option<u64>,
    /// Whether the server may have executed the operation.
    pub begun: bool,
}

impl Error {
    /// The code of the error: the API's, or `UNREACHABLE`, `NOT_LOCKKEEPER`, `VERSION_MISMATCH`; of a refusal, that of the
    /// first problem.
    pub fn code(&self) -> &str {
        match self {
            Error::Unreachable { .. } => "UNREACHABLE",
            Error::NotLockkeeper { .. } => "NOT_LOCKKEEPER",
            Error::VersionMismatch { .. } => "VERSION_MISMATCH",
            Error::Refused { errors, .. } => errors.first().map_or("INVALID", |error| error.code.as_str()),
            Error::Api(error) => &error.code,
        }
    }

    /// The id under which the server has logged the request, if it answered.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Unreachable { .. } | Error::NotLockkeeper { .. } => None,
            Error::VersionMismatch { request_id, .. } | Error::Refused { request_id, .. } => request_id.as_deref(),
            Error::Api(error) => error.request_id.as_deref(),
        }
    }

    /// Whether the same operation may succeed a little later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Error::Unreachable { .. } => true,
            Error::Api(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl ApiError {
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.code.as_str(), "RATE_LIMITED" | "UNAVAILABLE")
    }
}

/// Names both versions, and which one is too old.
fn versions(server: Option<&str>) -> String {
    let client = env!("CARGO_PKG_VERSION");
    let Some(server) = server else {
        return format!("this client is {client}, and the server does not say which version it is");
    };
    match numbers(server).cmp(&numbers(client)) {
        std::cmp::Ordering::Less => format!("the server is {server}, which is too old for this client, {client}"),
        std::cmp::Ordering::Greater => format!("the server is {server}, which is too new for this client, {client}"),
        std::cmp::Ordering::Equal => format!("the server and this client are both {client}, of different builds"),
    }
}

/// The numbers of a version, for comparing: what follows a `-` or `+` is ignored.
fn numbers(version: &str) -> Vec<u64> {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    core.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

fn messages(errors: &[UserError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_names_both_versions_and_the_older_one() {
        let own = env!("CARGO_PKG_VERSION");
        assert!(versions(Some("0.0.9")).contains(&format!("0.0.9, which is too old for this client, {own}")));
        assert!(versions(Some("9.10.0-rc.1")).contains("9.10.0-rc.1, which is too new"));
        assert!(versions(Some(own)).contains("different builds"));
        assert!(versions(None).contains("does not say"));
    }
}
