//! The API over HTTP: GraphQL by POST and GET, subscriptions over server-sent events, all of it over WebSocket, figures
//! for Prometheus, and the two questions that need no token. What a request asks is carried out by an [`Engine`]; this
//! module speaks HTTP and knows no types.

mod accept;
mod answer;
mod engine;
mod execute;
mod graphiql;
mod graphql;
mod log;
mod metrics;
mod request;
mod sse;
mod subscribers;
mod who;
pub mod ws;

pub use engine::{Api, Engine};
pub use metrics::Metrics;
pub use subscribers::Subscribers;

use crate::auth::Tokens;
use crate::graphql::Queues;
use crate::limits::Limits;
use crate::store::Db;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{any, get};
use axum::serve::ListenerExt;
use axum::{Router, middleware};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

/// How long requests under way may take once the server closes.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long the database may take to show that it answers.
const SOON: Duration = Duration::from_secs(2);

/// What the handlers share.
pub struct Server {
    pub engine: Arc<dyn Engine>,
    /// Asked whether it answers and can be written.
    pub db: Db,
    pub tokens: Tokens,
    pub metrics: Metrics,
    /// What callers may cost.
    pub limits: Limits,
    /// What waits for subscribers to read it.
    pub queues: Queues,
    /// Who is subscribed.
    pub subscribers: Subscribers,
    /// Queries that are carried out at a time. The others wait: begun, they would only wait with more in memory.
    pub turns: Semaphore,
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
        Router::new()
            .merge(graphiql::routes())
            .route("/graphql", get(graphql::get).post(graphql::post))
            .route("/graphql/ws", any(ws::open))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics::get))
            .layer(CatchPanicLayer::custom(answer::panicked))
            .layer(middleware::from_fn_with_state(server.clone(), log::each_request))
            .with_state(server)
    }

    /// Serves until `closing` is canceled; then streams end at once, and requests and sockets within a few seconds.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let closing = self.closing.clone();
        let underway = self.underway.clone();
        let closed = closing.clone();
        // An event is small, and is to arrive at once.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(closed.cancelled_owned());
        let serving = async {
            let served = serving.await;
            underway.close();
            underway.wait().await;
            served
        };
        let farewell = async {
            closing.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            served = serving => served,
            () = farewell => Ok(()),
        }
    }
}

/// Whether it takes new work, or why not.
async fn ready(State(server): State<Arc<Server>>) -> (StatusCode, &'static str) {
    let why_not = match server.stopping.is_cancelled() {
        true => "stopping\n",
        false if !server.db.is_writable() => "the database cannot be written: make room on its disk\n",
        false if !server.db.answers(SOON).await => "the database does not answer\n",
        false => return (StatusCode::OK, "ready\n"),
    };
    (StatusCode::SERVICE_UNAVAILABLE, why_not)
}

#[cfg(test)]
mod tests;
