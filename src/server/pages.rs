//! `GET` of `/` and `/graphql`, which is more than one thing: a browser is led to the page, a socket is opened as at
//! `/graphql/ws`, since many clients know one address only, and the rest is the API's.

use super::accept::accepted;
use super::access::opens_socket;
use super::{Server, graphql, ws};
use axum::extract::{Query, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// The page.
const PAGE: &str = "/graphiql";
/// Parameters that belong to the API, whatever the client accepts.
const OF_THE_API: [&str; 3] = ["query", "documentId", "extensions"];

/// `/`, which has nothing for programs.
pub async fn root(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    match wants_page(&server, &headers) {
        true => Redirect::to(PAGE).into_response(),
        false => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `/graphql`.
pub async fn graphql(State(server): State<Arc<Server>>, request: Request) -> Response {
    if opens_socket(&request) {
        return ws::open.call(request, server).await;
    }
    if wants_page(&server, request.headers()) && !is_for_the_api(request.uri()) {
        return Redirect::to(PAGE).into_response();
    }
    graphql::get.call(request, server).await
}

/// Whether a browser is to be led to the page, which does not exist where only trusted documents run.
fn wants_page(server: &Server, headers: &HeaderMap) -> bool {
    server.engine.gate().takes_texts() && accepted(headers).page()
}

fn is_for_the_api(uri: &Uri) -> bool {
    let parameters = Query::<Vec<(String, String)>>::try_from_uri(uri);
    parameters.map_or(true, |Query(all)| all.iter().any(|(name, _)| OF_THE_API.contains(&name.as_str())))
}
