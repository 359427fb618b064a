//! An answer whose data is JSON already, and the bytes that a transport sends of it.

use super::error::ErrorCode;
use super::json;
use async_graphql::{ErrorExtensionValues, Name, ServerError};
use bytes::Bytes;

/// About what an error takes, in bytes.
const ERROR_BYTES: usize = 512;

/// An answer to an operation, or one message of a subscription.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The fields of the root, each with its JSON; `None` where `data` is null.
    pub data: Option<Vec<(Name, Bytes)>>,
    pub errors: Vec<ServerError>,
    /// Whether a mutation was refused: its input had problems, which are its payload's `userErrors`.
    pub refused: bool,
}

impl Response {
    /// An answer without data.
    pub fn from_errors(errors: Vec<ServerError>) -> Response {
        Response { errors, ..Response::default() }
    }
}

/// The body of a response: `data`, and `errors` if there are any.
pub fn body(response: &Response) -> Vec<u8> {
    let mut out = Vec::with_capacity(size(response) + 256);
    out.extend_from_slice(b"{\"data\":");
    match &response.data {
        None => out.extend_from_slice(b"null"),
        Some(fields) => {
            out.push(b'{');
            for (i, (key, json)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                json::string(key, &mut out);
                out.push(b':');
                out.extend_from_slice(json);
            }
            out.push(b'}');
        }
    }
    if !response.errors.is_empty() {
        out.extend_from_slice(b",\"errors\":");
        out.extend_from_slice(&serde_json::to_vec(&response.errors).unwrap_or_else(|_| b"[]".to_vec()));
    }
    out.push(b'}');
    out
}

/// Gives every error the id of its request, and a code to those that have none.
pub fn complete(response: &mut Response, request_id: &str) {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("code").is_none() {
            extensions.set("code", ErrorCode::BadRequest.word());
        }
        extensions.set("requestId", request_id);
    }
}

/// About how many bytes a response takes.
pub fn size(response: &Response) -> usize {
    let fields = response.data.iter().flatten();
    fields.map(|(key, json)| key.len() + json.len() + 8).sum::<usize>() + response.errors.len() * ERROR_BYTES
}
