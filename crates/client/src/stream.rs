//! One connection of a subscription.

use crate::Error;
use crate::answer::{self, Origin};
use crate::sse::{Event, Parser};
use crate::transport::{self, Answer, Transport};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::timeout;

/// A connection on which nothing came for this long is given up: the server sends something at least every 12 s.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// The events of one connection, which ends when this is dropped.
pub struct EventStream {
    transport: Transport,
    pub(crate) origin: Origin,
    body: Incoming,
    parser: Parser,
    /// Events that came with the last bytes and were not returned yet.
    ready: VecDeque<Event>,
}

impl EventStream {
    /// Sends this body of a request, which asks for a subscription, and goes on behind the event with this id.
    ///
    /// # Errors
    /// If there is no connection, or the answer is anything but an event stream.
    pub(crate) async fn open(transport: Transport, body: Vec<u8>, last: Option<&str>) -> Result<EventStream, Error> {
        let (parts, body) = transport.open(body, last).await?.into_parts();
        let origin = Origin::new(&transport, &parts.headers);
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return Ok(EventStream { transport, origin, body, parser: Parser::default(), ready: VecDeque::new() });
        }
        // Whatever it is, it is not a subscription: mostly an error.
        let read = timeout(SILENCE_LIMIT, transport::read_all(body)).await;
        let body = read.unwrap_or_else(|_| Err("the answer did not end".to_owned()));
        let body = body.map_err(|reason| transport.broken(reason))?;
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        answer::read::<Value>(&transport, &answer)?;
        Err(origin.mismatch("it sends no event stream"))
    }

    /// The next event, or `None` when the server has closed the connection. It may be dropped and called again without
    /// losing anything.
    ///
    /// # Errors
    /// If the connection broke, or nothing came for [`SILENCE_LIMIT`].
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let Ok(frame) = timeout(SILENCE_LIMIT, self.body.frame()).await else {
                return Err(self.transport.broken(format!("nothing came for {} s", SILENCE_LIMIT.as_secs())));
            };
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(self.transport.broken(error.to_string())),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.ready.extend(self.parser.push(&bytes));
                    }
                }
            }
        }
    }
}
