//! Queries and mutations are carried out in a task of their own, within a time.

use super::Server;
use super::answer::Refused;
use crate::domain::Caller;
use crate::graphql::RequestId;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use tokio_util::task::AbortOnDropHandle;

/// Carries out a request. A query ends with its deadline, or when nobody waits for it any more; a mutation is
/// never cut short, since what it has begun has to reach its end.
pub async fn execute(
    server: &Server,
    request: Request,
    kind: OperationType,
    caller: Caller,
    id: &RequestId,
) -> Result<Response, Refused> {
    let task = server.underway.spawn(server.engine.execute(request, caller, &id.0));
    let finished = match kind {
        OperationType::Mutation => tokio::time::timeout(server.deadline, task).await,
        _ => tokio::time::timeout(server.deadline, AbortOnDropHandle::new(task)).await,
    };
    match finished {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(failed)) => {
            tracing::error!(request_id = id.0, %failed, "a request could not be carried out");
            Err(Refused::internal())
        }
        Err(_) if kind == OperationType::Mutation => Err(Refused::unavailable(
            "This took too long to wait for, and whether it took effect is not known. Ask again with the same idempotency key.",
        )),
        Err(_) => Err(Refused::unavailable("This took too long. Ask for less at a time, or again later.")),
    }
}
