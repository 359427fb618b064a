//! The two databases behind one interface. Reads take `&Db`, writes take `&mut Tx`; both make a [`Stmt`].

use super::checkout::Checkout;
use super::pool::Pool;
use super::statement::{Access, Destination, Stmt};
use super::{Dialect, Result, log_id, sql::Sql};
use crate::domain::Timestamp;
use sqlx::{Postgres, Sqlite, SqlitePool, Transaction};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// An open database. Clones share its connections.
#[derive(Clone)]
pub struct Db {
    pub(super) pools: Pools,
    pub(super) shared: Arc<Shared>,
}

#[derive(Clone)]
pub(super) enum Pools {
    /// One connection writes, the others only read.
    Sqlite {
        read: Pool<Sqlite>,
        write: SqlitePool,
    },
    Postgres(Pool<Postgres>),
}

/// What all clones of a [`Db`] share.
pub(super) struct Shared {
    pub names: log_id::Names,
    /// The newest position that is known to be committed: a hint that there are events to read.
    pub head: watch::Sender<i64>,
    /// Sent whenever output of a release is known to be committed: also a hint.
    pub output: watch::Sender<()>,
    /// What this process itself committed, to notify others: its newest position, and whenever there was output.
    pub committed: watch::Sender<i64>,
    pub committed_output: watch::Sender<()>,
    /// The number of statements that were run.
    pub statements: AtomicU64,
    /// The number of transactions that were committed.
    pub commits: AtomicU64,
    /// Whether the database can be written, as far as is known.
    pub writable: watch::Sender<bool>,
}

/// A transaction that may write; it is rolled back when it is dropped without a commit.
pub struct Tx {
    inner: OpenTransaction,
    shared: Arc<Shared>,
    /// The position of the newest event that it appended.
    appended: Option<i64>,
    /// Whether it stored output of a release.
    output: bool,
}

enum OpenTransaction {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Checkout<Postgres>),
}

impl Db {
    /// A statement that only reads.
    pub fn query(&self, sql: &'static Sql) -> Stmt<'_> {
        self.shared.count();
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                Stmt::new(&self.shared, sql.sqlite(), Destination::Sqlite(Access::Pool(read), Default::default()))
            }
            Pools::Postgres(pool) => {
                Stmt::new(&self.shared, sql.postgres(), Destination::Postgres(Access::Pool(pool), Default::default()))
            }
        }
    }

    /// Begins a transaction, in a task of its own: a `begin` that is dropped before its answer leaves its pooled
    /// connection inside a transaction (transact-rs/sqlx#4393).
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match self.pools.clone() {
            Pools::Sqlite { write, .. } => in_own_task(async move { write.begin_with("BEGIN IMMEDIATE").await })
                .await
                .map(OpenTransaction::Sqlite)?,
            Pools::Postgres(pool) => {
                in_own_task(async move { pool.begin().await }).await.map(OpenTransaction::Postgres)?
            }
        };
        Ok(Tx { inner, shared: self.shared.clone(), appended: None, output: false })
    }

    /// Whether the database answers within this time.
    pub async fn answers(&self, limit: Duration) -> bool {
        let answer = self.query(sql!("SELECT CAST(1 AS bigint) AS one")).scalar::<i64>();
        matches!(timeout(limit, answer).await, Ok(Ok(_)))
    }

    /// Which of the two databases this is.
    pub fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The name of this database's event log, which cursors contain.
    pub fn log_id(&self) -> &str {
        &self.shared.names.id
    }

    /// The name of this database on hosts. It stays the same when the database is restored.
    pub fn database_id(&self) -> &str {
        &self.shared.names.database_id
    }

    /// Changes when events were committed: the newest position that is known, from this process or, if its notification
    /// arrives, from another. Only a hint; the table is the truth.
    pub fn head(&self) -> watch::Receiver<i64> {
        self.shared.head.subscribe()
    }

    /// Changes when output of releases was committed. Only a hint, too.
    pub fn output(&self) -> watch::Receiver<()> {
        self.shared.output.subscribe()
    }

    /// The numbers of connections in use, and of idle ones.
    pub fn connections(&self) -> (usize, usize) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                let ((used, idle), writers) = (read.count(), write.num_idle());
                (used + (write.size() as usize).saturating_sub(writers), idle + writers)
            }
            Pools::Postgres(pool) => pool.count(),
        }
    }

    /// The number of statements run since the database was opened, for tests and metrics.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// The number of transactions committed since the database was opened, for measurements.
    pub fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }
}

impl Shared {
    pub(super) fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }
}

impl Tx {
    /// A statement of this transaction.
    pub fn query(&mut self, sql: &'static Sql) -> Stmt<'_> {
        self.shared.count();
        match &mut self.inner {
            OpenTransaction::Sqlite(tx) => {
                Stmt::new(&self.shared, sql.sqlite(), Destination::Sqlite(Access::Tx(&mut **tx), Default::default()))
            }
            OpenTransaction::Postgres(tx) => Stmt::new(
                &self.shared,
                sql.postgres(),
                Destination::Postgres(Access::Tx(tx.connection()), Default::default()),
            ),
        }
    }

    /// The present instant by the database's clock, in whole milliseconds.
    pub async fn now(&mut self) -> Result<Timestamp> {
        self.query(sql!("SELECT {now} AS now")).scalar().await
    }

    /// Notes the newest event that was appended, whose readers are woken after the commit.
    pub(in crate::store) fn appended(&mut self, position: i64) {
        self.appended = Some(position);
    }

    /// Notes that output of a release was stored, whose readers are woken after the commit.
    pub(in crate::store) fn stored_output(&mut self) {
        self.output = true;
    }

    /// Commits, also if this future is dropped meanwhile, and wakes the readers of what was written.
    pub async fn commit(self) -> Result<()> {
        let Tx { inner, shared, appended, output } = self;
        let watching = shared.clone();
        let committed = in_own_task(async move {
            match inner {
                OpenTransaction::Sqlite(tx) => tx.commit().await?,
                OpenTransaction::Postgres(tx) => tx.commit().await?,
            }
            shared.commits.fetch_add(1, Ordering::Relaxed);
            if let Some(position) = appended {
                raise(&shared.head, position);
                raise(&shared.committed, position);
            }
            if output {
                shared.output.send_replace(());
                shared.committed_output.send_replace(());
            }
            Ok(())
        })
        .await;
        watching.watched(committed)
    }
}

/// Publishes a position, unless a newer one is known.
pub(super) fn raise(known: &watch::Sender<i64>, position: i64) {
    known.send_if_modified(|known| std::mem::replace(known, position.max(*known)) < position);
}

async fn in_own_task<T: Send + 'static>(work: impl Future<Output = sqlx::Result<T>> + Send + 'static) -> Result<T> {
    Ok(tokio::spawn(work).await.map_err(|_| sqlx::Error::WorkerCrashed)??)
}
