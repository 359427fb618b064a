//! How a command ends: the exit statuses, and what is said when it does not succeed.

use crate::options;
use lockkeeper_client::Error;
use serde::Serialize;
use std::process::ExitCode;

/// The exit statuses. They are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done; when watching, the release succeeded.
    Success = 0,
    /// The release ended `FAILED`, or a check found that something is wrong.
    Failed = 1,
    /// The arguments, or the client's own files, are wrong.
    Usage = 2,
    /// The server refused the input, and nothing was changed.
    Refused = 3,
    /// There is no token, it is wrong, or the role does not suffice.
    Unauthorized = 4,
    /// The server was not reached or did not work, or whether it accepted is unknown.
    Unreachable = 5,
    /// No instance can take part in the release.
    NothingToRelease = 6,
    /// The release ended `CANCELED`.
    ReleaseCanceled = 7,
    /// The release is `PAUSED`, and nobody can be asked.
    ReleasePaused = 8,
    /// The time for watching has passed; the release goes on.
    TimedOut = 9,
    /// Ctrl-C: the release goes on.
    Detached = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Problem {
    /// A code of the API, or `USAGE`, `UNREACHABLE`, `NOT_LOCKKEEPER`, `VERSION_MISMATCH`.
    pub code: String,
    /// The path to the input that is wrong, if it is a single one.
    pub field: Option<Vec<String>>,
    pub message: String,
    /// What it is about, by the ids of the API; people read names.
    #[serde(skip)]
    pub related_ids: Vec<String>,
}

/// Why a command did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub status: ExitStatus,
    /// At least one.
    pub problems: Vec<Problem>,
    /// A command that helps.
    pub help: Option<String>,
    /// The id under which the server has logged the request, if it answered.
    pub request_id: Option<String>,
    /// The key to ask again with, where whether the server accepted is unknown.
    pub idempotency_key: Option<String>,
}

impl Failure {
    /// A failure with one problem.
    pub fn new(status: ExitStatus, code: &str, message: impl Into<String>) -> Failure {
        let problem = Problem { code: code.to_owned(), field: None, message: message.into(), related_ids: Vec::new() };
        Failure { status, problems: vec![problem], help: None, request_id: None, idempotency_key: None }
    }

    /// The arguments, or the client's own files, are wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(ExitStatus::Usage, "USAGE", message)
    }

    /// A name refers to nothing. `nearest` are names that exist and look like it.
    pub fn not_found(field: &str, message: impl Into<String>, nearest: &[String]) -> Failure {
        let mut failure = Failure::new(ExitStatus::Refused, "NOT_FOUND", message);
        failure.problems[0].field = Some(vec![field.to_owned()]);
        failure.suggest(nearest);
        failure
    }

    /// Whether the server carried out a mutation is unknown. `command` asks again, with the key.
    pub fn with_key(mut self, key: &str, command: impl FnOnce() -> String) -> Failure {
        if self.status == ExitStatus::Unreachable {
            self.idempotency_key = Some(key.to_owned());
            self.request_id = None;
            self.help = Some(command());
        }
        self
    }

    /// Nobody is logged in.
    pub fn unauthenticated(message: impl Into<String>) -> Failure {
        Failure::new(ExitStatus::Unauthorized, "UNAUTHENTICATED", message)
    }

    /// The same failure, with a command that helps.
    pub fn help(mut self, command: impl Into<String>) -> Failure {
        self.help = Some(command.into());
        self
    }

    /// The same failure, with a command that shows what its first problem is about, if none is named: `own_help` is the one
    /// that shows the help of the command that failed.
    pub fn or_help(mut self, own_help: impl FnOnce() -> String) -> Failure {
        let shows = match self.problems[0].code.as_str() {
            "NOTHING_TO_RELEASE" | "LOCKED" | "UNKNOWN_STATE" | "HOST_ALREADY_DEPLOYED" => Some("lockkeeper instances"),
            "FROZEN" => Some("lockkeeper status"),
            "UNREACHABLE" | "INTERNAL" | "UNAVAILABLE" | "RATE_LIMITED" => Some("lockkeeper whoami"),
            _ => None,
        };
        self.help.get_or_insert_with(|| shows.map_or_else(own_help, str::to_owned));
        self
    }

    /// Adds names that may have been meant to the first problem.
    pub fn suggest(&mut self, nearest: &[String]) {
        self.suggest_at(0, nearest);
    }

    /// Adds names that may have been meant to the problem with this place.
    pub fn suggest_at(&mut self, problem: usize, nearest: &[String]) {
        if !nearest.is_empty() {
            let message = &mut self.problems[problem].message;
            message.push_str(" Did you mean ");
            message.push_str(&nearest.join(" or "));
            message.push('?');
        }
    }

    /// Whether one of the problems has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.problems.iter().any(|problem| problem.code == code)
    }

    /// All messages in one line.
    pub fn message(&self) -> String {
        self.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let (code, message, request_id) =
            (error.code().to_owned(), options::translate(&error.to_string()), error.request_id().map(str::to_owned));
        let failure = match error {
            Error::Refused { errors, .. } => {
                let nothing = errors.iter().all(|error| error.code == "NOTHING_TO_RELEASE");
                let status = if nothing { ExitStatus::NothingToRelease } else { ExitStatus::Refused };
                let problems = errors.into_iter().map(|error| Problem {
                    code: error.code,
                    message: options::translate_at(error.field.as_deref(), &error.message),
                    field: error.field,
                    related_ids: error.related_ids,
                });
                Failure { problems: problems.collect(), ..Failure::new(status, &code, message) }
            }
            Error::Unreachable { .. } | Error::NotLockkeeper { .. } => {
                Failure::new(ExitStatus::Unreachable, &code, sentence(&message)).help("lockkeeper context list")
            }
            Error::VersionMismatch { .. } => {
                Failure::new(ExitStatus::Unreachable, &code, sentence(&message)).help("lockkeeper --version")
            }
            // A name or an id in a query that refers to nothing.
            Error::Api(error) if error.reason.as_deref() == Some("NOT_FOUND") => {
                let mut failure = Failure::new(ExitStatus::Refused, "NOT_FOUND", message);
                failure.problems[0].field = error.argument.map(|path| path.split('.').map(str::to_owned).collect());
                failure
            }
            Error::Api(error) => {
                let failure = Failure::new(status(&error.code), &code, message);
                match error.code.as_str() {
                    "UNAUTHENTICATED" => failure.help("lockkeeper login"),
                    "FORBIDDEN" => failure.help("lockkeeper whoami"),
                    _ => failure,
                }
            }
        };
        Failure { request_id, ..failure }
    }
}

/// The exit status for an error that the server answered with.
fn status(code: &str) -> ExitStatus {
    match code {
        "UNAUTHENTICATED" | "FORBIDDEN" => ExitStatus::Unauthorized,
        // The server works, and refuses what was asked for.
        "BAD_REQUEST" | "BAD_USER_INPUT" | "TOO_COMPLEX" | "CURSOR_EXPIRED" | "CURSOR_INVALID" => ExitStatus::Refused,
        _ => ExitStatus::Unreachable,
    }
}

/// A message as a sentence.
fn sentence(message: &str) -> String {
    match message.ends_with(['.', '!', '?']) {
        true => message.to_owned(),
        false => format!("{message}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockkeeper_client::{ApiError, UserError};

    fn refused(codes: &[&str]) -> Error {
        let error = |code: &&str| UserError {
            code: (*code).to_owned(),
            field: Some(vec!["input".to_owned()]),
            message: format!("{code} is wrong."),
            related_ids: Vec::new(),
        };
        Error::Refused {
            errors: codes.iter().map(error).collect(),
            request_id: Some("r1".to_owned()),
            data: serde_json::Value::Null,
        }
    }

    #[test]
    fn each_error_of_the_api_has_its_exit_status() {
        let api = |code: &str| Error::Api(Box::new(ApiError { code: code.to_owned(), ..ApiError::default() }));
        for (error, status) in [
            (refused(&["NOT_FOUND", "INVALID"]), ExitStatus::Refused),
            (refused(&["NOTHING_TO_RELEASE"]), ExitStatus::NothingToRelease),
            (refused(&["NOTHING_TO_RELEASE", "INVALID"]), ExitStatus::Refused),
            (api("UNAUTHENTICATED"), ExitStatus::Unauthorized),
            (api("FORBIDDEN"), ExitStatus::Unauthorized),
            (api("BAD_REQUEST"), ExitStatus::Refused),
            (api("INTERNAL"), ExitStatus::Unreachable),
            (api("UNAVAILABLE"), ExitStatus::Unreachable),
            (Error::NotLockkeeper { server: String::new(), reason: String::new() }, ExitStatus::Unreachable),
        ] {
            assert_eq!(Failure::from(error).status, status);
        }
    }

    #[test]
    fn all_problems_of_a_refusal_are_one_line_with_the_id_of_the_request() {
        let failure = Failure::from(refused(&["NOT_FOUND", "INVALID"]));
        assert_eq!(failure.message(), "NOT_FOUND is wrong. INVALID is wrong.");
        assert_eq!(failure.request_id.as_deref(), Some("r1"));
    }
}
