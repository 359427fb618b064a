//! All routes, with the layers that every request passes.

use super::state::Server;
use super::{access, access_log, assets, body, graphql, monitoring, origins, pages, response, ws};
use axum::http::StatusCode;
use axum::routing::{any, get};
use axum::{Router, middleware};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// Returns the routes of a server.
pub fn router(server: Arc<Server>) -> Router {
    let assets = if server.engine.gate().accepts_any_document() { assets::routes() } else { Router::new() };
    let warned_origins = Arc::default();
    let authenticated = Router::new()
        .route("/graphql", get(pages::graphql).post(graphql::post))
        .route("/graphql/", get(pages::graphql).post(graphql::post))
        .route("/graphql/ws", any(ws::open))
        .route("/metrics", get(monitoring::metrics))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(middleware::from_fn_with_state(server.clone(), access::check_request))
        .layer(middleware::from_fn_with_state((server.clone(), warned_origins), origins::check_request));
    Router::new()
        .merge(assets)
        .route("/healthz", get(monitoring::health))
        .route("/readyz", get(monitoring::readiness))
        .merge(authenticated)
        .layer(CatchPanicLayer::custom(response::panicked))
        .layer(body::compression())
        .layer(middleware::from_fn_with_state(server.clone(), access_log::log_request))
        .with_state(server)
}
