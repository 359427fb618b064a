//! What monitoring reads: `/healthz` and `/readyz`, which need no token, and `/metrics`, which does.

use super::access::Authentication;
use super::media_type::MediaType;
use super::refusal::Refusal;
use super::response::HttpRefusal;
use super::state::Server;
use crate::graphql::RequestId;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `/healthz`: the process runs.
pub async fn health() -> &'static str {
    "ok\n"
}

/// `/readyz`: whether the server takes new work, or why it does not.
pub async fn readiness(State(server): State<Arc<Server>>) -> (StatusCode, &'static str) {
    let obstacle = match server.stopping.is_cancelled() {
        true => "stopping\n",
        false if !server.db.is_writable() => "the database cannot be written: make room on its disk\n",
        false if !server.readiness.is_database_up(&server.db).await => "the database does not answer\n",
        false => return (StatusCode::OK, "ready\n"),
    };
    (StatusCode::SERVICE_UNAVAILABLE, obstacle)
}

/// `/metrics`, for callers with a token.
pub async fn metrics(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(authentication): Extension<Authentication>,
) -> Response {
    if let Err(error) = authentication {
        return HttpRefusal::from(error).respond(MediaType::Json, &id);
    }
    match server.metrics.render().await {
        Ok(text) => {
            let content_type = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
            ([(header::CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be read from the database");
            let refusal =
                Refusal::unavailable("The metrics could not be read: the database was not reached. Try again.");
            HttpRefusal::from(refusal).respond(MediaType::Json, &id)
        }
    }
}
