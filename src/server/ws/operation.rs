//! One operation over a socket, from its document to its last message.

use super::super::answer::{self, OK, Refused};
use super::super::log::new_id;
use super::super::metrics::{Metrics, Transport};
use super::super::request::{Asked, Prepared};
use super::super::{Server, execute, subscription};
use super::message as wire;
use super::operations::Operation;
use super::outbox::Outbox;
use crate::domain::Caller;
use crate::graphql::{Body, RequestId};
use crate::read;
use async_graphql::parser::types::OperationType;
use async_graphql::{Response as Answer, ServerError, Value};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::sleep;

/// Carries out operations for one caller and puts their answers into one outbox.
pub struct Carrier {
    pub server: Arc<Server>,
    pub caller: Caller,
    pub outbox: Outbox,
}

impl Carrier {
    /// Carries out what was asked: the same checks and limits as over HTTP.
    pub async fn carry_out(self: Arc<Self>, operation: Arc<Operation>, asked: Asked) {
        let id = new_id();
        let mut record = Record::new(&self, &id);
        let task = Task { carrier: self, operation, id };
        // A bug in a resolver ends its operation, and the client is told.
        if AssertUnwindSafe(task.run(asked, &mut record)).catch_unwind().await.is_err() {
            record.outcome = task.refuse(Refused::internal().answer()).await;
        }
    }
}

struct Task {
    carrier: Arc<Carrier>,
    operation: Arc<Operation>,
    id: RequestId,
}

impl Task {
    async fn run(&self, asked: Asked, record: &mut Record) {
        record.outcome = match asked.prepare(self.carrier.server.engine.documents()) {
            Ok(prepared) => {
                record.kind = Some(prepared.kind);
                record.name = Some(prepared.name.clone().unwrap_or_else(|| prepared.kind.to_string()));
                match prepared.kind {
                    OperationType::Subscription => self.stream(prepared).await,
                    // On the heap, so that the many that are subscriptions need no room for it.
                    _ => Box::pin(self.once(prepared)).await,
                }
            }
            Err(error) => self.refuse(Answer::from_errors(vec![error])).await,
        };
    }

    async fn once(&self, prepared: Prepared) -> String {
        let kind = prepared.kind;
        let Carrier { server, caller, .. } = &*self.carrier;
        match execute::execute(server, prepared.request(), kind, caller.clone(), &self.id).await {
            Ok(answer) if answer::began(&answer) => {
                let outcome = self.answer(answer).await;
                self.complete().await;
                outcome
            }
            Ok(answer) => self.refuse(answer).await,
            Err(refused) => self.refuse(refused.answer()).await,
        }
    }

    async fn stream(&self, mut prepared: Prepared) -> String {
        subscription::make_ready(&mut prepared);
        let Carrier { server, caller, .. } = &*self.carrier;
        let mut messages = server.engine.subscribe(prepared.request(), caller.clone(), &self.id.0).await;
        let mut subscriber = server.metrics.subscriber(Transport::Socket);
        let mut began = false;
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                () = sleep(server.timings.ping) => {
                    self.tell_place(messages.looked()).await;
                    continue;
                }
            };
            let Some(message) = message else { break };
            match &message.body {
                Body::Written(body) => {
                    self.next(body).await;
                    subscriber.outcome = OK.into();
                }
                Body::Failed(failed) => {
                    let answer = failed.response();
                    if !began && never_began(&answer) {
                        subscriber.outcome = self.refuse(answer).await.into();
                        return subscriber.outcome.to_string();
                    }
                    subscriber.outcome = self.answer(answer).await.into();
                }
            }
            began = true;
        }
        self.complete().await;
        subscriber.outcome.to_string()
    }

    async fn answer(&self, mut answer: Answer) -> String {
        read::complete(&mut answer, &self.id.0);
        self.next(&String::from_utf8_lossy(&read::body(&answer))).await;
        answer::outcome(&answer)
    }

    async fn next(&self, answer: &str) {
        self.carrier.outbox.answer(&self.operation, wire::next(&self.operation.id, answer), false).await;
    }

    /// Tells, if it is new, how far a quiet subscription has looked: its place would else be left so far behind that
    /// it expires. In line with the answers, since whoever goes on behind it must have got what is before it.
    async fn tell_place(&self, looked: Option<String>) {
        if let Some(cursor) = looked {
            let text = wire::looked(&self.operation.id, &cursor);
            self.carrier.outbox.answer(&self.operation, text, false).await;
        }
    }

    async fn complete(&self) {
        self.carrier.outbox.answer(&self.operation, wire::complete(&self.operation.id), true).await;
    }

    /// Tells that the operation could not begin; nothing follows.
    async fn refuse(&self, mut answer: Answer) -> String {
        read::complete(&mut answer, &self.id.0);
        let text = wire::error(&self.operation.id, &answer.errors);
        self.carrier.outbox.answer(&self.operation, text, true).await;
        answer::outcome(&answer)
    }
}

/// Whether a subscription's first answer tells that it has no stream: its root field failed, and not a field of a
/// first event.
fn never_began(answer: &Answer) -> bool {
    let at_root = |error: &ServerError| error.path.len() <= 1;
    answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(at_root)
}

/// Tells the log and the metrics of an operation when it ends, also when it is cut short.
struct Record {
    metrics: Metrics,
    caller: String,
    id: String,
    began: Instant,
    kind: Option<OperationType>,
    /// The operation's name, or its kind.
    name: Option<String>,
    outcome: String,
}

impl Record {
    fn new(carrier: &Carrier, id: &RequestId) -> Record {
        Record {
            metrics: carrier.server.metrics.clone(),
            caller: carrier.caller.name.clone(),
            id: id.0.clone(),
            began: Instant::now(),
            kind: None,
            name: None,
            outcome: OK.to_owned(),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // Its stream has counted a subscription.
        if self.kind != Some(OperationType::Subscription) {
            self.metrics.request(self.kind, &self.outcome, self.began);
        }
        tracing::info!(
            request_id = self.id,
            transport = "websocket",
            caller = self.caller,
            operation = self.name,
            outcome = self.outcome,
            ms = self.began.elapsed().as_secs_f64() * 1000.0,
            "request"
        );
    }
}
