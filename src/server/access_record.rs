//! What the log has of one request.

use crate::graphql::RequestId;
use async_graphql::parser::types::OperationType;
use rand::distr::{Alphanumeric, SampleString};
use std::time::Instant;
use tracing::Span;

/// The longest path or name in a line, in characters.
const MAX_CHARS: usize = 200;

/// What a handler knows of its request, put into the extensions of the response.
#[derive(Clone, Debug, Default)]
pub struct AccessRecord {
    pub caller: Option<String>,
    pub operation: Option<String>,
    pub kind: Option<OperationType>,
    pub outcome: Option<String>,
    /// Whether the answer is a stream, which the metrics count when it ends.
    pub is_stream: bool,
}

impl AccessRecord {
    pub fn with_outcome(outcome: impl Into<String>) -> AccessRecord {
        AccessRecord { outcome: Some(outcome.into()), ..AccessRecord::default() }
    }
}

/// Returns a new random id.
pub fn new_id() -> RequestId {
    RequestId(Alphanumeric.sample_string(&mut rand::rng(), 16))
}

/// Returns the span of a request or of a socket's operation: every line that is logged in it has the id. Its level is
/// that of errors, so that no filter that lets them through hides the id.
pub fn span(id: &RequestId) -> Span {
    tracing::error_span!("request", request_id = id.0)
}

/// Returns the beginning of a text, as much as a line may have of it.
pub fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// Returns how long ago an instant was, in milliseconds with three decimals.
pub fn milliseconds_since(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0
}
