//! What carries out a request.

use crate::domain::Caller;
use crate::events::Tail;
use crate::graphql::{self, Schema};
use async_graphql::{Request, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// A schema with everything that it needs, whatever its types are.
pub trait Engine: Send + Sync + 'static {
    /// Carries out a query or a mutation of this caller, under this id.
    fn execute(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Response>;

    /// Carries out a subscription; it ends when the stream is dropped.
    fn stream(&self, request: Request, caller: Caller, id: &str) -> BoxStream<'static, Response>;
}

/// The API, and the events that its subscriptions tell.
pub struct Api {
    pub schema: Schema,
    pub tail: Tail,
}

impl Engine for Api {
    fn execute(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Response> {
        let (schema, request) = (self.schema.clone(), graphql::prepare(request, caller, id));
        async move { schema.execute(request).await }.boxed()
    }

    fn stream(&self, request: Request, caller: Caller, id: &str) -> BoxStream<'static, Response> {
        self.schema.execute_stream(graphql::prepare(request, caller, id).data(self.tail.clone()))
    }
}
