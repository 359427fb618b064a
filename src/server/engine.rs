//! What carries out a request.

use crate::app::App;
use crate::change::Denials;
use crate::domain::Caller;
use crate::gate::{Gate, PreparedRequest};
use crate::graphql::ExecutableSchema;
use crate::watch::{Groups, Messages};
use crate::wire::Response;
use async_graphql::Request;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// A schema with everything that it needs, whatever its types are.
pub trait Engine: Send + Sync + 'static {
    /// What every request passes before it is carried out.
    fn gate(&self) -> &Gate;

    /// Carries out a query or a mutation of this caller, under this id.
    fn execute(&self, prepared: PreparedRequest, caller: Caller, id: &str) -> BoxFuture<'static, Response>;

    /// Begins a subscription; it ends when its messages are dropped.
    fn subscribe(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Messages>;
}

/// The API, and those who are subscribed to it.
pub struct Api {
    schema: ExecutableSchema,
    gate: Gate,
    groups: Groups,
}

impl Api {
    /// The API over these parts of a server, behind this gate.
    pub fn new(app: App, groups: Groups, gate: Gate, denials: Denials) -> Api {
        Api { schema: ExecutableSchema::new(app, denials), gate, groups }
    }
}

impl Engine for Api {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn execute(&self, prepared: PreparedRequest, caller: Caller, id: &str) -> BoxFuture<'static, Response> {
        prepared.execute(&self.schema, caller, id)
    }

    fn subscribe(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Messages> {
        let (schema, groups, id) = (self.schema.clone(), self.groups.clone(), id.to_owned());
        async move { schema.subscribe(request, caller, &id, &groups).await }.boxed()
    }
}
