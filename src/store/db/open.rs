//! Opening a database by its URL.

use super::backend::{Pools, Shared};
use super::interrupt::StatementLimits;
use super::pool::Pool;
use super::{Db, Dialect, Error, Result, log_id, migrations, reach};
use crate::private;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// The code of SQLite's error "unable to open database file".
const SQLITE_CANNOT_OPEN: &str = "14";

/// More than the program has statements, so that each is prepared once per connection.
const MAX_CACHED_STATEMENTS: usize = 512;

/// How much of a database may be used at a time.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// The maximum number of connections (on SQLite: of readers, beside the one writer).
    pub connections: u32,
    /// How many of them queries may use.
    pub query_turns: usize,
    /// How long queries may take; `None` for no limit.
    pub query_deadline: Option<Duration>,
}

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and migrates its tables, unless they are newer already. Queries may use all of
    /// its connections, and take any time.
    ///
    /// # Errors
    /// `Refused` if this program cannot use its tables.
    pub async fn open(url: &str, connections: u32) -> Result<Db> {
        Db::open_for(url, Capacity { connections, query_turns: connections as usize, query_deadline: None }).await
    }

    /// As [`Db::open`], with a capacity.
    ///
    /// # Errors
    /// `Refused` if this program cannot use its tables.
    pub async fn open_for(url: &str, capacity: Capacity) -> Result<Db> {
        let pools = match Dialect::of(url)? {
            Dialect::Sqlite => open_sqlite(url.parse()?, capacity).await?,
            Dialect::Postgres => open_postgres(reach::parse(url)?, capacity).await?,
        };
        let db = Db { pools, shared: Arc::new(Shared::new(log_id::Names::default())) };
        migrations::check(&db).await?;
        let names = log_id::read_or_create(&db).await?;
        Ok(Db { shared: Arc::new(Shared::new(names)), ..db })
    }

    /// Whether the file of `sqlite:FILE` exists, which [`Db::open`] would otherwise create; always true for PostgreSQL.
    pub fn may_exist(url: &str) -> bool {
        sqlite_file(url).is_none_or(|file| Path::new(file).exists())
    }

    /// Closes all connections, each after what runs on it.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => {
                pool.close().await;
                pool.limits().close().await;
            }
        }
    }
}

impl Dialect {
    /// The dialect of the database at a URL.
    ///
    /// # Errors
    /// `Refused` if it is neither SQLite nor PostgreSQL.
    pub fn of(url: &str) -> Result<Dialect> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Dialect::Sqlite),
            Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
            // The message does not repeat the URL, which may contain a password.
            _ => Err(Error::Refused(
                "The database URL is not valid: write sqlite:FILE or postgres://USER@HOST/DATABASE.".to_owned(),
            )),
        }
    }
}

impl Shared {
    fn new(names: log_id::Names) -> Shared {
        let (head, committed) = (watch::Sender::new(0), watch::Sender::new(0));
        let (output, committed_output) = (watch::Sender::new(()), watch::Sender::new(()));
        let writable = watch::Sender::new(true);
        let (statements, commits) = Default::default();
        Shared { names, head, output, committed, committed_output, statements, commits, writable }
    }
}

/// How long to wait for a file that another process owns.
const OWNER_TIMEOUT: Duration = Duration::from_secs(2);

/// The ownership of an SQLite file: one process at a time may serve it. It ends when this is dropped.
pub struct Owner(#[expect(dead_code, reason = "held for its lock")] Option<File>);

impl Owner {
    /// Takes the ownership of `sqlite:FILE`; PostgreSQL needs none. Waits for a moment: a process that was just killed may
    /// have left a child that is about to release the file.
    ///
    /// # Errors
    /// `Refused` while another process owns it.
    pub async fn take(url: &str) -> Result<Owner> {
        let Some(name) = sqlite_file(url) else { return Ok(Owner(None)) };
        let path = PathBuf::from(format!("{name}.lock"));
        let failed =
            |error: io::Error| Error::Refused(format!("Cannot lock {}: {}.", path.display(), private::why(&error)));
        let file = private::file().create(true).truncate(false).open(&path).map_err(failed)?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Owner(Some(file))),
                Err(TryLockError::WouldBlock) if began.elapsed() < OWNER_TIMEOUT => {
                    sleep(Duration::from_millis(20)).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Refused(format!(
                        "Another lockkeeper already serves {name}, and only one process may use an SQLite file. Stop it, or use \
                         PostgreSQL for several processes."
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// The file of `sqlite:FILE`, or `None` for PostgreSQL.
fn sqlite_file(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:").and_then(|path| path.trim_start_matches("//").split('?').next())
}

async fn open_sqlite(options: SqliteConnectOptions, capacity: Capacity) -> Result<Pools> {
    make_private(options.get_filename());
    let file = options.get_filename().to_owned();
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(MAX_CACHED_STATEMENTS)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new().test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    let write = pool.max_connections(1).after_release(is_reusable).connect_with(options.clone());
    let write = write.await.map_err(|error| not_opened(&file, error))?;
    migrations::run_sqlite(&write).await?;
    let read = Pool::new(options.read_only(true), capacity.connections, capacity.query_turns, ());
    Ok(Pools::Sqlite { read, write })
}

/// Creates the file of a new database: SQLite would make it readable for everybody, and gives its other files the same
/// mode.
fn make_private(file: &Path) {
    // An existing file keeps its mode. If this fails, SQLite fails next.
    if !is_in_memory(file) {
        let _ = private::file().create_new(true).open(file);
    }
}

/// Whether this names a database in memory, which is no file.
fn is_in_memory(file: &Path) -> bool {
    file.as_os_str().as_encoded_bytes().starts_with(b"file:")
}

/// What SQLite's "unable to open database file" does not say: which file, and why.
fn not_opened(file: &Path, error: sqlx::Error) -> Error {
    let said = match error.as_database_error() {
        Some(database) if database.code().as_deref() == Some(SQLITE_CANNOT_OPEN) => database.message().to_owned(),
        _ => return error.into(),
    };
    let why = match private::file().read(true).create(true).truncate(false).open(file) {
        Err(error) => private::why(&error),
        // Its folder does not take the files beside it, for example.
        Ok(_) => said,
    };
    Error::Refused(format!("Cannot open {}: {why}.", file.display()))
}

/// Whether a connection may be used again. A full disk ends a transaction without sqlx noticing, which would believe
/// forever that the transaction is open.
fn is_reusable(connection: &mut SqliteConnection, _: PoolConnectionMetadata) -> BoxFuture<'_, sqlx::Result<bool>> {
    Box::pin(async move {
        // When this is answered, earlier commands, such as the rollback of a transaction, are done.
        connection.ping().await?;
        Ok(!connection.is_in_transaction())
    })
}

async fn open_postgres(options: PgConnectOptions, capacity: Capacity) -> Result<Pools> {
    let options = options.statement_cache_capacity(MAX_CACHED_STATEMENTS).disable_statement_logging();
    // Its sessions have no time limit: creating an index on a large table may take long.
    let unlimited = Pool::of_one(options.clone());
    reach::check(&options, &unlimited).await?;
    migrations::run_postgres(&unlimited).await?;
    let limits = if let Some(deadline) = capacity.query_deadline {
        StatementLimits::new(unlimited, deadline)
    } else {
        unlimited.close().await;
        StatementLimits::default()
    };
    Ok(Pools::Postgres(Pool::new(options, capacity.connections, capacity.query_turns, limits)))
}
