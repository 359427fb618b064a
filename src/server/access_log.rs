//! Around each request: its id, its line in the log, and the headers that all responses have.

use super::access_record::{AccessRecord, cut, milliseconds_since, new_id, span};
use super::connection::Peer;
use super::state::Server;
use crate::net::Access;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;

/// The address of the client: the peer's, or the one that a proxy reports. An extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    fn of(access: &Access, peer: Peer, headers: &HeaderMap) -> ClientAddress {
        let forwarded = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
        ClientAddress(access.client(peer.0.ip(), forwarded))
    }
}

/// Gives a request its id, and logs its line when it is answered. Queries, variables and tokens are not logged.
pub async fn log_request(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = new_id();
    let (method, path) = (request.method().clone(), cut(request.uri().path()).to_owned());
    let address = ClientAddress::of(&server.access, peer, request.headers());
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(address);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span(&id)).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding, Origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let record = response.extensions_mut().remove::<AccessRecord>().unwrap_or_default();
    if let Some(outcome) = record.outcome.as_ref().filter(|_| !record.is_stream) {
        server.metrics.request(record.kind, outcome, began);
    }
    // Without a token, nobody can fill the log: neither with paths that do not exist nor by sending too many requests.
    let is_quiet =
        record.caller.is_none() && [StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS].contains(&response.status());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id = id.0,
                address = %address.0,
                %method,
                path,
                status = response.status().as_u16(),
                caller = record.caller,
                operation = record.operation.as_deref().map(cut),
                outcome = record.outcome,
                ms = milliseconds_since(began),
                "request"
            )
        };
    }
    if is_quiet {
        line!(debug);
    } else {
        line!(info);
    }
    response
}
