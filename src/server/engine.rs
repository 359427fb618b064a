//! What carries out a request.

use crate::domain::Caller;
use crate::events::{Filter, Tail};
use crate::graphql::{self, EventSource, Schema};
use crate::read::{ApiError, ErrorCode, Given};
use crate::store::events::Event;
use async_graphql::{Request, Response};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use std::sync::Arc;

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
        let source: Arc<dyn EventSource> = Arc::new(self.tail.clone());
        self.schema.execute_stream(graphql::prepare(request, caller, id).data(source))
    }
}

impl EventSource for Tail {
    fn instance_events(&self, filter: Filter, after: i64) -> BoxStream<'static, Result<graphql::Batch, ApiError>> {
        let batches = self.follow(after).filter_map(move |batch| {
            let wanted = batch.map(|events| -> graphql::Batch {
                let wanted = events.iter().filter(|event| filter.matches(event));
                wanted.map(|event| (event.position, row(event))).collect()
            });
            let told = match wanted {
                Ok(wanted) if wanted.is_empty() => None,
                Ok(wanted) => Some(Ok(wanted)),
                Err(_) => Some(Err(expired())),
            };
            std::future::ready(told)
        });
        batches.boxed()
    }
}

fn expired() -> ApiError {
    let message =
        "Events behind this place are no longer kept. Read what there is now, and go on from its `eventCursor`.";
    ApiError::new(ErrorCode::CursorExpired, message)
}

/// An event of an instance, its values named like the columns of the table.
fn row(event: &Event) -> Given {
    Given::new()
        .int("position", event.position)
        .text("kind", event.kind.clone())
        .time("at", event.at)
        .text("caused_by", event.caused_by.clone())
        .int("service_id", event.service_id)
        .text("service_name", event.service_name.clone())
        .int("instance_id", event.instance_id)
        .int("host_id", event.host_id)
        .text("hostname", event.hostname.clone())
        .int("release_id", event.release_id)
        .int("target_id", event.target_id)
        .int("version_id", event.version_id)
        .int("previous_version_id", event.previous_version_id)
        .int("hold_id", event.hold_id)
        .int("revision", event.revision)
        .text("previous_status", event.previous_status.clone())
        .text("status", event.status.clone())
        .truth("locked", event.locked)
}
