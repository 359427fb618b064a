//! How a statement is interrupted that nobody waits for any more, without ever interrupting the next one on its connection.

use super::connections::drain;
use super::pool::Pool;
use super::timeouts::STATEMENT_TIMEOUT;
use sqlx::{Connection, PgConnection, Postgres, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// After this many instructions of its virtual machine, SQLite checks whether it should stop: some tens of microseconds.
const INSTRUCTIONS_PER_CHECK: i32 = 1000;
/// How much longer PostgreSQL lets a statement run than the process waits for it, in case it cannot be canceled.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(5);
/// A statement that has not ended this long after its cancel is canceled again.
const CANCEL_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Tells an SQLite connection to stop: it checks this flag while it works.
pub(super) struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Has a connection check a new flag.
    pub async fn install(connection: &mut SqliteConnection) -> sqlx::Result<StopFlag> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        connection
            .lock_handle()
            .await?
            .set_progress_handler(INSTRUCTIONS_PER_CHECK, move || !stopped.load(Ordering::Relaxed));
        Ok(StopFlag(stop))
    }

    /// Interrupts the statement that runs on its connection, and waits until it is over.
    pub async fn interrupt(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        self.0.store(true, Ordering::Relaxed);
        // Answered by the connection's own thread, after the statement.
        let answered = connection.ping().await;
        self.0.store(false, Ordering::Relaxed);
        answered
    }
}

/// How long the statements on a pool's connections to PostgreSQL may take, and how they are canceled; by default, without
/// a limit and not at all.
#[derive(Clone, Default)]
pub(super) struct StatementLimits(Option<Arc<Limits>>);

struct Limits {
    /// The connection on which statements of the others are canceled.
    canceler: Pool<Postgres>,
    /// How long a statement of a query may take.
    deadline: Duration,
}

impl StatementLimits {
    /// Limits for connections on which queries end at this deadline.
    pub fn new(canceler: Pool<Postgres>, deadline: Duration) -> StatementLimits {
        StatementLimits(Some(Arc::new(Limits { canceler, deadline })))
    }

    /// The longest that the process waits for a statement.
    pub fn client_timeout(&self) -> Duration {
        self.0.as_ref().map_or(STATEMENT_TIMEOUT, |limits| limits.deadline.max(STATEMENT_TIMEOUT))
    }

    /// The longest that the database works on a statement; zero for no limit. It exceeds every wait of this process:
    /// mutations, workers and the tail of the log share these sessions, and must not be interrupted.
    pub fn statement_timeout(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |_| self.client_timeout() + TIMEOUT_MARGIN)
    }

    /// Closes the connection that cancels.
    pub async fn close(&self) {
        if let Some(limits) = &self.0 {
            // In a box, since closing a pool closes its limits, which contain a pool.
            Box::pin(limits.canceler.close()).await;
        }
    }
}

/// The backend of a connection to PostgreSQL.
pub(super) struct PgBackend {
    pub pid: i32,
    pub limits: StatementLimits,
}

impl PgBackend {
    /// Interrupts the statement that runs on its connection, and waits until it is over.
    pub async fn interrupt(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let Some(limits) = &self.limits.0 else { return drain(connection).await };
        loop {
            let cancel = sqlx::query("SELECT pg_cancel_backend($1)").bind(self.pid);
            limits.canceler.check_out().await?.run(async |on| cancel.execute(on).await).await?;
            // Once the cancel is answered, the backend has the signal, and handles it before it answers what is sent from
            // now on: when it has answered, no signal is left. It may have handled it before the statement began.
            if let Ok(drained) = timeout(CANCEL_RETRY_DELAY, drain(connection)).await {
                return drained;
            }
        }
    }
}

#[cfg(test)]
mod tests;
