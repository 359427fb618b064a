//! One operation over a socket, from its document to its last message.

use super::super::answer::{self, Refused};
use super::super::log::new_id;
use super::super::metrics::{Metrics, Transport};
use super::super::request::{Asked, Prepared};
use super::super::{Server, execute, subscription};
use super::message as wire;
use super::operations::Operation;
use super::outbox::Outbox;
use crate::domain::Caller;
use crate::graphql::{RequestId, message};
use crate::read;
use async_graphql::parser::types::OperationType;
use async_graphql::{Response as Answer, ServerError, Value};
use futures_util::{FutureExt, StreamExt};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// Carries out operations for one caller and puts their answers into one outbox.
pub struct Carrier {
    pub server: Server,
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
                    _ => self.once(prepared).await,
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
        let mut answers = server.engine.stream(prepared.request(), caller.clone(), &self.id.0);
        let mut subscriber = server.metrics.subscriber(Transport::Socket);
        let mut began = false;
        while let Some(answer) = answers.next().await {
            if !began && never_began(&answer) {
                subscriber.outcome = self.refuse(answer).await;
                return subscriber.outcome.clone();
            }
            began = true;
            subscriber.outcome = self.answer(answer).await;
        }
        self.complete().await;
        subscriber.outcome.clone()
    }

    async fn answer(&self, mut answer: Answer) -> String {
        read::complete(&mut answer, &self.id.0);
        let outcome = answer::outcome(&answer);
        let text = wire::next(&self.operation.id, &message(answer).body);
        self.carrier.outbox.answer(&self.operation, text, false).await;
        outcome
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
            outcome: "ok".to_owned(),
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
