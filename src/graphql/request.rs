//! What a request carries beside its document.

use super::query::Ahead;
use crate::app::App;
use crate::domain::Caller;
use crate::read::{Document, Reader};
use crate::wire::{ApiError, ErrorCode};
use async_graphql::{Context, Request};

/// The id of a request, as answers, logs and audit entries have it. Every request carries one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Adds to a request what its execution reads: its caller, its id, and the place for what is read before all fields.
pub fn prepare(request: Request, caller: Caller, request_id: &str) -> Request {
    request.data(caller).data(RequestId(request_id.to_owned())).data(Ahead::default())
}

/// The caller of a request.
pub(super) fn caller<'a>(ctx: &Context<'a>) -> Result<&'a Caller, ApiError> {
    let message = "Not authenticated. Send a token: `Authorization: Bearer TOKEN`.";
    ctx.data_opt().ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated, message))
}

/// The parts of the server.
pub(super) fn app<'a>(ctx: &Context<'a>) -> Result<&'a App, ApiError> {
    ctx.data_opt().ok_or_else(ApiError::internal)
}

/// What a field of the request is planned with.
pub(super) fn reader<'a>(ctx: &Context<'a>) -> Result<Reader<'a>, ApiError> {
    Ok(Reader { document: Document::of(ctx), app: app(ctx)?, caller: caller(ctx)? })
}
