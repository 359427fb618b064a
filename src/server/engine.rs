//! What carries out a request.

use async_graphql::{Executor, Request, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// A GraphQL schema with everything that it needs, whatever its types are.
pub trait Engine: Send + Sync + 'static {
    /// Carries out a query or a mutation.
    fn execute(&self, request: Request) -> BoxFuture<'static, Response>;

    /// Carries out a subscription; it ends when the stream is dropped.
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<E: Executor> Engine for E {
    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        async move { Executor::execute(&schema, request).await }.boxed()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request, None)
    }
}
