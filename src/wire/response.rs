//! The bytes of a response. What was written before stands in it as a binary value, and is copied as it is:
//! every transport has to use this writer.

use super::error::ErrorCode;
use super::json;
use async_graphql::{ErrorExtensionValues, Response, Value};

/// The body of a response: `data`, `errors` if there are any, and `extensions`.
pub fn body(response: &Response) -> Vec<u8> {
    let mut out = Vec::with_capacity(size(&response.data) + 256);
    out.extend_from_slice(b"{\"data\":");
    splice(&response.data, &mut out);
    if !response.errors.is_empty() {
        out.extend_from_slice(b",\"errors\":");
        out.extend_from_slice(&serde_json::to_vec(&response.errors).unwrap_or_else(|_| b"[]".to_vec()));
    }
    if !response.extensions.is_empty() {
        out.extend_from_slice(b",\"extensions\":{");
        for (i, (name, value)) in response.extensions.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            json::string(name, &mut out);
            out.push(b':');
            splice(value, &mut out);
        }
        out.push(b'}');
    }
    out.push(b'}');
    out
}

/// Gives every error the id of its request, and those of the library's own validation their code.
pub fn complete(response: &mut Response, request_id: &str) {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("code").is_none() {
            extensions.set("code", ErrorCode::BadRequest.word());
        }
        extensions.set("requestId", request_id);
    }
}

/// About how many bytes a value takes when it is written.
pub fn size(value: &Value) -> usize {
    match value {
        Value::Binary(written) => written.len() + 64,
        Value::Object(map) => map.values().map(size).sum(),
        _ => 64,
    }
}

fn splice(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Binary(written) => out.extend_from_slice(written),
        Value::Object(map) => {
            out.push(b'{');
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                json::string(key, out);
                out.push(b':');
                splice(value, out);
            }
            out.push(b'}');
        }
        Value::List(list) => {
            out.push(b'[');
            for (i, value) in list.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                splice(value, out);
            }
            out.push(b']');
        }
        value => out.extend_from_slice(&serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec())),
    }
}
