//! Server-sent events, by the protocol `graphql-sse` in its mode of distinct connections: `next` for each answer,
//! with its cursor as the id, and `complete` at the end.

use super::Server;
use super::answer::{self, OK, Refused};
use super::log::Told;
use super::metrics::{Subscriber, Transport};
use super::who;
use crate::auth::Secret;
use crate::graphql::{self, Message, Messages, RequestId};
use crate::read::{self, ErrorCode};
use async_graphql::Response as Answer;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;

/// Something is sent after so long a silence, that a dead connection be noticed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(12);
/// The first one comes soon: a client that has seen nothing yet is told where it began.
const FIRST_SIGN: Duration = Duration::from_secs(1);
/// Answers that wait for a slow client.
const QUEUE: usize = 64;
/// How long a client may take none of them. It is then let go, and comes back with its cursor.
const PATIENCE: Duration = Duration::from_secs(30);

/// One answer as a stream.
pub fn once(mut answer: Answer, id: &RequestId) -> Response {
    read::complete(&mut answer, &id.0);
    let told = Told::outcome(answer::outcome(&answer));
    respond(Body::from([next(None, &answer::bytes(&answer)), complete()].concat()), told)
}

/// A subscription's answers, until it ends, the token does not count any more, the client is gone or too slow, or
/// the server closes. Only in the first two cases is the stream completed: in the others, the client comes back.
pub fn stream(server: &Arc<Server>, messages: Messages, secret: Secret, id: &RequestId) -> Response {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let pump = Pump {
        server: server.clone(),
        sender,
        secret,
        id: id.clone(),
        subscriber: server.metrics.subscriber(Transport::Events),
    };
    tokio::spawn(pump.run(messages));
    let events = ReceiverStream::new(receiver).map(Ok::<_, Infallible>);
    respond(Body::from_stream(events), Told { streamed: true, ..Told::outcome("ok") })
}

struct Pump {
    server: Arc<Server>,
    sender: mpsc::Sender<Bytes>,
    secret: Secret,
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
                    self.send_answer(token_gone().answer(), None).await;
                    return self.end().await;
                }
                message = messages.next() => match message {
                    Some(message) => self.send_message(&message).await,
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

    async fn send_message(&mut self, message: &Message) -> bool {
        match &message.body {
            graphql::Body::Written(body) => {
                self.subscriber.outcome = OK.into();
                self.send(next(message.cursor.as_deref(), body.as_bytes())).await
            }
            graphql::Body::Failed(failed) => self.send_answer(failed.response(), message.cursor.as_deref()).await,
        }
    }

    async fn send_answer(&mut self, mut answer: Answer, cursor: Option<&str>) -> bool {
        read::complete(&mut answer, &self.id.0);
        self.subscriber.outcome = answer::outcome(&answer).into();
        self.send(next(cursor, &answer::bytes(&answer))).await
    }

    /// Whether the client took it, or it waits in the queue.
    async fn send(&self, event: Bytes) -> bool {
        timeout(PATIENCE, self.sender.send(event)).await.is_ok_and(|sent| sent.is_ok())
    }
}

fn token_gone() -> Refused {
    let message = "The token of this stream has expired or was revoked.";
    Refused::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated, message)
}

fn next(cursor: Option<&str>, body: &[u8]) -> Bytes {
    let mut event = b"event: next\n".to_vec();
    if let Some(cursor) = cursor {
        event.extend_from_slice(format!("id: {cursor}\n").as_bytes());
    }
    event.extend_from_slice(b"data: ");
    // JSON as it is written here has no line breaks.
    event.extend_from_slice(body);
    event.extend_from_slice(b"\n\n");
    event.into()
}

/// Says, if it is new, up to which place all was told or was not wanted: a quiet filter would else be left so far
/// behind that its place expires. An event without data is none, but its id is noted; and a comment is nothing.
fn sign_of_life(looked: Option<String>) -> Bytes {
    match looked {
        Some(cursor) => format!("id: {cursor}\n\n").into(),
        None => Bytes::from_static(b":\n\n"),
    }
}

/// Has data, if none in it: clients pass over events without.
fn complete() -> Bytes {
    Bytes::from_static(b"event: complete\ndata:\n\n")
}

fn respond(body: Body, told: Told) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    // Proxies that gather an answer before they pass it on would hold back a stream.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.extensions_mut().insert(told);
    response
}
