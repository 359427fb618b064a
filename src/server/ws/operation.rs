//! One operation over a socket, from its document to its last message.

use super::message;
use super::operation_record::{OperationRecord, SocketContext};
use super::operations::IdInUse;
use super::outbox::{OutboxSpace, Outgoing, OutgoingStream};
use super::subscription::{SocketSubscription, SubscriptionItem};
use crate::gate::PreparedRequest;
use crate::server::access_record::span;
use crate::server::answer::{self, OK, log_shared_failure};
use crate::server::execute;
use crate::server::limits::{CountedSubscription, Reservation};
use crate::server::refusal::Refusal;
use crate::server::request::RawRequest;
use crate::watch::{Body, Held, Message};
use crate::wire::{self, Response as Answer};
use async_graphql::ServerError;
use async_graphql::parser::types::OperationType;
use axum::extract::ws::Message as Frame;
use futures_util::stream::{self, AbortRegistration, Abortable, Stream};
use futures_util::{FutureExt, StreamExt};
use std::any::Any;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// Runs a request with the same checks and limits as over HTTP, and returns its messages. Until it is answered, or
/// until its subscription has begun, it runs in a task of its own and delays nothing else; the messages of a
/// subscription are made by the task that polls the stream.
pub fn run(
    context: Arc<SocketContext>,
    request: (RawRequest, Option<Reservation>),
    (in_use, stopped): (IdInUse, AbortRegistration),
) -> OutgoingStream {
    let operation = Box::new(SocketOperation::new(context, in_use));
    let span = span(&operation.record.id);
    let begun = AbortOnDropHandle::new(tokio::spawn(operation.begin(request).instrument(span)));
    let texts = stream::once(begun).filter_map(|begun| ready(begun.ok())).flat_map(SocketOperation::texts);
    let outgoing = texts.map(|(text, held)| (Outgoing::Message(Frame::Text(text.into())), OutboxSpace::from(held)));
    Abortable::new(outgoing, stopped).boxed()
}

struct SocketOperation {
    in_use: IdInUse,
    /// How the message of each answer begins.
    prefix: String,
    record: OperationRecord,
    stage: Stage,
    /// Whether a message of the subscription was sent.
    has_sent: bool,
    /// Counts the operation if it is a subscription.
    counted: Option<CountedSubscription>,
}

enum Stage {
    Subscribed(SocketSubscription),
    /// These messages are sent, and nothing more.
    Ending(std::vec::IntoIter<String>),
}

impl Stage {
    fn ending<const N: usize>(texts: [String; N]) -> Stage {
        Stage::Ending(Vec::from(texts).into_iter())
    }
}

impl SocketOperation {
    fn new(context: Arc<SocketContext>, in_use: IdInUse) -> SocketOperation {
        let prefix = message::next_prefix(in_use.id());
        SocketOperation {
            in_use,
            prefix,
            record: OperationRecord::new(context),
            stage: Stage::ending([]),
            has_sent: false,
            counted: None,
        }
    }

    async fn begin(
        mut self: Box<Self>,
        (request, reservation): (RawRequest, Option<Reservation>),
    ) -> Box<SocketOperation> {
        // A bug in a resolver ends only its own operation, with an error.
        let begun = AssertUnwindSafe(self.first_stage(request)).catch_unwind().await;
        self.stage = begun.unwrap_or_else(|panic| self.panicked(&*panic));
        drop(reservation);
        self
    }

    async fn first_stage(&mut self, request: RawRequest) -> Stage {
        let context = self.record.context.clone();
        let prepared = match request.prepare(context.server.engine.gate()) {
            Ok(prepared) => prepared,
            Err(errors) => return self.refusal(Answer::from_errors(errors)),
        };
        self.record.set_operation(prepared.kind, prepared.name.as_deref());
        if let Err(refusal) = self.in_use.set_kind(prepared.kind) {
            return self.refusal(refusal.answer());
        }
        match prepared.kind {
            OperationType::Subscription => self.subscribe(&context, prepared).await,
            _ => self.execute(&context, prepared).await,
        }
    }

    async fn execute(
        &mut self,
        SocketContext { server, caller, .. }: &SocketContext,
        prepared: PreparedRequest,
    ) -> Stage {
        let kind = prepared.kind;
        match execute::execute(server, prepared, kind, caller.clone(), &self.record.id).await {
            Ok(answer) if answer::has_begun(&answer) => {
                Stage::ending([self.answer(answer), message::complete(self.in_use.id())])
            }
            Ok(answer) => self.refusal(answer),
            Err(refusal) => self.refusal(refusal.answer()),
        }
    }

    async fn subscribe(
        &mut self,
        SocketContext { server, caller, .. }: &SocketContext,
        prepared: PreparedRequest,
    ) -> Stage {
        match server.subscriptions.admit(&caller.name) {
            Ok(counted) => self.counted = Some(counted),
            Err(refusal) => return self.refusal(refusal.answer()),
        }
        let messages = server.engine.subscribe(prepared.request(), caller.clone(), &self.record.id.0).await;
        self.record.begin_subscription();
        let check_interval = server.socket_timings.ping_interval;
        Stage::Subscribed(SocketSubscription::new(messages, server.queues.clone(), check_interval))
    }

    fn texts(self: Box<Self>) -> impl Stream<Item = (String, Option<Held>)> {
        stream::unfold(self, |mut operation| async move { Some((operation.next().await?, operation)) })
    }

    /// Returns the text of the next message, with the queued bytes that it holds if it is a large one of a
    /// subscription.
    async fn next(&mut self) -> Option<(String, Option<Held>)> {
        loop {
            let subscription = match &mut self.stage {
                Stage::Subscribed(subscription) => subscription,
                Stage::Ending(texts) => {
                    let text = texts.next()?;
                    if texts.len() == 0 {
                        // Before the client reads the last message: it may use the id again at once.
                        self.in_use.free();
                    }
                    return Some((text, None));
                }
            };
            self.stage = match AssertUnwindSafe(subscription.next()).catch_unwind().await {
                Ok(SubscriptionItem::Message(message, held)) => match self.render(&message) {
                    Ok(text) => return Some((text, held)),
                    Err(refusal) => refusal,
                },
                Ok(SubscriptionItem::Position(cursor)) => {
                    return Some((message::position(self.in_use.id(), &cursor), None));
                }
                Ok(SubscriptionItem::End) => Stage::ending([message::complete(self.in_use.id())]),
                Err(panic) => self.panicked(&*panic),
            };
        }
    }

    /// Returns the text of a message. If it says that the subscription has no stream, the operation ends instead.
    fn render(&mut self, message: &Message) -> Result<String, Stage> {
        let is_first = !std::mem::replace(&mut self.has_sent, true);
        match &message.body {
            Body::Written(body) => {
                self.record.outcome = OK.into();
                Ok(message::next(&self.prefix, body))
            }
            Body::Failed(failed) => {
                let answer = failed.clone();
                log_shared_failure(&answer, &self.record.id);
                match is_first && has_no_stream(&answer) {
                    true => Err(self.refusal(answer)),
                    false => Ok(self.answer(answer)),
                }
            }
        }
    }

    fn panicked(&mut self, panic: &(dyn Any + Send)) -> Stage {
        let _span = span(&self.record.id).entered();
        tracing::error!(panic = answer::panic_text(panic), "an operation over a socket panicked");
        self.refusal(Refusal::internal().answer())
    }

    fn answer(&mut self, mut answer: Answer) -> String {
        wire::complete(&mut answer, &self.record.id.0);
        self.record.outcome = answer::outcome(&answer).into();
        message::next(&self.prefix, &String::from_utf8_lossy(&wire::body(&answer)))
    }

    /// Ends the operation, which cannot begin, with the errors of this answer.
    fn refusal(&mut self, mut answer: Answer) -> Stage {
        wire::complete(&mut answer, &self.record.id.0);
        self.record.outcome = answer::outcome(&answer).into();
        Stage::ending([message::error(self.in_use.id(), &answer.errors)])
    }
}

/// Whether the first answer of a subscription says that it has no stream: its root field failed, and not a field of a
/// first event.
fn has_no_stream(answer: &Answer) -> bool {
    let at_root = |error: &ServerError| error.path.len() <= 1;
    answer.data.is_none() && !answer.errors.is_empty() && answer.errors.iter().all(at_root)
}
