//! Around each request: its id, its line in the log, and the headers that all answers have.

use super::Server;
use crate::graphql::RequestId;
use async_graphql::parser::types::OperationType;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use rand::distr::{Alphanumeric, SampleString};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// A new id, by chance.
pub fn new_id() -> RequestId {
    RequestId(Alphanumeric.sample_string(&mut rand::rng(), 16))
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

/// The address of the client, an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

/// Gives a request its id, and writes its line when it is answered. Queries, variables and tokens are not logged.
pub async fn each_request(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = new_id();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(Client(peer.ip()));
    let began = Instant::now();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    let told = response.extensions_mut().remove::<Told>().unwrap_or_default();
    if let Some(outcome) = told.outcome.as_ref().filter(|_| !told.streamed) {
        server.metrics.request(told.kind, outcome, began);
    }
    tracing::info!(
        request_id = id.0,
        %method,
        path,
        status = response.status().as_u16(),
        caller = told.caller,
        operation = told.operation,
        outcome = told.outcome,
        ms = began.elapsed().as_secs_f64() * 1000.0,
        "request"
    );
    response
}
