//! What the log and the metrics are told of an operation.

use super::super::answer::OK;
use super::super::log::{cut, milliseconds, new_id};
use super::super::metrics::{Subscriber, Transport};
use super::operation::Carrier;
use crate::graphql::RequestId;
use async_graphql::parser::types::OperationType;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

/// Tells the log and the metrics of an operation when it ends, also when it is cut short.
pub struct Record {
    pub carrier: Arc<Carrier>,
    pub id: RequestId,
    pub outcome: Cow<'static, str>,
    began: Instant,
    kind: Option<OperationType>,
    /// The operation's name, or its kind.
    name: Option<String>,
    /// It counts a subscription that has begun.
    subscriber: Option<Subscriber>,
}

impl Record {
    pub fn new(carrier: Arc<Carrier>) -> Record {
        let (id, began) = (new_id(), Instant::now());
        Record { carrier, id, outcome: OK.into(), began, kind: None, name: None, subscriber: None }
    }

    /// Notes what is carried out.
    pub fn known(&mut self, kind: OperationType, name: Option<&str>) {
        self.kind = Some(kind);
        self.name = Some(name.map_or_else(|| kind.to_string(), str::to_owned));
    }

    /// Notes that somebody is subscribed from now on.
    pub fn subscribed(&mut self) {
        self.subscriber = Some(self.carrier.server.metrics.subscriber(Transport::Socket));
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        match self.subscriber.take() {
            Some(mut subscriber) => subscriber.outcome.clone_from(&self.outcome),
            None => self.carrier.server.metrics.request(self.kind, &self.outcome, self.began),
        }
        tracing::info!(
            request_id = self.id.0,
            address = %self.carrier.address,
            transport = "websocket",
            caller = self.carrier.caller.name,
            operation = self.name.as_deref().map(cut),
            outcome = &*self.outcome,
            ms = milliseconds(self.began),
            "request"
        );
    }
}
