//! Before a request reaches its route: whose token it has, and whether it comes too often. The token is looked at
//! first, so that a caller with a valid one is never refused because of what others at its address did.

use super::access_log::ClientAddress;
use super::access_record::AccessRecord;
use super::authentication::{AuthError, authenticate};
use super::media_type::accept_header;
use super::refusal::Refusal;
use super::response::HttpRefusal;
use super::state::Server;
use crate::auth::Identity;
use crate::graphql::RequestId;
use crate::version;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use std::net::IpAddr;
use std::sync::Arc;

/// The routes that open sockets. Requests to all others have their token in a header.
const SOCKET_PATHS: [&str; 3] = ["/graphql/ws", "/graphql", "/graphql/"];

/// Says to callers which version the server is, so that a client can say why they do not fit together.
pub const VERSION_HEADER: HeaderName = HeaderName::from_static("lockkeeper-version");

/// Who sent a request: an extension of each request that [`check_request`] lets through.
pub type Authentication = Result<Identity, AuthError>;

/// Looks up the token of a request and counts the request. One that opens a socket is left to the socket, which may
/// still bring a token.
pub async fn check_request(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    mut request: Request,
    next: Next,
) -> Response {
    if opens_socket(&request) {
        return next.run(request).await;
    }
    let authentication = authenticate(&server.credentials, authorization(request.headers()), address).await;
    let admitted = match &authentication {
        Ok(identity) => server.rates.admit_caller(&identity.caller.name),
        Err(error) => admit_unauthenticated(&server, *error, address),
    };
    let caller = authentication.as_ref().ok().map(|identity| identity.caller.name.clone());
    let mut response = match admitted {
        Ok(()) => {
            request.extensions_mut().insert(authentication);
            next.run(request).await
        }
        Err(refusal) => HttpRefusal::from(refusal).respond(accept_header(request.headers()).for_refusal(), &id),
    };
    if caller.is_some() {
        response.headers_mut().insert(VERSION_HEADER, HeaderValue::from_static(version::NUMBER));
    }
    response.extensions_mut().get_or_insert_default::<AccessRecord>().caller = caller;
    response
}

/// Counts a request, or a socket, that brought no valid token.
///
/// # Errors
/// If its address sends too many.
pub fn admit_unauthenticated(server: &Server, error: AuthError, address: IpAddr) -> Result<(), Refusal> {
    server.counters.authentication_failed(error);
    match error {
        // It may be a caller.
        AuthError::Unavailable => Ok(()),
        AuthError::MissingToken | AuthError::InvalidToken => server.rates.admit_address(address),
    }
}

/// Returns the header that holds the token, or an empty text if it is missing.
pub fn authorization(headers: &HeaderMap) -> &str {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a request becomes a WebSocket. Nothing else may pass unchecked, so this accepts no more than
/// `WebSocketUpgrade` does.
pub fn opens_socket(request: &Request) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    request.method() == Method::GET
        && SOCKET_PATHS.contains(&request.uri().path())
        && text(header::UPGRADE).eq_ignore_ascii_case("websocket")
        && text(header::CONNECTION).split(',').any(|part| part.trim().eq_ignore_ascii_case("upgrade"))
        && text(header::SEC_WEBSOCKET_VERSION) == "13"
        && request.headers().contains_key(header::SEC_WEBSOCKET_KEY)
        && request.extensions().get::<OnUpgrade>().is_some()
}
