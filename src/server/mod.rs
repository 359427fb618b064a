//! The API over HTTP: GraphQL by POST and GET, subscriptions over server-sent events, all of it over WebSocket, figures
//! for Prometheus, and the two questions that need no token. What a request asks is carried out by an [`Engine`]; this
//! module speaks HTTP and knows no types.

mod accept;
mod access;
mod answer;
mod body;
mod connection;
mod counts;
mod engine;
mod execute;
mod graphiql;
mod graphql;
mod log;
mod metrics;
mod origins;
mod pages;
mod rates;
mod ready;
pub(crate) mod request;
mod seldom;
mod sse;
mod subscribers;
pub mod tls;
mod waiting;
mod who;
pub mod ws;

pub use counts::Counts;
pub use engine::{Api, Engine};
pub use metrics::Metrics;
pub use rates::Rates;
pub use ready::Readiness;
pub use subscribers::Subscribers;
pub use waiting::Waiting;

use crate::auth::Tokens;
use crate::limits::Limits;
use crate::net::Access;
use crate::store::Db;
use crate::watch::Queues;
use axum::http::StatusCode;
use axum::routing::{any, get};
use axum::{Router, middleware};
use connection::Acceptor;
use seldom::Seldom;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

/// How long requests under way may take once the server closes.
const FAREWELL: Duration = Duration::from_secs(10);

/// What the handlers share.
pub struct Server {
    pub engine: Arc<dyn Engine>,
    /// Asked whether it answers and can be written.
    pub db: Db,
    pub tokens: Tokens,
    pub metrics: Metrics,
    pub counts: Counts,
    /// What callers may cost.
    pub limits: Limits,
    /// What waits for subscribers to read it.
    pub queues: Queues,
    /// Who is subscribed.
    pub subscribers: Subscribers,
    /// What was read of their requests and waits.
    pub waiting: Waiting,
    /// From where it is reached.
    pub access: Access,
    pub rates: Rates,
    pub readiness: Readiness,
    /// Canceled when no new work should come: `/readyz` says so.
    pub stopping: CancellationToken,
    /// Canceled when streams are to end.
    pub closing: CancellationToken,
    pub timings: ws::Timings,
    /// Sockets, and all that is carried out: serving has not ended before them.
    pub underway: TaskTracker,
}

impl Server {
    /// All routes.
    pub fn router(self) -> Router {
        // Each layer clones it for each request.
        let server = Arc::new(self);
        let page = if server.engine.gate().takes_texts() { graphiql::routes() } else { Router::new() };
        let refused_origins = Arc::<Seldom>::default();
        let counted = Router::new()
            .route("/", get(pages::root))
            .route("/graphql", get(pages::graphql).post(graphql::post))
            .route("/graphql/", get(pages::graphql).post(graphql::post))
            .route("/graphql/ws", any(ws::open))
            .route("/metrics", get(metrics::get))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(middleware::from_fn_with_state(server.clone(), access::each_request))
            .layer(middleware::from_fn_with_state((server.clone(), refused_origins), origins::each_request));
        Router::new()
            .merge(page)
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready::get))
            .merge(counted)
            .layer(CatchPanicLayer::custom(answer::panicked))
            .layer(body::compression())
            .layer(middleware::from_fn_with_state(server.clone(), log::each_request))
            .with_state(server)
    }

    /// Serves until `closing` is canceled; then streams end at once, and requests and sockets within a few seconds.
    pub async fn serve(self, listener: TcpListener, certificates: Option<tls::Certificates>) {
        let (closing, underway) = (self.closing.clone(), self.underway.clone());
        let acceptor = Acceptor {
            limits: self.limits,
            counts: self.counts.clone(),
            closing: closing.clone(),
            underway: underway.clone(),
            certificates,
            router: self.router(),
        };
        let serving = async {
            acceptor.run(listener).await;
            underway.close();
            underway.wait().await;
        };
        let farewell = async {
            closing.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            () = serving => {}
            () = farewell => {}
        }
    }
}

#[cfg(test)]
mod tests;
