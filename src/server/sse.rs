//! Server-sent events, by the protocol `graphql-sse` in its mode of distinct connections: `next` for each answer,
//! with its cursor as the id, and `complete` at the end.

use super::Server;
use super::answer::{self, Refused};
use super::log::{RequestId, Told};
use crate::auth::{FRESH, Secret};
use async_graphql::{Response as Answer, Value};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_stream::wrappers::ReceiverStream;

/// How often something is sent, that a dead connection be noticed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(12);
/// Answers that wait for a slow client.
const QUEUE: usize = 64;
/// How long a client may take none of them. It is then let go, and comes back with its cursor.
const PATIENCE: Duration = Duration::from_secs(30);

/// One answer as a stream.
pub fn once(mut answer: Answer, id: &RequestId) -> Response {
    answer::mark(&mut answer, id);
    let told = Told::outcome(answer::outcome(&answer));
    respond(stream::iter([next(&answer), complete()]), told)
}

/// A subscription's answers, until it ends, the token does not count any more, the client is gone or too slow, or
/// the server closes. Only in the first two cases is the stream completed: in the others, the client comes back.
pub fn stream(server: &Server, answers: BoxStream<'static, Answer>, secret: Secret, id: &RequestId) -> Response {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let pump = Pump { server: server.clone(), sender, secret, id: id.clone() };
    tokio::spawn(pump.run(answers));
    respond(ReceiverStream::new(receiver), Told::outcome("ok"))
}

struct Pump {
    server: Server,
    sender: mpsc::Sender<Event>,
    secret: Secret,
    id: RequestId,
}

impl Pump {
    async fn run(self, mut answers: BoxStream<'static, Answer>) {
        let mut recheck = interval(FRESH);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let answer = tokio::select! {
                biased;
                () = self.sender.closed() => return,
                () = self.server.closing.cancelled() => return,
                _ = recheck.tick() => match self.still_counts().await {
                    true => continue,
                    false => Err(()),
                },
                answer = answers.next() => Ok(answer),
            };
            let sent = match answer {
                Ok(Some(answer)) => self.send_answer(answer).await,
                Ok(None) => self.send(complete()).await && false,
                Err(()) => self.send_answer(token_gone().answer()).await && self.send(complete()).await && false,
            };
            if !sent {
                return;
            }
        }
    }

    /// Whether the token still counts. A database that is away ends no stream.
    async fn still_counts(&self) -> bool {
        !matches!(self.server.tokens.caller(&self.secret).await, Ok(None))
    }

    async fn send_answer(&self, mut answer: Answer) -> bool {
        answer::mark(&mut answer, &self.id);
        self.send(next(&answer)).await
    }

    /// Whether the client took it, or it waits in the queue.
    async fn send(&self, event: Event) -> bool {
        timeout(PATIENCE, self.sender.send(event)).await.is_ok_and(|sent| sent.is_ok())
    }
}

fn token_gone() -> Refused {
    let message = "The token of this stream has expired or was revoked.";
    Refused::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}

fn next(answer: &Answer) -> Event {
    let text = String::from_utf8(answer::bytes(answer)).unwrap_or_default();
    let event = Event::default().event("next").data(text);
    match answer.extensions.get("cursor") {
        Some(Value::String(cursor)) => event.id(cursor),
        _ => event,
    }
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}

fn respond(events: impl Stream<Item = Event> + Send + 'static, told: Told) -> Response {
    let keep_alive = KeepAlive::new().interval(SIGN_OF_LIFE);
    let mut response = Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(keep_alive).into_response();
    // Proxies that gather an answer before they pass it on would hold back a stream.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.extensions_mut().insert(told);
    response
}
