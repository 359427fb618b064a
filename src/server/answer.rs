//! Answers, in the form that the client accepts, each with the request's id.

use super::accept::Media;
use super::log::Told;
use crate::graphql::{RequestId, is_refused};
use crate::wire;
use crate::wire::{ApiError, ErrorCode};
use async_graphql::{Response as Answer, Value};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Duration;

/// When to ask again for what there is no room for now.
const ROOM_DELAY: Duration = Duration::from_secs(1);

/// A request that was refused before there was a document to carry out, or whose outcome is not known.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: ErrorCode,
    message: String,
    /// A header that belongs to the status.
    header: Option<(header::HeaderName, &'static str)>,
    /// After how many seconds the same may be sent again.
    retry_after: Option<u64>,
}

impl Refused {
    pub fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Refused {
        Refused { status, code, message: message.into(), header: None, retry_after: None }
    }

    /// The same, with a header that belongs to its status.
    pub fn with(mut self, name: header::HeaderName, value: &'static str) -> Refused {
        self.header = Some((name, value));
        self
    }

    /// The program failed; what happened is in the log alone.
    pub fn internal() -> Refused {
        let message = "Something went wrong inside. The server's log says what, under this request's id.";
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, message)
    }

    /// Nobody knows now; asking again is right.
    pub fn unavailable(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message).with(header::RETRY_AFTER, "1")
    }

    /// The caller has as much as it may have; when something of it has ended, there is room.
    pub fn full(message: impl Into<String>) -> Refused {
        Refused::rate_limited(message, ROOM_DELAY)
    }

    /// The same may be sent again, but not before this time has passed.
    pub fn rate_limited(message: impl Into<String>, wait: Duration) -> Refused {
        let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, message);
        Refused { retry_after: Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)), ..refused }
    }

    /// The same as an answer, for streams.
    pub fn answer(&self) -> Answer {
        let mut error = ApiError::new(self.code, self.message.clone()).told();
        if let Some(seconds) = self.retry_after {
            error.extensions.get_or_insert_default().set("retryAfterSeconds", seconds);
        }
        Answer::from_errors(vec![error])
    }

    /// What a person is told.
    pub fn into_message(self) -> String {
        self.message
    }

    /// The same as a response.
    pub fn respond(self, media: Media, id: &RequestId) -> Response {
        let mut answer = self.answer();
        wire::complete(&mut answer, &id.0);
        let mut response = respond(self.status, media, bytes(&answer), Told::outcome(self.code.word()));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// An answer as a response: under the new type, the status says whether execution began.
pub fn answered(mut answer: Answer, media: Media, id: &RequestId) -> Response {
    wire::complete(&mut answer, &id.0);
    let status = match began(&answer) || media == Media::Json {
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    };
    respond(status, media, bytes(&answer), Told::outcome(outcome(&answer)))
}

/// The outcome of an answer without errors.
pub const OK: &str = "ok";

/// The outcome of a mutation whose input had problems.
const REFUSED: &str = "refused";

/// The first error's code; without errors, [`REFUSED`] if a mutation was, or [`OK`].
pub fn outcome(answer: &Answer) -> String {
    match answer.errors.first().and_then(|error| error.extensions.as_ref()?.get("code")) {
        Some(Value::String(code)) => code.clone(),
        Some(Value::Enum(code)) => code.to_string(),
        _ if is_refused(answer) => REFUSED.to_owned(),
        _ => OK.to_owned(),
    }
}

/// Whether execution began. If it did not, there is no data at all: no error has a path.
pub fn began(answer: &Answer) -> bool {
    answer.data != Value::Null || answer.errors.iter().any(|error| !error.path.is_empty())
}

/// An answer as JSON; without `data` if execution never began.
pub fn bytes(answer: &Answer) -> Vec<u8> {
    match began(answer) {
        true => wire::body(answer),
        false => serde_json::json!({ "errors": answer.errors }).to_string().into_bytes(),
    }
}

fn respond(status: StatusCode, media: Media, bytes: Vec<u8>, told: Told) -> Response {
    let content_type = match media {
        Media::Response => "application/graphql-response+json; charset=utf-8",
        Media::Json | Media::Events => "application/json; charset=utf-8",
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.extensions_mut().insert(told);
    response
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or_default().to_owned()
}

/// What is answered when a handler panicked; the log has more.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    tracing::error!(panic = panic_text(&*panic), "a request handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
