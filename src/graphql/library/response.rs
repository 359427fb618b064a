//! What the library answers, as the rest of the program knows it.

use crate::wire;
use async_graphql::{Response, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A response with the JSON of each field of its root: what `roots` has put in as bytes, as it is.
pub fn written(response: Response) -> wire::Response {
    let data = match response.data {
        Value::Object(fields) => Some(fields.into_iter().map(|(key, value)| (key, json(value))).collect()),
        _ => None,
    };
    wire::Response { data, errors: response.errors, refused: false }
}

fn json(value: Value) -> bytes::Bytes {
    match value {
        Value::Binary(written) => written,
        value => serde_json::to_vec(&value).unwrap_or_else(|_| b"null".to_vec()).into(),
    }
}

/// Whether a mutation of a request was refused: data of the request, set while it is executed. Clones are the same.
#[derive(Clone, Default)]
pub struct Refusals(Arc<AtomicBool>);

impl Refusals {
    /// Notes that a mutation was refused.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether one was.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
