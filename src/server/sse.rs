//! Server-sent events, by the protocol `graphql-sse` in its mode of distinct connections: `next` for each answer,
//! with its cursor as the id, and `complete` at the end.

use super::Server;
use super::answer::{self, OK, Refused};
use super::log::{Told, log_shared_failure};
use super::metrics::{Subscriber, Transport};
use super::subscribers::Subscribed;
use super::who;
use crate::auth::Secret;
use crate::graphql::RequestId;
use crate::watch::{self, Message, Messages, Queue, Queued};
use crate::wire;
use crate::wire::ErrorCode;
use async_graphql::Response as Answer;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// Something is sent after so long a silence, that a dead connection be noticed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(12);
/// The first one comes soon: a client that has seen nothing yet is told where it began.
const FIRST_SIGN: Duration = Duration::from_secs(1);
/// What an event takes beside its message.
const EVENT: usize = 128;

/// One answer as a stream.
pub fn once(mut answer: Answer, id: &RequestId) -> Response {
    wire::complete(&mut answer, &id.0);
    let told = Told::outcome(answer::outcome(&answer));
    respond(Body::from([next(None, &answer::bytes(&answer)), complete()].concat()), told)
}

/// A subscription's answers, until it ends, the token does not count any more, the client is gone or too slow, or
/// the server closes. Only in the first two cases is the stream completed: in the others, the client comes back.
pub fn stream(
    server: &Arc<Server>,
    messages: Messages,
    subscribed: Subscribed,
    secret: Secret,
    id: &RequestId,
) -> Response {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pump = Pump {
        server: server.clone(),
        queue: server.queues.queue(),
        sender,
        secret,
        _subscribed: subscribed,
        id: id.clone(),
        subscriber: server.metrics.subscriber(Transport::Events),
    };
    tokio::spawn(pump.run(messages));
    let events = UnboundedReceiverStream::new(receiver).map(Ok::<_, Infallible>);
    respond(Body::from_stream(events), Told { streamed: true, ..Told::outcome("ok") })
}

struct Pump {
    server: Arc<Server>,
    /// How much may wait for the client.
    queue: Queue,
    sender: UnboundedSender<Bytes>,
    secret: Secret,
    _subscribed: Subscribed,
    id: RequestId,
    subscriber: Subscriber,
}

impl Pump {
    async fn run(mut self, mut messages: Messages) {
        let no_more = who::counts_no_more(self.server.tokens.clone(), self.secret.clone());
        tokio::pin!(no_more);
        let mut next_sign = Instant::now() + FIRST_SIGN;
        loop {
            let sent = tokio::select! {
                biased;
                () = self.sender.closed() => return,
                () = self.server.closing.cancelled() => return,
                () = &mut no_more => {
                    let event = self.answer(token_gone().answer(), None);
                    self.send(event).await;
                    return self.end().await;
                }
                bytes = messages.ready() => match bytes {
                    Some(bytes) => match self.queued(bytes).await {
                        // What was ready may be too old by now: then it comes again.
                        Some(queued) => messages.take().is_none_or(|message| self.put_message(&message, queued)),
                        None => false,
                    },
                    None => return self.end().await,
                },
                () = sleep_until(next_sign) => self.send(sign_of_life(messages.looked())).await,
            };
            if !sent {
                return;
            }
            next_sign = Instant::now() + SIGN_OF_LIFE;
        }
    }

    async fn end(&self) {
        self.send(complete()).await;
    }

    /// Queues a message.
    fn put_message(&mut self, message: &Message, queued: Queued) -> bool {
        let cursor = message.cursor.as_deref();
        match &message.body {
            watch::Body::Written(body) => {
                self.subscriber.outcome = OK.into();
                self.put(next(cursor, body.as_bytes()), queued)
            }
            watch::Body::Failed(failed) => {
                let answer = failed.response();
                log_shared_failure(&answer, &self.id);
                let event = self.answer(answer, cursor);
                self.put(event, queued)
            }
        }
    }

    fn answer(&mut self, mut answer: Answer, cursor: Option<&str>) -> Vec<u8> {
        wire::complete(&mut answer, &self.id.0);
        self.subscriber.outcome = answer::outcome(&answer).into();
        next(cursor, &answer::bytes(&answer))
    }

    /// Whether the client took it, or it waits in the queue.
    async fn send(&self, event: Vec<u8>) -> bool {
        match self.queued(event.len()).await {
            Some(queued) => self.put(event, queued),
            None => false,
        }
    }

    /// Waits until there is room for this many bytes. Returns `None` if the client is gone or has read nothing for
    /// `write_timeout`, or if the server closes: then the client comes back with its cursor.
    async fn queued(&self, bytes: usize) -> Option<Queued> {
        let bytes = bytes + EVENT;
        let queued = async {
            let reserved = timeout(self.server.limits.write_timeout, self.queue.reserve(bytes)).await.ok()?;
            Some(self.queue.hold(reserved, bytes).await)
        };
        tokio::select! {
            biased;
            () = self.sender.closed() => None,
            queued = queued => queued,
            () = self.server.closing.cancelled() => None,
        }
    }

    /// Queues an event, which counts until it is written, wherever it waits for that. Says whether the client is there.
    fn put(&self, event: Vec<u8>, queued: Queued) -> bool {
        self.sender.send(Bytes::from_owner(Event { event, _queued: queued })).is_ok()
    }
}

/// An event on its way to the client.
struct Event {
    event: Vec<u8>,
    _queued: Queued,
}

impl AsRef<[u8]> for Event {
    fn as_ref(&self) -> &[u8] {
        &self.event
    }
}

fn token_gone() -> Refused {
    let message = "The token of this stream has expired or was revoked.";
    Refused::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated, message)
}

fn next(cursor: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut event = b"event: next\n".to_vec();
    if let Some(cursor) = cursor {
        event.extend_from_slice(format!("id: {cursor}\n").as_bytes());
    }
    event.extend_from_slice(b"data: ");
    // JSON as it is written here has no line breaks.
    event.extend_from_slice(body);
    event.extend_from_slice(b"\n\n");
    event
}

/// Says, if it is new, up to which place all was told or was not wanted: a quiet filter would else be left so far
/// behind that its place expires. An event without data is none, but its id is noted; and a comment is nothing.
fn sign_of_life(looked: Option<String>) -> Vec<u8> {
    match looked {
        Some(cursor) => format!("id: {cursor}\n\n").into(),
        None => b":\n\n".to_vec(),
    }
}

/// Has data, if none in it: clients pass over events without.
fn complete() -> Vec<u8> {
    b"event: complete\ndata:\n\n".to_vec()
}

fn respond(body: Body, told: Told) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    // Proxies that gather an answer before they pass it on would hold back a stream.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.extensions_mut().insert(told);
    response
}
