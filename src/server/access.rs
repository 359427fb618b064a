//! Before a request reaches its route: whose token it bears, and whether it comes too often. The token is looked at
//! first, so that a caller with a valid one is never refused because of what others at its address did.

use super::Server;
use super::accept::accepted;
use super::answer::Refused;
use super::log::{Client, Told};
use super::who::{self, Stranger, Who};
use crate::graphql::RequestId;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use std::net::IpAddr;
use std::sync::Arc;

/// The routes that open sockets. Requests to all others bring their token in a header.
const SOCKETS: [&str; 3] = ["/graphql/ws", "/graphql", "/graphql/"];

/// Who sends a request: an extension of each request that [`each_request`] lets through.
pub type Sender = Result<Who, Stranger>;

/// Looks at the token of a request and counts it. One that opens a socket is left to the socket, which may still bring a
/// token.
pub async fn each_request(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(Client(address)): Extension<Client>,
    mut request: Request,
    next: Next,
) -> Response {
    if opens_socket(&request) {
        return next.run(request).await;
    }
    let sender = who::who(&server, authorization(request.headers()), address).await;
    let admitted = match &sender {
        Ok(who) => server.rates.caller(&who.caller.name),
        Err(stranger) => admit_stranger(&server, *stranger, address),
    };
    let caller = sender.as_ref().ok().map(|who| who.caller.name.clone());
    let mut response = match admitted {
        Ok(()) => {
            request.extensions_mut().insert(sender);
            next.run(request).await
        }
        Err(refused) => refused.respond(accepted(request.headers()).refusal(), &id),
    };
    response.extensions_mut().get_or_insert_default::<Told>().caller = caller;
    response
}

/// Counts a request, or a socket, that brought no valid token.
///
/// # Errors
/// If its address sends too many.
pub fn admit_stranger(server: &Server, stranger: Stranger, address: IpAddr) -> Result<(), Refused> {
    server.counts.stranger(stranger);
    match stranger {
        // It may be a caller.
        Stranger::Unavailable => Ok(()),
        Stranger::NoToken | Stranger::NoMore => server.rates.stranger(address),
    }
}

/// The header that bears the token, empty if there is none.
pub fn authorization(headers: &HeaderMap) -> &str {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a request becomes a WebSocket. Nothing else may pass unchecked, so this accepts no more than
/// `WebSocketUpgrade` does.
pub fn opens_socket(request: &Request) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    request.method() == Method::GET
        && SOCKETS.contains(&request.uri().path())
        && text(header::UPGRADE).eq_ignore_ascii_case("websocket")
        && text(header::CONNECTION).split(',').any(|part| part.trim().eq_ignore_ascii_case("upgrade"))
        && text(header::SEC_WEBSOCKET_VERSION) == "13"
        && request.headers().contains_key(header::SEC_WEBSOCKET_KEY)
        && request.extensions().get::<OnUpgrade>().is_some()
}
