//! Queries and mutations are carried out within a time, and a bug in a resolver ends nothing but its own request.

use super::Server;
use super::answer::Refused;
use crate::domain::Caller;
use crate::graphql::RequestId;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use tokio::time::timeout;

/// Carries out a request. A query ends with its deadline, or when nobody waits for it any more; a mutation has a task
/// of its own and is never cut short, since what it has begun has to reach its end.
pub async fn execute(
    server: &Server,
    request: Request,
    kind: OperationType,
    caller: Caller,
    id: &RequestId,
) -> Result<Response, Refused> {
    let work = server.engine.execute(request, caller, &id.0);
    let finished = if kind == OperationType::Mutation {
        let ended = timeout(server.limits.query_deadline, server.underway.spawn(work)).await;
        ended.map(|ended| ended.map_err(|failed| failed.to_string()))
    } else {
        // A task for each would cost a change of threads for each.
        let ended = timeout(server.limits.query_deadline, AssertUnwindSafe(work).catch_unwind()).await;
        ended.map(|ended| ended.map_err(|panic| words(&*panic)))
    };
    match finished {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(failed)) => {
            tracing::error!(request_id = id.0, failed, "a request could not be carried out");
            Err(Refused::internal())
        }
        Err(_) if kind == OperationType::Mutation => Err(Refused::unavailable(
            "The mutation took longer than `query_deadline`, and whether it took effect is not known. Send it again with the same idempotency key.",
        )),
        Err(_) => Err(Refused::unavailable(
            "The query took longer than `query_deadline`. Ask for less at a time, or send it again later.",
        )),
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or_default().to_owned()
}
