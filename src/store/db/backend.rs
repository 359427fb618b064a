//! The two databases behind one face. Reads take `&Db`, writes take `&mut Tx`; both give a [`Stmt`].

use super::checkout::Lent;
use super::pool::Pool;
use super::statement::{On, Stmt, Via};
use super::{Dialect, Result, sql::Sql};
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
    /// Names this database's event log in cursors.
    pub log_id: String,
    /// The newest position that is known to be committed: a hint that there is something to read.
    pub head: watch::Sender<i64>,
    /// Sent whenever output of a release is known to be committed: a hint, too.
    pub output: watch::Sender<()>,
    /// What this process committed, for others to be told: its newest position, and whenever there was output.
    pub committed: watch::Sender<i64>,
    pub committed_output: watch::Sender<()>,
    /// How many statements were run.
    pub statements: AtomicU64,
    /// How many transactions were committed.
    pub commits: AtomicU64,
    /// Whether what is written is stored, as far as is known.
    pub writable: watch::Sender<bool>,
}

/// A transaction that may write; rolled back when it is dropped.
pub struct Tx {
    inner: Begun,
    shared: Arc<Shared>,
    /// The newest event that it appended.
    appended: Option<i64>,
    /// Whether it stored output of a release.
    output: bool,
}

enum Begun {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Lent<Postgres>),
}

impl Db {
    /// A statement that only reads.
    pub fn query(&self, sql: &'static Sql) -> Stmt<'_> {
        self.shared.count();
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                Stmt::new(&self.shared, sql.sqlite(), On::Sqlite(Via::Pool(read), Default::default()))
            }
            Pools::Postgres(pool) => {
                Stmt::new(&self.shared, sql.postgres(), On::Postgres(Via::Pool(pool), Default::default()))
            }
        }
    }

    /// Begins a transaction. In a task of its own, since a `begin` that is dropped half-way leaves its
    /// pooled connection inside a transaction (transact-rs/sqlx#4393).
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match self.pools.clone() {
            Pools::Sqlite { write, .. } => {
                settled(async move { write.begin_with("BEGIN IMMEDIATE").await }).await.map(Begun::Sqlite)?
            }
            Pools::Postgres(pool) => settled(async move { pool.begin().await }).await.map(Begun::Postgres)?,
        };
        Ok(Tx { inner, shared: self.shared.clone(), appended: None, output: false })
    }

    /// Whether it answers, within this time.
    pub async fn answers(&self, within: Duration) -> bool {
        let answer = self.query(sql!("SELECT CAST(1 AS bigint) AS one")).scalar::<i64>();
        matches!(timeout(within, answer).await, Ok(Ok(_)))
    }

    /// Which of the two databases it is.
    pub fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The name of this database's event log, as cursors bear it.
    pub fn log_id(&self) -> &str {
        &self.shared.log_id
    }

    /// Wakes whoever waits for events: the newest position that is known to be committed, by this process or, as far
    /// as hints come through, by another. A hint only; the log is the truth.
    pub fn head(&self) -> watch::Receiver<i64> {
        self.shared.head.subscribe()
    }

    /// Wakes whoever waits for output of releases, whenever some is known to be committed. A hint only, too.
    pub fn output(&self) -> watch::Receiver<()> {
        self.shared.output.subscribe()
    }

    /// How many connections are in use, and how many are open and idle.
    pub fn connections(&self) -> (usize, usize) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                let ((used, idle), writers) = (read.count(), write.num_idle());
                (used + (write.size() as usize).saturating_sub(writers), idle + writers)
            }
            Pools::Postgres(pool) => pool.count(),
        }
    }

    /// How many statements were run since it was opened, for tests and metrics.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// How many transactions were committed since it was opened, for measurements.
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
            Begun::Sqlite(tx) => {
                Stmt::new(&self.shared, sql.sqlite(), On::Sqlite(Via::Tx(&mut **tx), Default::default()))
            }
            Begun::Postgres(tx) => {
                Stmt::new(&self.shared, sql.postgres(), On::Postgres(Via::Tx(tx.connection()), Default::default()))
            }
        }
    }

    /// This instant by the database's clock, cut to milliseconds.
    pub async fn now(&mut self) -> Result<Timestamp> {
        self.query(sql!("SELECT {now} AS now")).scalar().await
    }

    /// Notes the newest event that it appended, to wake readers when it is committed.
    pub(in crate::store) fn appended(&mut self, position: i64) {
        self.appended = Some(position);
    }

    /// Notes that it stored output of a release, to wake readers when it is committed.
    pub(in crate::store) fn stored_output(&mut self) {
        self.output = true;
    }

    /// Commits, to the end even if nobody waits for it any more, and wakes the log's readers.
    pub async fn commit(self) -> Result<()> {
        let Tx { inner, shared, appended, output } = self;
        let noting = shared.clone();
        let committed = settled(async move {
            match inner {
                Begun::Sqlite(tx) => tx.commit().await?,
                Begun::Postgres(tx) => tx.commit().await?,
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
        noting.noted(committed)
    }
}

/// Tells of a position, unless a newer one was told of before.
pub(super) fn raise(known: &watch::Sender<i64>, position: i64) {
    known.send_if_modified(|known| std::mem::replace(known, position.max(*known)) < position);
}

async fn settled<T: Send + 'static>(work: impl Future<Output = sqlx::Result<T>> + Send + 'static) -> Result<T> {
    Ok(tokio::spawn(work).await.map_err(|_| sqlx::Error::WorkerCrashed)??)
}
