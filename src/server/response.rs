//! HTTP responses: answers in the form that the client accepts, each with the request's id.

use super::access_record::AccessRecord;
use super::answer;
use super::media_type::MediaType;
use super::refusal::Refusal;
use crate::graphql::RequestId;
use crate::wire::{self, ErrorCode, Response as Answer};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::any::Any;

/// A refusal with what HTTP adds to it.
#[derive(Debug)]
pub struct HttpRefusal {
    status: StatusCode,
    refusal: Refusal,
    /// A header that belongs to the status.
    header: Option<(HeaderName, &'static str)>,
}

impl HttpRefusal {
    /// A request that HTTP has a status of its own for.
    pub fn with_status(status: StatusCode, message: impl Into<String>) -> HttpRefusal {
        HttpRefusal { status, refusal: Refusal::bad_request(message), header: None }
    }

    /// The same, with a header that belongs to its status.
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> HttpRefusal {
        self.header = Some((name, value));
        self
    }

    /// Returns the response.
    pub fn respond(self, media_type: MediaType, id: &RequestId) -> Response {
        let mut answer = self.refusal.answer();
        wire::complete(&mut answer, &id.0);
        let record = AccessRecord::with_outcome(self.refusal.code.word());
        let mut response = respond(self.status, media_type, answer::bytes(&answer), record);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(seconds) = self.refusal.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Refusal> for HttpRefusal {
    fn from(refusal: Refusal) -> HttpRefusal {
        let status = match refusal.code {
            ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        HttpRefusal { status, refusal, header: None }
    }
}

/// Returns an answer as a response: for the newer media type, the status says whether execution began.
pub fn answered(mut answer: Answer, media_type: MediaType, id: &RequestId) -> Response {
    wire::complete(&mut answer, &id.0);
    let status = match answer::has_begun(&answer) || media_type == MediaType::Json {
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    };
    let record = AccessRecord::with_outcome(answer::outcome(&answer));
    respond(status, media_type, answer::bytes(&answer), record)
}

fn respond(status: StatusCode, media_type: MediaType, bytes: Vec<u8>, record: AccessRecord) -> Response {
    let content_type = match media_type {
        MediaType::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        MediaType::Json | MediaType::EventStream => "application/json; charset=utf-8",
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.extensions_mut().insert(record);
    response
}

/// Returns the response of a handler that panicked; the log has more.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    tracing::error!(panic = answer::panic_text(&*panic), "a request handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
