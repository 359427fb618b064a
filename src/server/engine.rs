//! What carries out a request.

use crate::app::App;
use crate::domain::Caller;
use crate::events::Tail;
use crate::graphql::{self, Documents, Schema};
use async_graphql::{Request, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// A schema with everything that it needs, whatever its types are.
pub trait Engine: Send + Sync + 'static {
    /// The documents that it keeps.
    fn documents(&self) -> &Documents;

    /// Carries out a query or a mutation of this caller, under this id.
    fn execute(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Response>;

    /// Carries out a subscription; it ends when the stream is dropped.
    fn stream(&self, request: Request, caller: Caller, id: &str) -> BoxStream<'static, Response>;
}

/// The API, and the events that its subscriptions tell.
pub struct Api {
    schema: Schema,
    documents: Documents,
    tail: Tail,
}

impl Api {
    pub fn new(app: App, tail: Tail) -> Api {
        let documents = Documents::default();
        Api { schema: graphql::schema(app, &documents), documents, tail }
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

    fn stream(&self, request: Request, caller: Caller, id: &str) -> BoxStream<'static, Response> {
        self.schema.execute_stream(graphql::prepare(request, caller, id).data(self.tail.clone()))
    }
}
