//! Pools of connections. A connection whose last statement was answered returns at once, without another round trip;
//! `checkout.rs` cleans up the others. The pool of sqlx is not used for reads, since it pings each connection when it
//! returns.

use super::checkout::{Checkout, Reservation};
use super::connections::{Connections, Options, Pooled};
use super::timeouts::{PING_TIMEOUT, STATEMENT_TIMEOUT, with_timeout};
use super::turns::{Turn, Turns};
use deadpool::managed::{self, Metrics, PoolConfig, PoolError, QueueMode, WeakPool};
use sqlx::{Connection, Postgres};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// The longest wait for a connection.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection that was idle for longer is closed.
const MAX_IDLE: Duration = Duration::from_mins(10);
/// How often idle connections are looked for.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_mins(1);

/// Connections to one database. Clones share them.
pub(super) struct Pool<D: Pooled> {
    connections: managed::Pool<Connections<D>>,
    /// The turns of queries; the connections that they leave are for everything else.
    queries: Turns,
    /// Those who wait for a connection or have one.
    users: TaskTracker,
}

impl<D: Pooled> Clone for Pool<D> {
    fn clone(&self) -> Pool<D> {
        Pool { connections: self.connections.clone(), queries: self.queries.clone(), users: self.users.clone() }
    }
}

impl<D: Pooled> Pool<D> {
    /// A pool of at most `max` connections, made when they are needed, of which queries use at most `queries` at a time.
    /// Those that are idle for long are closed.
    pub fn new(options: Options<D>, max: u32, queries: usize, limits: D::Limits) -> Pool<D> {
        let pool = Pool::persistent(options, max, queries, limits);
        if D::REMOTE {
            tokio::spawn(close_idle(pool.connections.weak()));
        }
        pool
    }

    /// As [`Pool::new`], but idle connections stay open.
    fn persistent(options: Options<D>, max: u32, queries: usize, limits: D::Limits) -> Pool<D> {
        // The one that returned last is used first, so that few are busy and the others can be closed.
        let config = PoolConfig { queue_mode: QueueMode::Lifo, ..PoolConfig::new(max as usize) };
        let connections = managed::Pool::builder(Connections::new(options, limits)).config(config).build();
        let connections = connections.expect("only timeouts could be wrong, and there are none");
        Pool { connections, queries: Turns::new(queries), users: TaskTracker::new() }
    }

    /// How its connections are made.
    pub fn options(&self) -> &Options<D> {
        self.connections.manager().options()
    }

    /// How long statements on its connections may take, and how they are canceled.
    pub fn limits(&self) -> &D::Limits {
        self.connections.manager().limits()
    }

    /// Takes a connection for a query of this caller, when it is the caller's turn.
    pub async fn check_out_for(&self, caller: &str) -> sqlx::Result<Checkout<D>> {
        let turn = self.queries.take(caller).await;
        self.take(Some(turn)).await
    }

    /// Takes a connection.
    pub async fn check_out(&self) -> sqlx::Result<Checkout<D>> {
        self.take(None).await
    }

    async fn take(&self, turn: Option<Turn>) -> sqlx::Result<Checkout<D>> {
        let open = self.users.token();
        if self.users.is_closed() {
            return Err(sqlx::Error::PoolClosed);
        }
        match timeout(CHECKOUT_TIMEOUT, self.connections.get()).await {
            Ok(Ok(connection)) => Ok(Checkout::new(connection, Reservation { turn, open })),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(_)) | Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// How many connections are in use, and how many are open and idle.
    pub fn count(&self) -> (usize, usize) {
        let status = self.connections.status();
        (status.size - status.available, status.available)
    }

    /// Closes all connections, each after what runs on it. From now on, none can be taken.
    pub async fn close(&self) {
        self.users.close();
        self.users.wait().await;
        close_all_but(&self.connections, |_| false).await;
    }
}

impl Pool<Postgres> {
    /// A pool of one connection, for work that must not share one with others.
    pub fn of_one(options: Options<Postgres>) -> Pool<Postgres> {
        Pool::persistent(options, 1, 1, Default::default())
    }

    /// Takes a connection and begins a transaction on it.
    pub async fn begin(&self) -> sqlx::Result<Checkout<Postgres>> {
        with_timeout(STATEMENT_TIMEOUT, async {
            let mut connection = self.check_out().await?;
            connection.begin().await?;
            Ok(connection)
        })
        .await
    }
}

/// Closes connections that were idle for long, for as long as the pool exists.
async fn close_idle<D: Pooled>(connections: WeakPool<Connections<D>>) {
    loop {
        sleep(IDLE_CHECK_INTERVAL).await;
        let Some(connections) = connections.upgrade() else { return };
        close_all_but(&connections, |metrics| metrics.last_used() < MAX_IDLE).await;
    }
}

/// Closes the idle connections, except for those to keep.
async fn close_all_but<D: Pooled>(connections: &managed::Pool<Connections<D>>, keep: impl Fn(Metrics) -> bool) {
    for connection in connections.retain(|_, metrics| keep(metrics)).removed {
        let _ = with_timeout(PING_TIMEOUT, connection.connection.close()).await;
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
        let connection = pool.check_out().await.unwrap();
        let reading = async {
            sleep(Duration::from_millis(100)).await;
            assert!(matches!(pool.check_out().await, Err(sqlx::Error::PoolClosed)));
            drop(connection);
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
