//! Queries and mutations are carried out within a time, and a bug in a resolver ends nothing but its own request.

use super::Server;
use super::answer::{Refused, panic_text};
use crate::domain::{Caller, duration};
use crate::gate::Prepared;
use crate::graphql::RequestId;
use crate::wire::ErrorCode;
use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::http::StatusCode;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::timeout;
use tracing::Instrument as _;

/// Carries out a request. A query ends with its deadline, or when nobody waits for it any more; a mutation has a task
/// of its own and is never cut short, since what it has begun has to reach its end.
pub async fn execute(
    server: &Server,
    prepared: Prepared,
    kind: OperationType,
    caller: Caller,
    id: &RequestId,
) -> Result<Response, Refused> {
    let work = server.engine.execute(prepared, caller, &id.0);
    let finished = if kind == OperationType::Mutation {
        let ended = timeout(server.limits.query_deadline, server.underway.spawn(work.in_current_span())).await;
        ended.map(|ended| ended.map_err(|failed| failed.to_string()))
    } else {
        // A task for each would cost a change of threads for each.
        let ended = timeout(server.limits.query_deadline, AssertUnwindSafe(work).catch_unwind()).await;
        ended.map(|ended| ended.map_err(|panic| panic_text(&*panic)))
    };
    match finished {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(failed)) => {
            tracing::error!(failed, "a request could not be carried out");
            Err(Refused::internal())
        }
        Err(_) => Err(too_late(kind, server.limits.query_deadline)),
    }
}

/// The refusal of what did not end in time. A query takes as long when it is sent again, so only a mutation, which goes
/// on, says after what time to ask.
fn too_late(kind: OperationType, deadline: Duration) -> Refused {
    let limit = format!("`query_deadline` is {}", duration::format(deadline));
    if kind == OperationType::Mutation {
        return Refused::unavailable(format!(
            "The mutation did not end in time: {limit}. Whether it took effect is not known. Send it again with the \
             same idempotency key."
        ));
    }
    let message = format!("The query did not end in time: {limit}. Ask for less at a time.");
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message)
}
