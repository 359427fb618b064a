//! What the log and the metrics have of an operation over a socket.

use crate::domain::Caller;
use crate::graphql::RequestId;
use crate::server::access_record::{cut, milliseconds_since, new_id};
use crate::server::answer::OK;
use crate::server::metrics::{ActiveSubscription, Transport};
use crate::server::state::Server;
use async_graphql::parser::types::OperationType;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// The caller of a socket, for all of its operations.
pub struct SocketContext {
    pub server: Arc<Server>,
    pub caller: Caller,
    /// The address of the client.
    pub address: IpAddr,
}

/// Logs and counts an operation when it is dropped, be it that the operation has ended or was stopped.
pub struct OperationRecord {
    pub context: Arc<SocketContext>,
    pub id: RequestId,
    pub outcome: Cow<'static, str>,
    began: Instant,
    kind: Option<OperationType>,
    /// The operation's name, or its kind.
    name: Option<String>,
    /// Counts the operation if it is a subscription that has begun.
    active: Option<ActiveSubscription>,
}

impl OperationRecord {
    pub fn new(context: Arc<SocketContext>) -> OperationRecord {
        let (id, began) = (new_id(), Instant::now());
        OperationRecord { context, id, outcome: OK.into(), began, kind: None, name: None, active: None }
    }

    /// Sets which operation it is.
    pub fn set_operation(&mut self, kind: OperationType, name: Option<&str>) {
        self.kind = Some(kind);
        self.name = Some(name.map_or_else(|| kind.to_string(), str::to_owned));
    }

    /// Counts the operation as a subscription from now on.
    pub fn begin_subscription(&mut self) {
        self.active = Some(self.context.server.metrics.subscription(Transport::WebSocket));
    }
}

impl Drop for OperationRecord {
    fn drop(&mut self) {
        match self.active.take() {
            Some(mut active) => active.outcome.clone_from(&self.outcome),
            None => self.context.server.metrics.request(self.kind, &self.outcome, self.began),
        }
        tracing::info!(
            request_id = self.id.0,
            address = %self.context.address,
            transport = "websocket",
            caller = self.context.caller.name,
            operation = self.name.as_deref().map(cut),
            outcome = &*self.outcome,
            ms = milliseconds_since(self.began),
            "request"
        );
    }
}
