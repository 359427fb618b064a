//! How connections of a pool are made, and which of them are good to be used again: PostgreSQL's, and SQLite's that only
//! read.

use super::interrupt::{Backend, Guard, Stop};
use super::timeouts::{SILENCE, within};
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use parking_lot::{Mutex, MutexGuard};
use sqlx::{AssertSqlSafe, Connection, Database, Executor, PgConnection, Postgres, Row, Sqlite, raw_sql};
use std::io::ErrorKind;
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
    /// Whether there is a network between, or another process, by which a connection may be lost.
    const REMOTE: bool;
    /// What a pool knows of how its connections are interrupted.
    type Guard: Clone + Default + Send + Sync + 'static;
    /// What interrupts the statements of one connection.
    type Interrupt: Send + Sync + 'static;

    /// Connects, and sets up what every session has.
    fn connect(
        options: &Options<Self>,
        guard: &Self::Guard,
    ) -> impl Future<Output = sqlx::Result<(Self::Connection, Self::Interrupt)>> + Send;

    /// Runs a text that has no answer.
    fn run(connection: &mut Self::Connection, text: &'static str) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Ends the statement that runs on a connection and waits until it is over. After that, nothing that was done to end
    /// it can reach the connection any more.
    ///
    /// # Errors
    /// If it is not known whether anything still reaches it.
    fn interrupt(session: &mut Session<Self>) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// A connection, and what interrupts its statements.
pub(super) struct Session<D: Pooled> {
    pub connection: D::Connection,
    pub interrupt: D::Interrupt,
}

/// What every session of PostgreSQL sets first, whatever the server's own settings are: what was committed is on disk
/// (I7), a process that stands still in the midst of a transaction does not keep its locks for ever (I2), and neither
/// does one that the network has cut off. And, unless it was set: what is read by an index is not dear. PostgreSQL's
/// default expects a disk that turns, and goes through a whole table for the hosts or versions of one page.
const SESSION: &str = "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '20s';
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2;
    SET tcp_user_timeout = '20s';
    SELECT set_config(name, '1.1', false) FROM pg_settings WHERE name = 'random_page_cost' AND source = 'default'";

impl Pooled for Sqlite {
    const REMOTE: bool = false;
    type Guard = ();
    type Interrupt = Stop;

    async fn connect(options: &Options<Self>, (): &()) -> sqlx::Result<(Self::Connection, Stop)> {
        let mut connection = Self::Connection::connect_with(options).await?;
        let stop = Stop::of(&mut connection).await?;
        Ok((connection, stop))
    }

    async fn run(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }

    async fn interrupt(session: &mut Session<Self>) -> sqlx::Result<()> {
        session.interrupt.end(&mut session.connection).await
    }
}

impl Pooled for Postgres {
    const REMOTE: bool = true;
    type Guard = Guard;
    type Interrupt = Backend;

    async fn connect(options: &Options<Self>, guard: &Guard) -> sqlx::Result<(Self::Connection, Backend)> {
        let mut connection = Self::Connection::connect_with(options).await?;
        let pid = set_up(&mut connection, guard).await?;
        Ok((connection, Backend { pid, guard: guard.clone() }))
    }

    async fn run(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }

    async fn interrupt(session: &mut Session<Self>) -> sqlx::Result<()> {
        session.interrupt.end(&mut session.connection).await
    }
}

/// Sets up a session of PostgreSQL in one round trip. Returns the process id of its backend.
pub(super) async fn set_up(connection: &mut PgConnection, guard: &Guard) -> sqlx::Result<i32> {
    let timeout = guard.statement_timeout().as_millis();
    // Safe: it holds a number, and what is written here.
    let text = AssertSqlSafe(format!("SELECT pg_backend_pid(); SET statement_timeout = {timeout}; {SESSION}"));
    let rows = connection.fetch_all(raw_sql(text)).await?;
    rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)
}

/// How to connect to a database.
pub(super) type Options<D> = <<D as Database>::Connection as Connection>::Options;

/// Makes connections, and says which are good to be lent again.
pub(super) struct Connections<D: Pooled> {
    options: Options<D>,
    guard: D::Guard,
    /// When one was found lost that had been quiet.
    lost: Mutex<Option<Instant>>,
}

impl<D: Pooled> Connections<D> {
    pub fn new(options: Options<D>, guard: D::Guard) -> Connections<D> {
        Connections { options, guard, lost: Mutex::new(None) }
    }

    /// How they are made.
    pub fn options(&self) -> &Options<D> {
        &self.options
    }

    /// How they are interrupted.
    pub fn guard(&self) -> &D::Guard {
        &self.guard
    }

    fn lost(&self) -> MutexGuard<'_, Option<Instant>> {
        self.lost.lock()
    }
}

impl<D: Pooled> Manager for Connections<D> {
    type Type = Session<D>;
    type Error = sqlx::Error;

    /// Connects, and tries again while the database is not there, as in a restart. Whoever waits has an end of his own.
    async fn create(&self) -> sqlx::Result<Session<D>> {
        let mut pause = PAUSES.0;
        loop {
            match D::connect(&self.options, &self.guard).await {
                Err(error) if passes(&error) => sleep(pause).await,
                connected => return connected.map(|(connection, interrupt)| Session { connection, interrupt }),
            }
            pause = (2 * pause).min(PAUSES.1);
        }
    }

    /// Whether it may be used again; if not, the next one is looked at, or a new one is made.
    async fn recycle(&self, session: &mut Session<D>, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
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
            if let Err(error) = within(SILENCE, session.connection.ping()).await {
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
        let manager = Connections::<Postgres>::new(options, Guard::default());
        let (mut one, mut other) = (manager.create().await.unwrap(), manager.create().await.unwrap());
        let since = |created| Metrics { created, recycled: None, recycle_count: 0 };
        let quiet = since(Instant::now().checked_sub(2 * QUIET).unwrap());
        assert!(manager.recycle(&mut other, &quiet).await.is_ok());
        assert!(manager.recycle(&mut other, &since(Instant::now().checked_sub(2 * OLD).unwrap())).await.is_err());
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut one.connection).await.unwrap();
        let cut = sqlx::query("SELECT pg_terminate_backend($1, 5000)").bind(pid);
        cut.execute(&mut other.connection).await.unwrap();
        assert!(manager.recycle(&mut one, &quiet).await.is_err(), "it is lost");
        assert!(manager.recycle(&mut other, &quiet).await.is_err(), "it is not asked");
        assert!(manager.recycle(&mut other, &since(Instant::now())).await.is_ok(), "it was made later");
    }
}
