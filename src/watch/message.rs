//! What a subscriber is told, made once for all who are told the same.

use crate::wire;
use async_graphql::{Response, ServerError, Value};

/// About what an error takes, in bytes.
const ERROR: usize = 512;

/// A message of a subscription.
#[derive(Debug)]
pub struct Message {
    /// Its place; none if nothing is told of what is there.
    pub cursor: Option<String>,
    pub body: Body,
}

/// What a message says.
#[derive(Debug)]
pub enum Body {
    /// An answer without errors, written.
    Written(String),
    /// One with errors. It is written for each subscriber, since errors bear the id of a request.
    Failed(Failed),
}

/// An answer with errors.
#[derive(Debug)]
pub struct Failed {
    data: Value,
    errors: Vec<ServerError>,
}

impl Message {
    /// Makes a message of a response, which has this place.
    pub fn new(response: Response, cursor: Option<String>) -> Message {
        let body = match response.errors.is_empty() {
            true => Body::Written(match String::from_utf8(wire::body(&response)) {
                Ok(written) => written,
                Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned(),
            }),
            false => Body::Failed(Failed { data: response.data, errors: response.errors }),
        };
        Message { cursor, body }
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        let body = match &self.body {
            Body::Written(written) => written.len(),
            Body::Failed(failed) => wire::size(&failed.data) + failed.errors.len() * ERROR,
        };
        size_of::<Message>() + body
    }
}

impl Failed {
    /// The same as a response, to be completed.
    pub fn response(&self) -> Response {
        let mut response = Response::new(self.data.clone());
        response.errors.clone_from(&self.errors);
        response
    }
}
