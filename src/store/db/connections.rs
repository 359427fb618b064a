//! How the connections of a pool are made, and which of them may be used again.

use super::timeouts::{PING_TIMEOUT, with_timeout};
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use parking_lot::Mutex;
use sqlx::{Connection, Database};
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The delay before connecting to a database that accepts no connections is tried again: it doubles up to the maximum.
const RETRY_DELAY: Duration = Duration::from_millis(50);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(1);
/// A connection that was idle for this long must respond to a ping before it is used.
const PING_AFTER_IDLE: Duration = Duration::from_secs(10);
/// A connection that is older is replaced.
const MAX_AGE: Duration = Duration::from_mins(30);

/// Codes of PostgreSQL for transient refusals: too many connections, the database starts or stops.
const TRANSIENT_CODES: [&str; 4] = ["53300", "57P01", "57P02", "57P03"];

/// The most answers that may still arrive on a connection when its statement is over: the statement's own error, and that
/// of a cancel which reached the ping.
const MAX_PENDING_ANSWERS: usize = 3;

/// A database, and how its connections are made, used and interrupted.
pub(super) trait Pooled: Database {
    /// Whether a connection may be lost: it leads to another process, perhaps over a network.
    const REMOTE: bool;
    /// How long statements may take on a pool's connections, and how they are canceled.
    type Limits: Clone + Default + Send + Sync + 'static;
    /// What interrupts the statements of one connection.
    type Interrupt: Send + Sync + 'static;

    /// Connects, and sets up what every session has.
    fn connect(
        options: &Options<Self>,
        limits: &Self::Limits,
    ) -> impl Future<Output = sqlx::Result<(Self::Connection, Self::Interrupt)>> + Send;

    /// Runs a statement that returns no rows.
    fn run(connection: &mut Self::Connection, text: &'static str) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Interrupts the statement that runs on a connection and waits until it is over. Afterwards, the interruption cannot
    /// reach a later statement.
    ///
    /// # Errors
    /// If it is not known whether it still can.
    fn interrupt(session: &mut Session<Self>) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// A connection, and what interrupts its statements.
pub(super) struct Session<D: Pooled> {
    pub connection: D::Connection,
    pub interrupt: D::Interrupt,
}

/// How to connect to a database.
pub(super) type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// Makes connections, and decides which may be used again.
pub(super) struct Connections<D: Pooled> {
    options: Options<D>,
    limits: D::Limits,
    /// When a connection was found lost that had been idle.
    lost_at: Mutex<Option<Instant>>,
}

impl<D: Pooled> Connections<D> {
    pub fn new(options: Options<D>, limits: D::Limits) -> Connections<D> {
        Connections { options, limits, lost_at: Mutex::new(None) }
    }

    /// How connections are made.
    pub fn options(&self) -> &Options<D> {
        &self.options
    }

    /// How long their statements may take, and how they are canceled.
    pub fn limits(&self) -> &D::Limits {
        &self.limits
    }
}

impl<D: Pooled> Manager for Connections<D> {
    type Type = Session<D>;
    type Error = sqlx::Error;

    /// Connects, and tries again while the database is not available, as in a restart. Callers limit how long they wait.
    async fn create(&self) -> sqlx::Result<Session<D>> {
        let mut delay = RETRY_DELAY;
        loop {
            match D::connect(&self.options, &self.limits).await {
                Err(error) if is_transient(&error) => sleep(delay).await,
                connected => return connected.map(|(connection, interrupt)| Session { connection, interrupt }),
            }
            delay = (2 * delay).min(MAX_RETRY_DELAY);
        }
    }

    /// Whether a connection may be used again; if not, the next one is examined, or a new one is made.
    async fn recycle(&self, session: &mut Session<D>, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if !D::REMOTE {
            return Ok(());
        }
        if metrics.age() > MAX_AGE {
            return Err(RecycleError::message("the connection is too old"));
        }
        if metrics.last_used() > PING_AFTER_IDLE {
            // What was idle when another was found lost is most likely lost, too; a ping of each would take too long.
            let last_used = metrics.recycled.unwrap_or(metrics.created);
            if self.lost_at.lock().is_some_and(|lost| last_used < lost) {
                return Err(RecycleError::message("the connection is lost"));
            }
            if let Err(error) = with_timeout(PING_TIMEOUT, session.connection.ping()).await {
                *self.lost_at.lock() = Some(Instant::now());
                return Err(error.into());
            }
        }
        Ok(())
    }
}

/// Waits until everything that was sent on a connection is answered, also by errors.
pub(super) async fn drain<C: Connection>(connection: &mut C) -> sqlx::Result<()> {
    for _ in 0..MAX_PENDING_ANSWERS {
        match connection.ping().await {
            Err(sqlx::Error::Database(_)) => {}
            result => return result,
        }
    }
    connection.ping().await
}

/// Whether the database refuses connections only for now.
fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| TRANSIENT_CODES.contains(&&*code)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::db::interrupt::StatementLimits;
    use crate::store::tests::databases;
    use sqlx::Postgres;

    #[tokio::test]
    async fn an_idle_connection_that_is_lost_discards_those_that_were_idle_as_long() {
        let directory = tempfile::tempdir().unwrap();
        let options = databases::fresh("postgres", directory.path()).parse().unwrap();
        let manager = Connections::<Postgres>::new(options, StatementLimits::default());
        let (mut one, mut other) = (manager.create().await.unwrap(), manager.create().await.unwrap());
        let since = |created| Metrics { created, recycled: None, recycle_count: 0 };
        let idle = since(Instant::now().checked_sub(2 * PING_AFTER_IDLE).unwrap());
        assert!(manager.recycle(&mut other, &idle).await.is_ok());
        assert!(manager.recycle(&mut other, &since(Instant::now().checked_sub(2 * MAX_AGE).unwrap())).await.is_err());
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut one.connection).await.unwrap();
        let cut = sqlx::query("SELECT pg_terminate_backend($1, 5000)").bind(pid);
        cut.execute(&mut other.connection).await.unwrap();
        assert!(manager.recycle(&mut one, &idle).await.is_err(), "it is lost");
        assert!(manager.recycle(&mut other, &idle).await.is_err(), "it is discarded without a ping");
        assert!(manager.recycle(&mut other, &since(Instant::now())).await.is_ok(), "it was made later");
    }
}
