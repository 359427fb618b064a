//! What a request carries beside its document, and what is known of its answer beside the answer.

use super::query::Ahead;
use crate::domain::Caller;
use async_graphql::{Context, Request, Response};

/// The id of a request, as answers, logs and audit entries have it. Every request carries one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Adds to a request what the library's execution reads: its caller, its id, and the place for what is read before all
/// fields.
pub fn prepare(request: Request, caller: Caller, request_id: &str) -> Request {
    request.data(caller).data(RequestId(request_id.to_owned())).data(Ahead::default())
}

/// Marks the answer to a mutation whose input had problems.
const REFUSED: &str = "x-refused";

pub(super) fn mark_refused(ctx: &Context<'_>) {
    // A header of the library's answer: no transport sends it on.
    ctx.insert_http_header(REFUSED, "");
}

/// Whether a mutation was refused, which its payload tells in `userErrors`.
pub fn is_refused(answer: &Response) -> bool {
    answer.http_headers.contains_key(REFUSED)
}
