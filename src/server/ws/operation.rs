//! One operation over a socket, from its document to its last message.

use super::super::answer::{self, Refused};
use super::super::log::new_id;
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
        let (began, id) = (Instant::now(), new_id());
        let task = Task { carrier: self, operation, id };
        // A bug in a resolver ends its operation, and the client is told.
        let (name, outcome) = match AssertUnwindSafe(task.run(asked)).catch_unwind().await {
            Ok(told) => told,
            Err(_) => (None, task.refuse(Refused::internal().answer()).await),
        };
        tracing::info!(
            request_id = task.id.0,
            transport = "websocket",
            caller = task.carrier.caller.name,
            operation = name,
            outcome,
            ms = began.elapsed().as_secs_f64() * 1000.0,
            "request"
        );
    }
}

struct Task {
    carrier: Arc<Carrier>,
    operation: Arc<Operation>,
    id: RequestId,
}

impl Task {
    /// Gives the operation's name, if its document has one, and its outcome.
    async fn run(&self, asked: Asked) -> (Option<String>, String) {
        let prepared = match asked.prepare() {
            Ok(prepared) => prepared,
            Err(error) => return (None, self.refuse(Answer::from_errors(vec![error])).await),
        };
        let name = prepared.name.clone().unwrap_or_else(|| prepared.kind.to_string());
        let outcome = match prepared.kind {
            OperationType::Subscription => self.stream(prepared).await,
            _ => self.once(prepared).await,
        };
        (Some(name), outcome)
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
        subscription::make_ready(&mut prepared, "");
        let Carrier { server, caller, .. } = &*self.carrier;
        let mut answers = server.engine.stream(prepared.request(), caller.clone(), &self.id.0);
        let mut outcome = None;
        while let Some(answer) = answers.next().await {
            if outcome.is_none() && never_began(&answer) {
                return self.refuse(answer).await;
            }
            outcome = Some(self.answer(answer).await);
        }
        self.complete().await;
        outcome.unwrap_or_else(|| "ok".to_owned())
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
