//! Answers to operations, whatever the transport: their outcome and their bytes.

use super::access_record::span;
use crate::graphql::RequestId;
use crate::wire::{self, ErrorCode, Response as Answer};
use async_graphql::Value;
use std::any::Any;

/// The outcome of an answer without errors.
pub const OK: &str = "ok";

/// The outcome of a mutation whose input had problems.
const REFUSED: &str = "refused";

/// Returns the code of the first error; without errors, [`REFUSED`] for a mutation that has user errors, and [`OK`] for
/// everything else.
pub fn outcome(answer: &Answer) -> String {
    match answer.errors.first().and_then(|error| error.extensions.as_ref()?.get("code")) {
        Some(Value::String(code)) => code.clone(),
        Some(Value::Enum(code)) => code.to_string(),
        _ if answer.refused => REFUSED.to_owned(),
        _ => OK.to_owned(),
    }
}

/// Whether execution began. If it did not, there is no data at all, and no error has a path.
pub fn has_begun(answer: &Answer) -> bool {
    answer.data.is_some() || answer.errors.iter().any(|error| !error.path.is_empty())
}

/// Returns an answer as JSON, without `data` if execution never began.
pub fn bytes(answer: &Answer) -> Vec<u8> {
    match has_begun(answer) {
        true => wire::body(answer),
        false => serde_json::json!({ "errors": answer.errors }).to_string().into_bytes(),
    }
}

/// Logs an internal error that a subscription is sent. Its cause was logged when it was read, once for all subscribers
/// that share the reading.
pub fn log_shared_failure(answer: &Answer, id: &RequestId) {
    if outcome(answer) == ErrorCode::Internal.word() {
        let _span = span(id).entered();
        tracing::error!("a subscription was sent an internal error; its cause was logged before, without a request id");
    }
}

/// Returns the message of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or_default().to_owned()
}
