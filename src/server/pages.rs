//! `GET` of `/graphql`, which has several meanings: a browser is redirected to GraphiQL, a socket is opened as at
//! `/graphql/ws` for clients that know only one address, and everything else is a request to the API.

use super::access::opens_socket;
use super::assets::GRAPHIQL;
use super::media_type::accept_header;
use super::state::Server;
use super::{graphql, ws};
use axum::extract::{Query, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// Parameters that make a request one to the API, whatever the client accepts.
const API_PARAMETERS: [&str; 3] = ["query", "documentId", "extensions"];

/// `/graphql`.
pub async fn graphql(State(server): State<Arc<Server>>, request: Request) -> Response {
    if opens_socket(&request) {
        return ws::open.call(request, server).await;
    }
    if wants_graphiql(&server, request.headers()) && !has_api_parameters(request.uri()) {
        return Redirect::to(GRAPHIQL).into_response();
    }
    graphql::get.call(request, server).await
}

/// Whether to redirect to GraphiQL, which does not exist where only trusted documents run.
fn wants_graphiql(server: &Server, headers: &HeaderMap) -> bool {
    server.engine.gate().accepts_any_document() && accept_header(headers).prefers_html()
}

fn has_api_parameters(uri: &Uri) -> bool {
    let parameters = Query::<Vec<(String, String)>>::try_from_uri(uri);
    parameters.map_or(true, |Query(all)| all.iter().any(|(name, _)| API_PARAMETERS.contains(&name.as_str())))
}
