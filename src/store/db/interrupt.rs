//! How the statement of a reader who has gone is ended, and how it is made sure that this never reaches the next one.

use super::pool::Pool;
use super::timeouts::ANSWER;
use sqlx::{Connection, PgConnection, Postgres, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// How many steps of its machine SQLite takes before it looks whether it should stop: some tens of microseconds.
const STEPS: i32 = 1000;
/// How much longer PostgreSQL lets a statement run than the process waits for it: a guard for when it cannot be
/// canceled.
const MARGIN: Duration = Duration::from_secs(5);
/// A statement that has not ended this long after its cancel is canceled again.
const CANCEL_AGAIN: Duration = Duration::from_millis(50);
/// Answers that a connection may still have in store when its statement is over, at most: the statement's own error, and
/// that of a cancel which reached the question whether there is more.
const REMAINS: usize = 3;

/// What ends a statement of an SQLite connection: it looks at this while it works.
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Has a connection look at it.
    pub async fn of(connection: &mut SqliteConnection) -> sqlx::Result<Stop> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || !stopped.load(Ordering::Relaxed));
        Ok(Stop(stop))
    }

    /// Ends the statement that runs on its connection.
    pub async fn end(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        self.0.store(true, Ordering::Relaxed);
        // Answered by the connection's own thread, after the statement.
        let over = connection.ping().await;
        self.0.store(false, Ordering::Relaxed);
        over
    }
}

/// How long a pool's connections to PostgreSQL may work at a statement, and who cancels it.
#[derive(Clone, Default)]
pub(super) struct Guard(Option<Arc<Limits>>);

struct Limits {
    /// Cancels, on a connection kept for this.
    canceler: Pool<Postgres>,
    /// How long a statement of a query may take.
    deadline: Duration,
}

impl Guard {
    /// A guard of connections for queries that end at this deadline.
    pub fn new(canceler: Pool<Postgres>, deadline: Duration) -> Guard {
        Guard(Some(Arc::new(Limits { canceler, deadline })))
    }

    /// How long the process waits for a statement, at most.
    pub fn patience(&self) -> Duration {
        self.0.as_ref().map_or(ANSWER, |limits| limits.deadline.max(ANSWER))
    }

    /// How long the database works at a statement, at most; zero means any time. It is never less than what anybody waits
    /// for: mutations, workers and the tail of the log share these sessions, and are not to be interrupted.
    pub fn statement_timeout(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |_| self.patience() + MARGIN)
    }

    /// Closes the connection that cancels.
    pub async fn close(&self) {
        if let Some(limits) = &self.0 {
            // In a box, since it is a pool of the kind that closes this.
            Box::pin(limits.canceler.close()).await;
        }
    }
}

/// The backend of a connection to PostgreSQL.
pub(super) struct Backend {
    pub pid: i32,
    pub guard: Guard,
}

impl Backend {
    /// Ends the statement that runs on its connection.
    pub async fn end(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let Some(limits) = &self.guard.0 else { return over(connection).await };
        loop {
            let cancel = sqlx::query("SELECT pg_cancel_backend($1)").bind(self.pid);
            limits.canceler.lend().await?.ask(async |on| cancel.execute(on).await).await?;
            // The backend has the signal once the cancel is answered, and handles it before it answers what is sent from
            // now on: when it has answered, no signal is left. It may have handled it too early, before the statement.
            if let Ok(over) = timeout(CANCEL_AGAIN, over(connection)).await {
                return over;
            }
        }
    }
}

/// Waits until everything that was sent on a connection is answered, be it by an error.
pub(super) async fn over<C: Connection>(connection: &mut C) -> sqlx::Result<()> {
    for _ in 0..REMAINS {
        match connection.ping().await {
            Err(sqlx::Error::Database(_)) => {}
            answered => return answered,
        }
    }
    connection.ping().await
}

#[cfg(test)]
mod tests;
