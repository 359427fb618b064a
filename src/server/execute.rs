//! Queries and mutations are executed within a deadline, and a bug in a resolver ends only its own request.

use super::answer::panic_text;
use super::refusal::Refusal;
use super::state::Server;
use crate::domain::{Caller, duration};
use crate::gate::PreparedRequest;
use crate::graphql::RequestId;
use crate::wire::{ErrorCode, Response};
use async_graphql::parser::types::OperationType;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::timeout;
use tracing::Instrument as _;

/// Executes a request. A query ends at its deadline, or when nobody waits for it any more; a mutation has a task of its
/// own and is never cut short, since what it has begun must be completed.
pub async fn execute(
    server: &Server,
    prepared: PreparedRequest,
    kind: OperationType,
    caller: Caller,
    id: &RequestId,
) -> Result<Response, Refusal> {
    let work = server.engine.execute(prepared, caller, &id.0);
    let finished = if kind == OperationType::Mutation {
        let ended = timeout(server.limits.query_deadline, server.tasks.spawn(work.in_current_span())).await;
        ended.map(|ended| ended.map_err(|error| error.to_string()))
    } else {
        // A task for each query would cost a change of threads for each.
        let ended = timeout(server.limits.query_deadline, AssertUnwindSafe(work).catch_unwind()).await;
        ended.map(|ended| ended.map_err(|panic| panic_text(&*panic)))
    };
    match finished {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(panic)) => {
            tracing::error!(panic, "executing a request panicked");
            Err(Refusal::internal())
        }
        Err(_) => Err(deadline_exceeded(kind, server.limits.query_deadline)),
    }
}

/// Refuses a request that did not end in time. A query would take as long again, so only for a mutation, which goes on,
/// does the refusal say when to retry.
fn deadline_exceeded(kind: OperationType, deadline: Duration) -> Refusal {
    let limit = format!("`query_deadline` is {}", duration::format(deadline));
    match kind {
        OperationType::Mutation => Refusal::unavailable(format!(
            "The mutation did not end in time: {limit}. It may still take effect. Send it again with the same \
             idempotency key to learn its result."
        )),
        _ => Refusal::new(
            ErrorCode::Unavailable,
            format!("The query did not end in time: {limit}. Request fewer fields or smaller pages."),
        ),
    }
}
