//! `/readyz`, which has no rate: however often it is requested, the database is asked at most ten times a second.

use super::Server;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long the database may take to show that it answers.
const SOON: Duration = Duration::from_secs(2);
/// How old an answer of the database may be.
const FRESH: Duration = Duration::from_millis(100);

/// Whether the database answered when it was last asked. Requests at the same time wait for the same answer.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    async fn database_answers(&self, server: &Server) -> bool {
        let mut last = self.0.lock().await;
        match *last {
            Some((at, answers)) if at.elapsed() < FRESH => answers,
            _ => {
                let answers = server.db.answers(SOON).await;
                *last = Some((Instant::now(), answers));
                answers
            }
        }
    }
}

/// Whether it takes new work, or why not.
pub async fn get(State(server): State<Arc<Server>>) -> (StatusCode, &'static str) {
    let why_not = match server.stopping.is_cancelled() {
        true => "stopping\n",
        false if !server.db.is_writable() => "the database cannot be written: make room on its disk\n",
        false if !server.readiness.database_answers(&server).await => "the database does not answer\n",
        false => return (StatusCode::OK, "ready\n"),
    };
    (StatusCode::SERVICE_UNAVAILABLE, why_not)
}
