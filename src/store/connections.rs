//! How connections of a pool are made, and which of them are good to be used again: PostgreSQL's, and SQLite's that only
//! read.

use super::patience::{SILENCE, within};
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use sqlx::{ConnectOptions, Connection, Database, Executor, Postgres, Sqlite};
use std::io::ErrorKind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long to wait before a database that takes no connections is asked again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// A connection that nobody took for so long is asked for a sign of life first.
const QUIET: Duration = Duration::from_secs(10);
/// One that is older is replaced.
const OLD: Duration = Duration::from_mins(30);

/// Codes of PostgreSQL for what passes: no room for another connection, the database starts or stops.
const PASSING: [&str; 4] = ["53300", "57P01", "57P02", "57P03"];

/// A database with its ways to keep a connection.
pub(super) trait Pooled: Database {
    /// What a new connection is told first.
    const SESSION: &str;
    /// Whether there is a network between, or another process, by which a connection may be lost.
    const REMOTE: bool;

    /// Runs a text that has no answer.
    fn run(connection: &mut Self::Connection, text: &'static str) -> impl Future<Output = sqlx::Result<()>> + Send;
}

impl Pooled for Sqlite {
    const SESSION: &str = "";
    const REMOTE: bool = false;

    async fn run(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }
}

impl Pooled for Postgres {
    /// Whatever the server's own settings are: what was committed is on disk (I7), a process that stands still in the
    /// midst of a transaction does not keep its locks for ever (I2), and neither does one that the network has cut off.
    /// And, unless it was set: what is read by an index is not dear. By itself PostgreSQL expects a disk that turns, and
    /// goes through a whole table for the hosts or versions of one page.
    const SESSION: &str = "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '20s';
        SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2;
        SET tcp_user_timeout = '20s';
        SELECT set_config(name, '1.1', false) FROM pg_settings WHERE name = 'random_page_cost' AND source = 'default'";
    const REMOTE: bool = true;

    async fn run(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }
}

/// How to connect to a database.
pub(super) type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// Makes connections, and says which are good to be lent again.
pub(super) struct Connections<D: Pooled> {
    options: Options<D>,
    /// When one was found lost that had been quiet.
    lost: Mutex<Option<Instant>>,
}

impl<D: Pooled> Connections<D> {
    pub fn new(options: Options<D>) -> Connections<D> {
        Connections { options, lost: Mutex::new(None) }
    }

    /// How they are made.
    pub fn options(&self) -> &Options<D> {
        &self.options
    }

    async fn connect(&self) -> sqlx::Result<D::Connection> {
        let mut connection = self.options.connect().await?;
        if !D::SESSION.is_empty() {
            D::run(&mut connection, D::SESSION).await?;
        }
        Ok(connection)
    }

    fn lost(&self) -> MutexGuard<'_, Option<Instant>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Pooled> Manager for Connections<D> {
    type Type = D::Connection;
    type Error = sqlx::Error;

    /// Connects, and tries again while the database is not there, as in a restart. Whoever waits has an end of his own.
    async fn create(&self) -> sqlx::Result<D::Connection> {
        let mut pause = PAUSES.0;
        loop {
            match self.connect().await {
                Err(error) if passes(&error) => sleep(pause).await,
                connected => return connected,
            }
            pause = (2 * pause).min(PAUSES.1);
        }
    }

    /// Whether it may be used again; if not, the next one is looked at, or a new one is made.
    async fn recycle(&self, connection: &mut D::Connection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if !D::REMOTE {
            return Ok(());
        }
        if metrics.age() > OLD {
            return Err(RecycleError::message("it is old"));
        }
        if metrics.last_used() > QUIET {
            // What was quiet when another was found lost is most likely lost, too; to ask each would take too long.
            let taken = metrics.recycled.unwrap_or(metrics.created);
            if self.lost().is_some_and(|lost| taken < lost) {
                return Err(RecycleError::message("it is lost"));
            }
            if let Err(error) = within(SILENCE, connection.ping()).await {
                *self.lost() = Some(Instant::now());
                return Err(error.into());
            }
        }
        Ok(())
    }
}

/// Whether the database refuses connections only for now.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| PASSING.contains(&&*code)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::databases;

    #[tokio::test]
    async fn a_quiet_connection_that_is_lost_takes_those_along_that_were_quiet_as_long() {
        let directory = tempfile::tempdir().unwrap();
        let options = databases::fresh("postgres", directory.path()).parse().unwrap();
        let manager = Connections::<Postgres>::new(options);
        let (mut one, mut other) = (manager.create().await.unwrap(), manager.create().await.unwrap());
        let since = |created| Metrics { created, recycled: None, recycle_count: 0 };
        let quiet = since(Instant::now().checked_sub(2 * QUIET).unwrap());
        assert!(manager.recycle(&mut other, &quiet).await.is_ok());
        assert!(manager.recycle(&mut other, &since(Instant::now().checked_sub(2 * OLD).unwrap())).await.is_err());
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut one).await.unwrap();
        let cut = sqlx::query("SELECT pg_terminate_backend($1, 5000)").bind(pid);
        cut.execute(&mut other).await.unwrap();
        assert!(manager.recycle(&mut one, &quiet).await.is_err(), "it is lost");
        assert!(manager.recycle(&mut other, &quiet).await.is_err(), "it is not asked");
        assert!(manager.recycle(&mut other, &since(Instant::now())).await.is_ok(), "it was made later");
    }
}
