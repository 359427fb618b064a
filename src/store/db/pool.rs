//! Pools of connections. A connection whose last statement was answered goes back at once, without another word to the
//! database; `lent.rs` sees to the others.

use super::checkout::{Back, Lent};
use super::connections::{Connections, Options, Pooled};
use super::interrupt::Guard;
use super::timeouts::{ANSWER, SILENCE, within};
use super::turns::{Turn, Turns};
use deadpool::managed::{self, Metrics, PoolConfig, PoolError, QueueMode, WeakPool};
use sqlx::{Connection, Postgres};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// A connection is waited for so long at most.
const WAIT: Duration = Duration::from_secs(20);
/// One that nobody took for so long is closed.
const UNUSED: Duration = Duration::from_mins(10);
/// How often unused ones are looked for.
const LOOK: Duration = Duration::from_mins(1);

/// Connections to one database. Clones share them.
pub(super) struct Pool<D: Pooled> {
    connections: managed::Pool<Connections<D>>,
    /// Whose query is next: the other connections are for everything else.
    queries: Turns,
    /// Who waits for a connection, or has one.
    out: TaskTracker,
}

impl<D: Pooled> Clone for Pool<D> {
    fn clone(&self) -> Pool<D> {
        Pool { connections: self.connections.clone(), queries: self.queries.clone(), out: self.out.clone() }
    }
}

impl<D: Pooled> Pool<D> {
    /// Connects when a connection is needed, at most `most` times. At most `queries` queries have one at a time.
    pub fn new(options: Options<D>, most: u32, queries: usize, guard: D::Guard) -> Pool<D> {
        let pool = Pool::keeping(options, most, queries, guard);
        if D::REMOTE {
            tokio::spawn(close_unused(pool.connections.weak()));
        }
        pool
    }

    /// The same, which keeps connections that nobody uses.
    fn keeping(options: Options<D>, most: u32, queries: usize, guard: D::Guard) -> Pool<D> {
        // The last one that was given back goes out first, so that few are kept busy and the others can be closed.
        let config = PoolConfig { queue_mode: QueueMode::Lifo, ..PoolConfig::new(most as usize) };
        let connections = managed::Pool::builder(Connections::new(options, guard)).config(config).build();
        let connections = connections.expect("only a limit of time could be wrong, and there is none");
        Pool { connections, queries: Turns::new(queries), out: TaskTracker::new() }
    }

    /// How it connects.
    pub fn options(&self) -> &Options<D> {
        self.connections.manager().options()
    }

    /// How they are interrupted.
    pub fn guard(&self) -> &D::Guard {
        self.connections.manager().guard()
    }

    /// Lends a connection for a query of this caller, when it is its turn.
    pub async fn lend_to(&self, caller: &str) -> sqlx::Result<Lent<D>> {
        let turn = self.queries.take(caller).await;
        self.lent(Some(turn)).await
    }

    /// Lends a connection.
    pub async fn lend(&self) -> sqlx::Result<Lent<D>> {
        self.lent(None).await
    }

    async fn lent(&self, turn: Option<Turn>) -> sqlx::Result<Lent<D>> {
        let out = self.out.token();
        if self.out.is_closed() {
            return Err(sqlx::Error::PoolClosed);
        }
        match timeout(WAIT, self.connections.get()).await {
            Ok(Ok(connection)) => Ok(Lent::new(connection, Back { turn, out })),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(_)) | Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// How many connections are in use, and how many are open and idle.
    pub fn count(&self) -> (usize, usize) {
        let status = self.connections.status();
        (status.size - status.available, status.available)
    }

    /// Closes all connections, after what runs on them. Nothing is lent from now on.
    pub async fn close(&self) {
        self.out.close();
        self.out.wait().await;
        close_but(&self.connections, |_| false).await;
    }
}

impl Pool<Postgres> {
    /// A pool of one connection, for what needs one apart from the others.
    pub fn of_one(options: Options<Postgres>) -> Pool<Postgres> {
        Pool::keeping(options, 1, 1, Guard::default())
    }

    /// Lends a connection with a transaction.
    pub async fn begin(&self) -> sqlx::Result<Lent<Postgres>> {
        within(ANSWER, async {
            let mut lent = self.lend().await?;
            lent.begin().await?;
            Ok(lent)
        })
        .await
    }
}

/// Closes what nobody needed for long, for as long as there is the pool.
async fn close_unused<D: Pooled>(connections: WeakPool<Connections<D>>) {
    loop {
        sleep(LOOK).await;
        let Some(connections) = connections.upgrade() else { return };
        close_but(&connections, |metrics| metrics.last_used() < UNUSED).await;
    }
}

/// Closes the idle connections but those to keep.
async fn close_but<D: Pooled>(connections: &managed::Pool<Connections<D>>, keep: impl Fn(Metrics) -> bool) {
    for connection in connections.retain(|_, metrics| keep(metrics)).removed {
        let _ = within(SILENCE, connection.connection.close()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;
    use crate::store::db::backend::Pools;
    use crate::store::tests::databases;
    use std::time::Instant;

    #[tokio::test]
    async fn closing_waits_for_what_runs_and_leaves_one_file_behind() {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh("sqlite", directory.path());
        let db = Db::open(&url, 2).await.unwrap();
        let wal = format!("{}-wal", url.strip_prefix("sqlite:").unwrap());
        assert!(std::fs::exists(&wal).unwrap());
        let Pools::Sqlite { read: pool, .. } = &db.pools else { panic!("it is SQLite") };
        let lent = pool.lend().await.unwrap();
        let reading = async {
            sleep(Duration::from_millis(100)).await;
            assert!(matches!(pool.lend().await, Err(sqlx::Error::PoolClosed)));
            drop(lent);
            Instant::now()
        };
        let closing = async {
            db.close().await;
            Instant::now()
        };
        let (closed, read) = tokio::join!(closing, reading);
        assert!(read < closed);
        assert!(!std::fs::exists(&wal).unwrap());
    }
}
