//! Pages of other origins: those that `[server] origins` lists may use the API, and no others. tower-http's CORS layer
//! is not used, since it answers preflights of foreign origins with CORS headers, too.

use super::access::opens_socket;
use super::access_log::ClientAddress;
use super::access_record::cut;
use super::connection::Peer;
use super::limits::Throttle;
use super::media_type::accept_header;
use super::refusal::Refusal;
use super::response::HttpRefusal;
use super::state::Server;
use crate::graphql::RequestId;
use crate::net::Origin;
use crate::wire::ErrorCode;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The host as the client of a proxy named it.
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The methods that pages may use.
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// The headers of a response that pages may read.
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("lockkeeper-version, retry-after, www-authenticate, x-request-id");
/// How long a browser may cache the response to a preflight, in seconds.
const PREFLIGHT_MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Answers preflights, refuses sockets of foreign origins, and lets pages of listed origins read answers.
pub async fn check_request(
    State((server, warnings)): State<(Arc<Server>, Arc<Throttle>)>,
    Extension(id): Extension<RequestId>,
    Extension(address): Extension<ClientAddress>,
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
        refuse_socket(&server, &warnings, address, foreign, request.headers(), &id)
    } else if request.method() == Method::OPTIONS && origin.is_some() {
        // A browser sends it without a token, so it is not counted as a failed authentication.
        match server.rates.admit_address(address.0) {
            Ok(()) => preflight(listed.is_some(), request.headers()),
            Err(refusal) => HttpRefusal::from(refusal).respond(accept_header(request.headers()).for_refusal(), &id),
        }
    } else {
        next.run(request).await
    };
    if let Some(origin) = listed {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }
    response
}

/// Answers a preflight: a page may send any headers, but no cookies, since callers authenticate by tokens only.
fn preflight(listed: bool, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if listed {
        let cors = response.headers_mut();
        cors.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
        cors.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE);
        if let Some(names) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            cors.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
    }
    response
}

fn refuse_socket(
    server: &Server,
    warnings: &Throttle,
    ClientAddress(address): ClientAddress,
    origin: &HeaderValue,
    headers: &HeaderMap,
    id: &RequestId,
) -> Response {
    let media_type = accept_header(headers).for_refusal();
    if let Err(refusal) = server.rates.admit_address(address) {
        return HttpRefusal::from(refusal).respond(media_type, id);
    }
    if warnings.is_due() {
        let text = |value: Option<&HeaderValue>| {
            value.map(|value| cut(&String::from_utf8_lossy(value.as_bytes())).to_owned()).unwrap_or_default()
        };
        tracing::warn!(
            %address,
            origin = text(Some(origin)),
            host = text(headers.get(header::HOST)),
            "a WebSocket was refused: its Origin is not this host, and [server] origins does not list it"
        );
    }
    let message = "Pages of this origin may not use this server. Ask its operator to list the origin in \
                   `[server] origins`.";
    HttpRefusal::from(Refusal::new(ErrorCode::Forbidden, message)).respond(media_type, id)
}

fn parse(origin: &HeaderValue) -> Option<Origin> {
    Origin::parse(origin.to_str().ok()?)
}

fn lists(server: &Server, origin: &HeaderValue) -> bool {
    !server.access.origins.is_empty() && parse(origin).is_some_and(|origin| server.access.origins.contains(&origin))
}

/// Whether the page came from this server, by the host that its client or a proxy names.
fn is_own(server: &Server, peer: Peer, origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let forwarded = headers.get(FORWARDED_HOST).filter(|_| server.access.is_proxy(peer.0.ip()));
    let host = forwarded.or(headers.get(header::HOST)).and_then(|host| host.to_str().ok());
    // Of several proxies, the first one knows which host the client named.
    let host = host.and_then(|host| host.split(',').next()).map(str::trim).unwrap_or_default();
    parse(origin).is_some_and(|origin| origin.is_of_host(host))
}
