//! A message of a subscription, made once for all subscribers who get it.

use crate::wire::{self, Response};

/// A message of a subscription.
#[derive(Debug)]
pub struct Message {
    /// Its cursor; `None` if it says that there is nothing to follow.
    pub cursor: Option<String>,
    pub body: Body,
}

/// What a message says.
#[derive(Debug)]
pub enum Body {
    /// An answer without errors, written.
    Written(String),
    /// One with errors. It is written for each subscriber, since errors bear the id of a request.
    Failed(Response),
}

impl Message {
    /// Makes a message of a response, which has this cursor.
    pub fn new(response: Response, cursor: Option<String>) -> Message {
        let body = match response.errors.is_empty() {
            true => Body::Written(match String::from_utf8(wire::body(&response)) {
                Ok(written) => written,
                Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned(),
            }),
            false => Body::Failed(response),
        };
        Message { cursor, body }
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        let body = match &self.body {
            Body::Written(written) => written.len(),
            Body::Failed(response) => wire::size(response),
        };
        size_of::<Message>() + body
    }
}
