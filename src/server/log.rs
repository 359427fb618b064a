//! Around each request: its id, its line in the log, and the headers that all answers have.

use super::Server;
use super::answer;
use super::connection::Peer;
use crate::graphql::RequestId;
use crate::wire::ErrorCode;
use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use rand::distr::{Alphanumeric, SampleString};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tracing::{Instrument as _, Span};

/// The longest path or name in a line, in characters.
const MAX_CHARS: usize = 200;

/// A new id, by chance.
pub fn new_id() -> RequestId {
    RequestId(Alphanumeric.sample_string(&mut rand::rng(), 16))
}

/// The span of a request or of a socket's operation: every line that is logged in it has the id. Its level is that of
/// errors, so that no filter that lets them through hides the id.
pub fn span(id: &RequestId) -> Span {
    tracing::error_span!("request", request_id = id.0)
}

/// Logs an internal error that a subscription is sent. What caused it was logged when it was read, which is done once for
/// all subscribers that share it.
pub fn log_shared_failure(answer: &Answer, id: &RequestId) {
    if answer::outcome(answer) == ErrorCode::Internal.word() {
        let _span = span(id).entered();
        tracing::error!("a subscription was sent an internal error; its cause was logged before, without a request id");
    }
}

/// What the log says of a request, put into its response by whoever knew.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub caller: Option<String>,
    pub operation: Option<String>,
    pub kind: Option<OperationType>,
    pub outcome: Option<String>,
    /// Whether it is answered by a stream, which is counted when it ends.
    pub streamed: bool,
}

impl Told {
    pub fn outcome(outcome: impl Into<String>) -> Told {
        Told { outcome: Some(outcome.into()), ..Told::default() }
    }
}

/// The address of the client: the peer's, or the one that a proxy reports. An extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

impl Client {
    fn of(server: &Server, peer: Peer, headers: &HeaderMap) -> Client {
        let forwarded = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
        Client(server.access.client(peer.0.ip(), forwarded))
    }
}

/// A text as a line may have it.
pub fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// How long ago an instant was, in milliseconds with three decimals.
pub fn milliseconds(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// Gives a request its id, and writes its line when it is answered. Queries, variables and tokens are not logged.
pub async fn each_request(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = new_id();
    let (method, path) = (request.method().clone(), cut(request.uri().path()).to_owned());
    let client = Client::of(&server, peer, request.headers());
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(client);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span(&id)).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding, Origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let told = response.extensions_mut().remove::<Told>().unwrap_or_default();
    if let Some(outcome) = told.outcome.as_ref().filter(|_| !told.streamed) {
        server.metrics.request(told.kind, outcome, began);
    }
    // Strangers write no log: what they look for in vain, and what comes too often, is not worth a line.
    let from_stranger = told.caller.is_none();
    let quiet = from_stranger && [StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS].contains(&response.status());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id = id.0,
                address = %client.0,
                %method,
                path,
                status = response.status().as_u16(),
                caller = told.caller,
                operation = told.operation.as_deref().map(cut),
                outcome = told.outcome,
                ms = milliseconds(began),
                "request"
            )
        };
    }
    if quiet {
        line!(debug);
    } else {
        line!(info);
    }
    response
}
