//! Server-sent events, by the protocol `graphql-sse` in its mode of distinct connections: `next` for each answer,
//! with its cursor as the id, and `complete` at the end.

use super::access_record::AccessRecord;
use super::answer::{self, OK, log_shared_failure};
use super::limits::CountedSubscription;
use super::metrics::{ActiveSubscription, Transport};
use super::refusal::Refusal;
use super::state::Server;
use crate::auth::Identity;
use crate::graphql::RequestId;
use crate::watch::{self, Message, Messages, Queue, Queued};
use crate::wire;
use crate::wire::{ErrorCode, Response as Answer};
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use futures_util::StreamExt;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// After this long without an event, something is sent, so that a dead connection is noticed.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(12);
/// The first heartbeat comes soon: it has the cursor at which the subscription began, for a client without an event.
const FIRST_HEARTBEAT_DELAY: Duration = Duration::from_secs(1);
/// What an event takes in memory beside its message.
const EVENT_OVERHEAD_BYTES: usize = 128;

/// Returns one answer as a stream.
pub fn once(mut answer: Answer, id: &RequestId) -> Response {
    wire::complete(&mut answer, &id.0);
    let record = AccessRecord::with_outcome(answer::outcome(&answer));
    respond(Body::from([next(None, &answer::bytes(&answer)), complete()].concat()), record)
}

/// Returns the answers of a subscription as a stream, until the subscription ends, the token becomes invalid, the
/// client is gone or too slow, or the server closes. The stream is completed only in the first two cases: in the
/// others, the client should reconnect.
pub fn stream(
    server: &Arc<Server>,
    messages: Messages,
    counted: CountedSubscription,
    identity: Identity,
    id: &RequestId,
) -> Response {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pump = Pump {
        server: server.clone(),
        queue: server.queues.queue(),
        sender,
        identity,
        _counted: counted,
        id: id.clone(),
        active: server.metrics.subscription(Transport::EventStream),
    };
    tokio::spawn(pump.run(messages));
    let events = UnboundedReceiverStream::new(receiver).map(Ok::<_, Infallible>);
    respond(Body::from_stream(events), AccessRecord { is_stream: true, ..AccessRecord::with_outcome(OK) })
}

struct Pump {
    server: Arc<Server>,
    /// What waits for the client to read it.
    queue: Queue,
    sender: UnboundedSender<Bytes>,
    identity: Identity,
    _counted: CountedSubscription,
    id: RequestId,
    active: ActiveSubscription,
}

impl Pump {
    async fn run(mut self, mut messages: Messages) {
        let invalid = self.identity.clone().until_invalid();
        tokio::pin!(invalid);
        let mut next_heartbeat = Instant::now() + FIRST_HEARTBEAT_DELAY;
        loop {
            let sent = tokio::select! {
                biased;
                () = self.sender.closed() => return,
                () = self.server.closing.cancelled() => return,
                () = &mut invalid => {
                    let event = self.answer(token_invalid().answer(), None);
                    self.send(event).await;
                    return self.end().await;
                }
                bytes = messages.ready() => match bytes {
                    Some(bytes) => match self.queued(bytes).await {
                        // What was ready may have been dropped as too old since: then it comes again.
                        Some(queued) => messages.take().is_none_or(|message| self.put_message(&message, queued)),
                        None => false,
                    },
                    None => return self.end().await,
                },
                () = sleep_until(next_heartbeat) => self.send(heartbeat(messages.read_to())).await,
            };
            if !sent {
                return;
            }
            next_heartbeat = Instant::now() + HEARTBEAT_INTERVAL;
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
                self.active.outcome = OK.into();
                self.put(next(cursor, body.as_bytes()), queued)
            }
            watch::Body::Failed(failed) => {
                let answer = failed.clone();
                log_shared_failure(&answer, &self.id);
                let event = self.answer(answer, cursor);
                self.put(event, queued)
            }
        }
    }

    fn answer(&mut self, mut answer: Answer, cursor: Option<&str>) -> Vec<u8> {
        wire::complete(&mut answer, &self.id.0);
        self.active.outcome = answer::outcome(&answer).into();
        next(cursor, &answer::bytes(&answer))
    }

    /// Queues an event once there is room. Returns `false` if the stream has to end.
    async fn send(&self, event: Vec<u8>) -> bool {
        match self.queued(event.len()).await {
            Some(queued) => self.put(event, queued),
            None => false,
        }
    }

    /// Waits until there is room for this many bytes. Returns `None` if the client is gone or has read nothing for
    /// `write_timeout`, or if the server closes: then the client should reconnect with its cursor.
    async fn queued(&self, bytes: usize) -> Option<Queued> {
        let bytes = bytes + EVENT_OVERHEAD_BYTES;
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

    /// Queues an event. Its bytes count as queued until it is written to the connection. Returns whether the client is
    /// still there.
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

fn token_invalid() -> Refusal {
    let message = "The token of this stream has expired or was revoked. Subscribe again with a valid one.";
    Refusal::new(ErrorCode::Unauthenticated, message)
}

fn next(cursor: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut event = b"event: next\n".to_vec();
    if let Some(cursor) = cursor {
        event.extend_from_slice(format!("id: {cursor}\n").as_bytes());
    }
    event.extend_from_slice(b"data: ");
    // The JSON is written without line breaks.
    event.extend_from_slice(body);
    event.extend_from_slice(b"\n\n");
    event
}

/// Sends the cursor up to which everything was sent or filtered out, if it is new: without it, a client whose filter
/// matches nothing would keep a cursor that expires. Clients keep the id of an event without data and pass over the
/// event itself; they pass over comments, too.
fn heartbeat(looked: Option<String>) -> Vec<u8> {
    match looked {
        Some(cursor) => format!("id: {cursor}\n\n").into(),
        None => b":\n\n".to_vec(),
    }
}

/// Has an empty line of data: clients pass over events without any.
fn complete() -> Vec<u8> {
    b"event: complete\ndata:\n\n".to_vec()
}

fn respond(body: Body, record: AccessRecord) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    // Proxies that buffer responses would hold back a stream.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.extensions_mut().insert(record);
    response
}
