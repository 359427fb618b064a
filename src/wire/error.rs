//! What can go wrong in a request, as clients see it: a code of a closed list, and a message. Problems that the caller of a
//! mutation can correct are not errors but data.

use crate::domain::Role;
use crate::store;
use async_graphql::{ErrorExtensionValues, ServerError};

/// The codes of `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request has no valid token.
    Unauthenticated,
    /// The role of the caller does not allow it.
    Forbidden,
    /// The request is wrong, and will be refused whenever it is sent.
    BadRequest,
    /// The document cannot be parsed.
    GraphqlParseFailed,
    /// The document is not valid for the schema, or has no operation of the name.
    GraphqlValidationFailed,
    /// The values of variables, or the size of a page, are not what the document may have.
    BadUserInput,
    /// No document has the id.
    PersistedQueryNotFound,
    /// Only the hash of a text was sent: clients send the text then.
    PersistedQueryNotSupported,
    /// The request selects too much at once.
    TooComplex,
    /// The caller sends too many requests.
    RateLimited,
    /// The database could not be reached, or it is not known whether it committed.
    Unavailable,
    /// The events behind the cursor are no longer kept.
    CursorExpired,
    /// The cursor is malformed, or belongs to something else.
    CursorInvalid,
    /// A bug, or a broken database.
    Internal,
}

impl ErrorCode {
    /// The spelling in `extensions.code`.
    pub fn word(self) -> &'static str {
        match self {
            ErrorCode::Unauthenticated => "UNAUTHENTICATED",
            ErrorCode::Forbidden => "FORBIDDEN",
            ErrorCode::BadRequest => "BAD_REQUEST",
            ErrorCode::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            ErrorCode::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            ErrorCode::BadUserInput => "BAD_USER_INPUT",
            ErrorCode::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            ErrorCode::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            ErrorCode::TooComplex => "TOO_COMPLEX",
            ErrorCode::RateLimited => "RATE_LIMITED",
            ErrorCode::Unavailable => "UNAVAILABLE",
            ErrorCode::CursorExpired => "CURSOR_EXPIRED",
            ErrorCode::CursorInvalid => "CURSOR_INVALID",
            ErrorCode::Internal => "INTERNAL",
        }
    }
}

/// What is wrong with an id in a query, as `extensions.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It names nothing.
    NotFound,
    /// It names a thing of another type.
    WrongType,
    /// It names a thing of another service.
    OtherService,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Reason::NotFound => "NOT_FOUND",
            Reason::WrongType => "WRONG_TYPE",
            Reason::OtherService => "OTHER_SERVICE",
        }
    }
}

/// Why a field has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub code: ErrorCode,
    /// A message for the caller.
    pub message: String,
    pub reason: Option<Reason>,
    /// The argument that is wrong, as a path joined by dots.
    pub argument: Option<String>,
}

impl ApiError {
    /// An error of this code; the message is a sentence for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into(), reason: None, argument: None }
    }

    /// The request is wrong, in this argument.
    pub fn bad(argument: &str, message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorCode::BadRequest, message).at(argument)
    }

    /// An id in the request is wrong, for this reason.
    pub fn id(argument: &str, reason: Reason, message: impl Into<String>) -> ApiError {
        ApiError { reason: Some(reason), ..ApiError::bad(argument, message) }
    }

    /// A caller of this role may not do this.
    pub fn forbidden(role: Role) -> ApiError {
        ApiError::new(ErrorCode::Forbidden, format!("Callers with the role {role} may not do this."))
    }

    /// The same error, with the argument that is wrong.
    pub fn at(mut self, argument: &str) -> ApiError {
        self.argument = Some(argument.to_owned());
        self
    }

    /// The error as it is written into a response, still without its path and position.
    pub fn to_server_error(&self) -> ServerError {
        let mut error = ServerError::new(self.message.clone(), None);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code.word());
        if let Some(reason) = self.reason {
            extensions.set("reason", reason.word());
        }
        if let Some(argument) = &self.argument {
            extensions.set("argument", argument.as_str());
        }
        error.extensions = Some(extensions);
        error
    }
}

/// The details are logged, not sent.
impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Busy(detail) => {
                tracing::warn!(%detail, "the database could not serve a request");
                let message = "The database could not be reached, or it is not known whether it committed. Try again with the same idempotency key.";
                ApiError::new(ErrorCode::Unavailable, message)
            }
            // The store has logged it.
            store::Error::Unwritable(_) => {
                let message = "The database could not store this: its disk is full or failing. Free some space, then try again with the same idempotency key.";
                ApiError::new(ErrorCode::Unavailable, message)
            }
            detail => {
                tracing::error!(%detail, "a request failed");
                ApiError::internal()
            }
        }
    }
}

impl ApiError {
    /// A bug or a broken database; the log has the details.
    pub fn internal() -> ApiError {
        ApiError::new(
            ErrorCode::Internal,
            "An internal error occurred. The server's log has it under the id of this request.",
        )
    }
}
