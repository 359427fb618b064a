//! Opening a database by its URL.

use super::backend::{Pools, Shared};
use super::interrupt::Guard;
use super::pool::Pool;
use super::{Db, Dialect, Error, Result, migrations, reach};
use crate::private;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// More than there are texts, so that a statement is prepared once per connection.
const STATEMENTS: usize = 512;

/// What a database may be used for at a time.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Connections, at most (on SQLite: readers, beside the one writer).
    pub connections: u32,
    /// How many of them queries may have.
    pub query_turns: usize,
    /// How long queries may take, if they have an end.
    pub query_deadline: Option<Duration>,
}

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and brings its tables up to date, unless they are newer already. Queries may
    /// have all of its connections, and take any time.
    ///
    /// # Errors
    /// `Refused` if they lack what this program needs.
    pub async fn open(url: &str, connections: u32) -> Result<Db> {
        Db::open_for(url, Capacity { connections, query_turns: connections as usize, query_deadline: None }).await
    }

    /// As [`Db::open`], with what it may be used for.
    ///
    /// # Errors
    /// `Refused` if its tables lack what this program needs.
    pub async fn open_for(url: &str, capacity: Capacity) -> Result<Db> {
        let pools = match Dialect::of(url)? {
            Dialect::Sqlite => open_sqlite(url.parse()?, capacity).await?,
            Dialect::Postgres => open_postgres(reach::parse(url)?, capacity).await?,
        };
        let db = Db { pools, shared: Arc::new(Shared::new(String::new())) };
        migrations::check(&db).await?;
        let log_id = crate::store::events::log_id(&db).await?;
        Ok(Db { shared: Arc::new(Shared::new(log_id)), ..db })
    }

    /// Whether there is something to open at `sqlite:FILE`, which [`Db::open`] would make; on PostgreSQL only
    /// opening it can tell.
    pub fn may_exist(url: &str) -> bool {
        sqlite_file(url).is_none_or(|file| Path::new(file).exists())
    }

    /// Closes all connections, after what runs on them.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => {
                pool.close().await;
                pool.guard().close().await;
            }
        }
    }
}

impl Dialect {
    /// What a database's URL is of.
    ///
    /// # Errors
    /// `Refused` if it is of neither.
    pub fn of(url: &str) -> Result<Dialect> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Dialect::Sqlite),
            Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
            // The rest of it may hold a password.
            _ => Err(Error::Refused(
                "The database's URL is neither sqlite:FILE nor postgres://USER@HOST/DATABASE.".to_owned(),
            )),
        }
    }
}

impl Shared {
    fn new(log_id: String) -> Shared {
        let (head, committed) = (watch::Sender::new(0), watch::Sender::new(0));
        let (output, committed_output) = (watch::Sender::new(()), watch::Sender::new(()));
        let writable = watch::Sender::new(true);
        let (statements, commits) = Default::default();
        Shared { log_id, head, output, committed, committed_output, statements, commits, writable }
    }
}

/// How long to wait for a file that another process has.
const A_MOMENT: Duration = Duration::from_secs(2);

/// Who may serve an SQLite file: one process at a time. Free again when it is dropped.
pub struct Owner(#[expect(dead_code, reason = "held for its lock")] Option<File>);

impl Owner {
    /// Takes the file of `sqlite:FILE`; on PostgreSQL there is nothing to take. It waits a moment for it: a process
    /// that was killed just now may leave a child behind that is about to let go of it.
    ///
    /// # Errors
    /// `Refused` while another process has it.
    pub async fn take(url: &str) -> Result<Owner> {
        let Some(name) = sqlite_file(url) else { return Ok(Owner(None)) };
        let path = PathBuf::from(format!("{name}.lock"));
        let failed = |error: std::io::Error| Error::Refused(format!("{} cannot be locked: {error}.", path.display()));
        let file = private::file().create(true).truncate(false).open(&path).map_err(failed)?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Owner(Some(file))),
                Err(TryLockError::WouldBlock) if began.elapsed() < A_MOMENT => sleep(Duration::from_millis(20)).await,
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Refused(format!(
                        "{name} is served by another lockkeeper already: one process owns an SQLite file. Stop that one, or use PostgreSQL for several."
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// The file of `sqlite:FILE`; none on PostgreSQL.
fn sqlite_file(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:").and_then(|path| path.trim_start_matches("//").split('?').next())
}

async fn open_sqlite(options: SqliteConnectOptions, capacity: Capacity) -> Result<Pools> {
    make_private(options.get_filename());
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new().test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    let write = pool.max_connections(1).after_release(left_well).connect_with(options.clone()).await?;
    migrations::run_sqlite(&write).await?;
    let read = Pool::new(options.read_only(true), capacity.connections, capacity.query_turns, ());
    Ok(Pools::Sqlite { read, write })
}

/// Makes the file of a new database: SQLite would let everybody read it, and gives its other files the same mode.
fn make_private(file: &Path) {
    // What is there keeps its mode. What cannot be made, SQLite tells of in its own words.
    if !file.starts_with("file:") {
        let _ = private::file().create_new(true).open(file);
    }
}

/// Whether a connection may be used again. A disk that is full ends a transaction behind the back of sqlx, which then
/// believes for ever that it is in one.
fn left_well(connection: &mut SqliteConnection, _: PoolConnectionMetadata) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(async move {
        // What was sent before, as the rollback of a transaction, has happened when this is answered.
        connection.ping().await?;
        Ok(!connection.is_in_transaction())
    })
}

async fn open_postgres(options: PgConnectOptions, capacity: Capacity) -> Result<Pools> {
    let options = options.statement_cache_capacity(STATEMENTS).disable_statement_logging();
    // Its sessions have no limit of time: an index on a large table takes what it takes.
    let unguarded = Pool::of_one(options.clone());
    reach::reach(&options, &unguarded).await?;
    migrations::run_postgres(&unguarded).await?;
    let guard = if let Some(deadline) = capacity.query_deadline {
        Guard::new(unguarded, deadline)
    } else {
        unguarded.close().await;
        Guard::default()
    };
    Ok(Pools::Postgres(Pool::new(options, capacity.connections, capacity.query_turns, guard)))
}
