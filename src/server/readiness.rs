//! Whether the database answers, checked at most ten times a second however often `/readyz` is requested: it has no
//! rate.

use crate::store::Db;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long the database may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// How old the last result may be.
const MAX_AGE: Duration = Duration::from_millis(100);

/// When the database was checked last, and whether it answered. Concurrent requests wait for the same check.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    /// Whether the database answers.
    pub async fn is_database_up(&self, db: &Db) -> bool {
        let mut last = self.0.lock().await;
        match *last {
            Some((at, answers)) if at.elapsed() < MAX_AGE => answers,
            _ => {
                let answers = db.answers(ANSWER_TIMEOUT).await;
                *last = Some((Instant::now(), answers));
                answers
            }
        }
    }
}
