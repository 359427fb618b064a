//! One operation over a socket, from its document to its last message.

use super::super::answer::{self, OK, Refused};
use super::super::log::{log_shared_failure, span};
use super::super::request::Asked;
use super::super::subscribers::Subscribed;
use super::super::waiting;
use super::super::{Server, execute};
use super::message;
use super::operations::InUse;
use super::outbox::{Outgoing, Room, Source};
use super::record::Record;
use super::watching::{Heard, Watching};
use crate::domain::Caller;
use crate::gate::Prepared;
use crate::watch::{Body, Held, Message};
use crate::wire;
use async_graphql::parser::types::OperationType;
use async_graphql::{Response as Answer, ServerError, Value};
use axum::extract::ws::Message as Frame;
use futures_util::stream::{self, AbortRegistration, Abortable, Stream};
use futures_util::{FutureExt, StreamExt};
use std::any::Any;
use std::future::ready;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// Whose operations they are, and who carries them out.
pub struct Carrier {
    pub server: Arc<Server>,
    pub caller: Caller,
    /// The address of the client.
    pub address: IpAddr,
}

/// Carries out what was asked: the same checks and limits as over HTTP. A subscription is followed by whoever takes what
/// is said. Until then, or until there is an answer, it is carried out in a task of its own, and holds up nobody.
pub fn carry_out(
    carrier: Arc<Carrier>,
    asked: (Asked, Option<waiting::Room>),
    (in_use, stopped): (InUse, AbortRegistration),
) -> Source {
    let operation = Box::new(Operation::new(carrier, in_use));
    let span = span(&operation.record.id);
    let began = AbortOnDropHandle::new(tokio::spawn(operation.begin(asked).instrument(span)));
    let saying = stream::once(began).filter_map(|began| ready(began.ok())).flat_map(Operation::saying);
    let outgoing = saying.map(|(text, held)| (Outgoing::Message(Frame::Text(text.into())), Room::from(held)));
    Abortable::new(outgoing, stopped).boxed()
}

struct Operation {
    in_use: InUse,
    /// How each of its answers begins.
    head: String,
    record: Record,
    stage: Stage,
    /// Whether a message of a subscription was told.
    told: bool,
    /// Counts it, if it is a subscription.
    subscribed: Option<Subscribed>,
}

enum Stage {
    Watching(Watching),
    /// This is said, and nothing more.
    Ending(std::vec::IntoIter<String>),
}

impl Stage {
    fn ending<const MANY: usize>(texts: [String; MANY]) -> Stage {
        Stage::Ending(Vec::from(texts).into_iter())
    }
}

impl Operation {
    fn new(carrier: Arc<Carrier>, in_use: InUse) -> Operation {
        let head = message::head_of_next(in_use.id());
        Operation {
            in_use,
            head,
            record: Record::new(carrier),
            stage: Stage::ending([]),
            told: false,
            subscribed: None,
        }
    }

    async fn begin(mut self: Box<Self>, (asked, room): (Asked, Option<waiting::Room>)) -> Box<Operation> {
        // A bug in a resolver ends its operation, and the client is told.
        let begun = AssertUnwindSafe(self.begun(asked)).catch_unwind().await;
        self.stage = begun.unwrap_or_else(|panic| self.panicked(&*panic));
        drop(room);
        self
    }

    async fn begun(&mut self, asked: Asked) -> Stage {
        let carrier = self.record.carrier.clone();
        let prepared = match asked.prepare(carrier.server.engine.gate()) {
            Ok(prepared) => prepared,
            Err(errors) => return self.refusal(Answer::from_errors(errors)),
        };
        self.record.known(prepared.kind, prepared.name.as_deref());
        if let Err(refused) = self.in_use.count(prepared.kind) {
            return self.refusal(refused.answer());
        }
        match prepared.kind {
            OperationType::Subscription => self.subscribe(&carrier, prepared).await,
            _ => self.answered(&carrier, prepared).await,
        }
    }

    async fn answered(&mut self, Carrier { server, caller, .. }: &Carrier, prepared: Prepared) -> Stage {
        let kind = prepared.kind;
        match execute::execute(server, prepared, kind, caller.clone(), &self.record.id).await {
            Ok(answer) if answer::began(&answer) => {
                Stage::ending([self.answer(answer), message::complete(self.in_use.id())])
            }
            Ok(answer) => self.refusal(answer),
            Err(refused) => self.refusal(refused.answer()),
        }
    }

    async fn subscribe(&mut self, Carrier { server, caller, .. }: &Carrier, prepared: Prepared) -> Stage {
        match server.subscribers.admit(&caller.name, server.limits.subscriptions_per_caller) {
            Ok(subscribed) => self.subscribed = Some(subscribed),
            Err(refused) => return self.refusal(refused.answer()),
        }
        let messages = server.engine.subscribe(prepared.request(), caller.clone(), &self.record.id.0).await;
        self.record.subscribed();
        Stage::Watching(Watching::new(messages, server.queues.clone(), server.timings.ping))
    }

    fn saying(self: Box<Self>) -> impl Stream<Item = (String, Option<Held>)> {
        stream::unfold(self, |mut operation| async move { Some((operation.next().await?, operation)) })
    }

    /// The next text, and the room that it takes if it is a large message of a subscription.
    async fn next(&mut self) -> Option<(String, Option<Held>)> {
        loop {
            let watching = match &mut self.stage {
                Stage::Watching(watching) => watching,
                Stage::Ending(texts) => {
                    let text = texts.next()?;
                    if texts.len() == 0 {
                        // Before the client can know: it may use the id again at once.
                        self.in_use.free();
                    }
                    return Some((text, None));
                }
            };
            self.stage = match AssertUnwindSafe(watching.next()).catch_unwind().await {
                Ok(Heard::Message(message, held)) => match self.told(&message) {
                    Ok(text) => return Some((text, held)),
                    Err(refusal) => refusal,
                },
                Ok(Heard::Place(cursor)) => return Some((message::looked(self.in_use.id(), &cursor), None)),
                Ok(Heard::Over) => Stage::ending([message::complete(self.in_use.id())]),
                Err(panic) => self.panicked(&*panic),
            };
        }
    }

    /// A message as it is said; or, if it tells that there is nothing to follow, what is said instead.
    fn told(&mut self, message: &Message) -> Result<String, Stage> {
        let first = !std::mem::replace(&mut self.told, true);
        match &message.body {
            Body::Written(body) => {
                self.record.outcome = OK.into();
                Ok(message::next(&self.head, body))
            }
            Body::Failed(failed) => {
                let answer = failed.response();
                log_shared_failure(&answer, &self.record.id);
                match first && never_began(&answer) {
                    true => Err(self.refusal(answer)),
                    false => Ok(self.answer(answer)),
                }
            }
        }
    }

    fn panicked(&mut self, panic: &(dyn Any + Send)) -> Stage {
        let _span = span(&self.record.id).entered();
        tracing::error!(panic = answer::panic_text(panic), "an operation of a socket panicked");
        self.refusal(Refused::internal().answer())
    }

    fn answer(&mut self, mut answer: Answer) -> String {
        wire::complete(&mut answer, &self.record.id.0);
        self.record.outcome = answer::outcome(&answer).into();
        message::next(&self.head, &String::from_utf8_lossy(&wire::body(&answer)))
    }

    /// Tells that the operation could not begin; nothing follows.
    fn refusal(&mut self, mut answer: Answer) -> Stage {
        wire::complete(&mut answer, &self.record.id.0);
        self.record.outcome = answer::outcome(&answer).into();
        Stage::ending([message::error(self.in_use.id(), &answer.errors)])
    }
}

/// Whether a subscription's first answer tells that it has no stream: its root field failed, and not a field of a
/// first event.
fn never_began(answer: &Answer) -> bool {
    let at_root = |error: &ServerError| error.path.len() <= 1;
    answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(at_root)
}
