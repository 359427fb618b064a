//! What carries out a request.

use crate::app::App;
use crate::domain::Caller;
use crate::graphql::{self, Documents, Groups, Messages, Schema};
use async_graphql::{Request, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// A schema with everything that it needs, whatever its types are.
pub trait Engine: Send + Sync + 'static {
    /// The documents that it keeps.
    fn documents(&self) -> &Documents;

    /// Carries out a query or a mutation of this caller, under this id.
    fn execute(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Response>;

    /// Begins a subscription; it ends when its messages are dropped.
    fn subscribe(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Messages>;
}

/// The API, and those who are subscribed to it.
pub struct Api {
    schema: Schema,
    documents: Documents,
    groups: Groups,
}

impl Api {
    pub fn new(app: App, groups: Groups) -> Api {
        let documents = Documents::default();
        Api { schema: graphql::schema(app, &documents), documents, groups }
    }
}

impl Engine for Api {
    fn documents(&self) -> &Documents {
        &self.documents
    }

    fn execute(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Response> {
        let (schema, request) = (self.schema.clone(), graphql::prepare(request, caller, id));
        async move { schema.execute(request).await }.boxed()
    }

    fn subscribe(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Messages> {
        let (schema, groups, request) =
            (self.schema.clone(), self.groups.clone(), graphql::prepare(request, caller, id));
        async move { graphql::subscribe(&schema, request, &groups).await }.boxed()
    }
}
