//! Pages of other origins: those that `[server] origins` lists may use the API, and no others. Written here rather than
//! taken from tower-http, which answers preflights of foreign origins with headers of CORS, too.

use super::Server;
use super::accept::accepted;
use super::access::opens_socket;
use super::answer::Refused;
use super::connection::Peer;
use super::log::{Client, cut};
use super::seldom::Seldom;
use crate::graphql::RequestId;
use crate::net::Origin;
use crate::wire::ErrorCode;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The host that a client named to the proxy in front.
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// What pages may do.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// What pages may see of an answer, beside its body.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, www-authenticate, x-request-id");
/// How long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Answers preflights, refuses sockets of foreign origins, and lets pages of listed origins read answers.
pub async fn each_request(
    State((server, warned)): State<(Arc<Server>, Arc<Seldom>)>,
    Extension(id): Extension<RequestId>,
    Extension(client): Extension<Client>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let listed = origin.clone().filter(|origin| lists(&server, origin));
    let mut response = if let Some(foreign) = &origin
        && listed.is_none()
        && opens_socket(&request)
        && !is_own(&server, peer, foreign, request.headers())
    {
        refuse_socket(&server, &warned, client, foreign, request.headers(), &id)
    } else if request.method() == Method::OPTIONS && origin.is_some() {
        // A browser sends no token with it, so that is no failure.
        match server.rates.stranger(client.0) {
            Ok(()) => preflight(listed.is_some(), request.headers()),
            Err(refused) => refused.respond(accepted(request.headers()).refusal(), &id),
        }
    } else {
        next.run(request).await
    };
    if let Some(origin) = listed {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

/// What a page may send: no cookies, since only tokens let anybody in, and whatever headers it likes.
fn preflight(listed: bool, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if listed {
        let allowed = response.headers_mut();
        allowed.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        allowed.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Some(names) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            allowed.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
    }
    response
}

fn refuse_socket(
    server: &Server,
    warned: &Seldom,
    Client(address): Client,
    origin: &HeaderValue,
    headers: &HeaderMap,
    id: &RequestId,
) -> Response {
    let media = accepted(headers).refusal();
    if let Err(refused) = server.rates.stranger(address) {
        return refused.respond(media, id);
    }
    if warned.is_due() {
        let text = |value: Option<&HeaderValue>| {
            value.map(|value| cut(&String::from_utf8_lossy(value.as_bytes())).to_owned()).unwrap_or_default()
        };
        tracing::warn!(
            request_id = id.0,
            %address,
            origin = text(Some(origin)),
            host = text(headers.get(header::HOST)),
            "a WebSocket was refused: its Origin is not that of the host, and [server] origins does not list it"
        );
    }
    let message =
        "Pages of this origin may not use this server. Its operator can list the origin in `[server] origins`.";
    Refused::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message).respond(media, id)
}

fn parse(origin: &HeaderValue) -> Option<Origin> {
    Origin::parse(origin.to_str().ok()?)
}

fn lists(server: &Server, origin: &HeaderValue) -> bool {
    !server.access.origins.is_empty() && parse(origin).is_some_and(|origin| server.access.origins.contains(&origin))
}

/// Whether the page came from this server, as its client or the proxy in front calls it.
fn is_own(server: &Server, peer: Peer, origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let forwarded = headers.get(FORWARDED_HOST).filter(|_| server.access.is_proxy(peer.0.ip()));
    let host = forwarded.or(headers.get(header::HOST)).and_then(|host| host.to_str().ok());
    // Of several proxies, the first one knows what the client called.
    let host = host.and_then(|host| host.split(',').next()).map(str::trim).unwrap_or_default();
    parse(origin).is_some_and(|origin| origin.is_of_host(host))
}
