//! What a subscription and its transport tell each other about places, beside the answers.

use crate::graphql::body;
use async_graphql::{Response, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// The extension in which a response carries its cursor to the transport.
const CURSOR: &str = "cursor";

/// A message of a subscription, ready to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its place; none for an error.
    pub cursor: Option<String>,
    pub body: Vec<u8>,
}

/// Makes a message of a response of a subscription.
pub fn message(mut response: Response) -> Message {
    let cursor = match response.extensions.remove(CURSOR) {
        Some(Value::String(cursor)) => Some(cursor),
        _ => None,
    };
    Message { cursor, body: body(&response) }
}

/// A response with its place.
pub(super) fn at(response: Response, cursor: String) -> Response {
    response.extension(CURSOR, Value::from(cursor))
}

/// Where a client says that it is, and how far its subscription has looked. A transport that knows of places puts
/// one into the request; its clones are of one and the same.
#[derive(Clone, Debug, Default)]
pub struct Place {
    from: Option<String>,
    looked: Arc<Mutex<Option<String>>>,
}

impl Place {
    /// A client that saw the message with this cursor last: it wins over the argument `after`. Empty is none.
    pub fn new(last: &str) -> Place {
        Place { from: (!last.is_empty()).then(|| last.to_owned()), looked: Arc::default() }
    }

    /// Where the client says that it is.
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// Notes the place up to which all was told, or was not wanted.
    pub(super) fn look(&self, cursor: String) {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
    }

    /// The place up to which all was told or was not wanted, if it is another one than when this was asked last:
    /// whoever goes on behind it misses nothing.
    pub fn looked(&self) -> Option<String> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
