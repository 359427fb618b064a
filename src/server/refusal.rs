//! Why a request is refused before its document is executed, or why its outcome is not known: the same over every
//! transport.

use crate::wire::{ApiError, ErrorCode, Response as Answer};
use std::time::Duration;

/// When to retry what the server has no capacity for now.
const CAPACITY_RETRY_DELAY: Duration = Duration::from_secs(1);

/// A refusal: a code, and a message for people.
#[derive(Debug)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: String,
    /// After how many seconds the same request may be sent again.
    pub retry_after_seconds: Option<u64>,
}

impl Refusal {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), retry_after_seconds: None }
    }

    /// The request is malformed.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(ErrorCode::BadRequest, message)
    }

    /// The program failed; only the log says how.
    pub fn internal() -> Refusal {
        let message = "An internal error occurred. The server's log has its cause under the id of this request.";
        Refusal::new(ErrorCode::Internal, message)
    }

    /// The server cannot answer now; the same request may succeed later.
    pub fn unavailable(message: impl Into<String>) -> Refusal {
        Refusal { retry_after_seconds: Some(1), ..Refusal::new(ErrorCode::Unavailable, message) }
    }

    /// The caller has as much as it may have; when some of it has ended, the same request may succeed.
    pub fn at_capacity(message: impl Into<String>) -> Refusal {
        Refusal::rate_limited(message, CAPACITY_RETRY_DELAY)
    }

    /// The same request may be sent again, but not before this time has passed.
    pub fn rate_limited(message: impl Into<String>, wait: Duration) -> Refusal {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Refusal { retry_after_seconds: Some(seconds), ..Refusal::new(ErrorCode::RateLimited, message) }
    }

    /// Returns the refusal as the answer to an operation.
    pub fn answer(&self) -> Answer {
        let mut error = ApiError::new(self.code, self.message.clone()).to_server_error();
        if self.code == ErrorCode::RateLimited
            && let Some(seconds) = self.retry_after_seconds
        {
            error.extensions.get_or_insert_default().set("retryAfterSeconds", seconds);
        }
        Answer::from_errors(vec![error])
    }
}
