//! Reads an answer: its data, or what it says went wrong.

use crate::transport::{Answer, Transport};
use crate::{ApiError, Error, UserError};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The version of the server, in each of its answers.
const VERSION: HeaderName = HeaderName::from_static("lockkeeper-version");
/// The id under which the server logs the request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What headers say about the server and the request.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub server: String,
    pub server_version: Option<String>,
    pub request_id: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

#[derive(Deserialize)]
struct GraphqlError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extensions {
    code: Option<String>,
    request_id: Option<String>,
    reason: Option<String>,
    argument: Option<String>,
    retry_after_seconds: Option<u64>,
}

impl Origin {
    pub fn new(transport: &Transport, headers: &HeaderMap) -> Origin {
        let text = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        Origin { server: transport.server.to_string(), server_version: text(VERSION), request_id: text(REQUEST_ID) }
    }

    /// The server and this client do not know the same API.
    pub fn mismatch(&self, reason: impl Into<String>) -> Error {
        Error::VersionMismatch {
            server: self.server.clone(),
            server_version: self.server_version.clone(),
            reason: reason.into(),
            request_id: self.request_id.clone(),
        }
    }

    fn not_lockkeeper(&self, reason: String) -> Error {
        Error::NotLockkeeper { server: self.server.clone(), reason }
    }

    /// Reads `{"data": …, "errors": …}`.
    pub fn data<D: DeserializeOwned>(&self, text: &[u8]) -> Result<D, Error> {
        let body: Body =
            serde_json::from_slice(text).map_err(|_| self.not_lockkeeper("its answer is not GraphQL".to_owned()))?;
        if let Some(error) = body.errors.into_iter().next() {
            return Err(self.error(error));
        }
        let Some(data) = body.data else {
            return Err(self.not_lockkeeper("its answer has neither data nor errors".to_owned()));
        };
        let problems = user_errors(&data);
        if !problems.is_empty() {
            return Err(Error::Refused { errors: problems, request_id: self.request_id.clone(), data });
        }
        serde_json::from_value(data).map_err(|error| self.mismatch(format!("the answer has another form: {error}")))
    }

    /// What the first error of an answer means.
    fn error(&self, error: GraphqlError) -> Error {
        let GraphqlError { message, extensions } = error;
        // lockkeeper gives every error a code.
        let Some(code) = extensions.code else {
            return self.not_lockkeeper(format!("it answers with an error that has no code: {message}"));
        };
        let request_id = extensions.request_id.or_else(|| self.request_id.clone());
        if matches!(code.as_str(), "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED") {
            return Origin { request_id, ..self.clone() }.mismatch(message);
        }
        // Documents are checked with the schema of this version: a value that does not fit is of another one.
        if code == "BAD_USER_INPUT" && extensions.reason.as_deref() == Some("UNKNOWN_INPUT") {
            return Origin { request_id, ..self.clone() }.mismatch(message);
        }
        let begun = !matches!(code.as_str(), "RATE_LIMITED" | "UNAUTHENTICATED" | "FORBIDDEN" | "TOO_COMPLEX");
        Error::Api(Box::new(ApiError {
            code,
            message,
            request_id,
            reason: extensions.reason,
            argument: extensions.argument,
            retry_after_seconds: extensions.retry_after_seconds,
            begun,
        }))
    }
}

/// Reads an answer that is not a stream.
pub fn read<D: DeserializeOwned>(transport: &Transport, answer: &Answer) -> Result<D, Error> {
    let origin = Origin::new(transport, &answer.headers);
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.starts_with("application/json") || kind.starts_with("application/graphql-response+json");
    if is_json {
        return origin.data(&answer.body);
    }
    let kind = if kind.is_empty() { "no content type" } else { kind };
    let reason = format!("it answers with status {} and {kind}", answer.status.as_u16());
    match answer.status {
        // A proxy says that the server behind it is away.
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Err(transport.broken(reason))
        }
        _ => Err(origin.not_lockkeeper(reason)),
    }
}

/// The problems of all payloads.
fn user_errors(data: &Value) -> Vec<UserError> {
    let roots = data.as_object().into_iter().flat_map(|roots| roots.values());
    let problems = roots.filter_map(|root| root.get("userErrors")?.as_array()).flatten();
    problems.filter_map(|problem| UserError::deserialize(problem).ok()).collect()
}
