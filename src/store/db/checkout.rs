//! Connections while they are out of their pool.

use super::connections::{Connections, Pooled};
use super::interrupt::over;
use super::timeouts::{ANSWER, SILENCE, within};
use super::turns::Turn;
use deadpool::managed::Object;
use sqlx::Postgres;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// A connection on its way from the pool and back. Settled, it goes back at once when it is dropped; else it is settled
/// first, in a task of its own: what was begun on it and not committed is taken back, and a reading that nobody waits for
/// any more is interrupted.
pub(super) struct Lent<D: Pooled> {
    /// There until it is dropped.
    connection: Option<Object<Connections<D>>>,
    state: State,
    begun: bool,
    /// Whether what is not answered is interrupted.
    only_reads: bool,
    back: Back,
}

/// What ends when a connection is back in its pool.
pub(super) struct Back {
    /// The turn of the query that it was lent for.
    pub turn: Option<Turn>,
    /// The pool is not closed before.
    pub out: TaskTrackerToken,
}

/// What is known of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// All that was asked on it was answered, and nothing is begun.
    Settled,
    /// Something may be unanswered.
    Asked,
    /// It was answered that something failed.
    Failed,
}

impl<D: Pooled> Lent<D> {
    pub fn new(connection: Object<Connections<D>>, back: Back) -> Lent<D> {
        Lent { connection: Some(connection), state: State::Settled, begun: false, only_reads: false, back }
    }

    /// Asks something on it. It is settled again when the answer is there and no error.
    pub async fn ask<T>(&mut self, what: impl AsyncFnOnce(&mut D::Connection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        let answer = what(self.connection()).await;
        self.state = match answer {
            Ok(_) if !self.begun => State::Settled,
            Ok(_) => State::Asked,
            Err(_) => State::Failed,
        };
        answer
    }

    /// Reads on it: a statement that is interrupted when this is dropped before its answer is there.
    pub async fn read<T>(&mut self, what: impl AsyncFnOnce(&mut D::Connection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        self.only_reads = true;
        self.ask(what).await
    }

    /// The connection itself. It is not settled any more, since whatever is asked on it may go unanswered.
    pub fn connection(&mut self) -> &mut D::Connection {
        self.state = State::Asked;
        &mut self.connection.as_mut().expect("it is there until it is dropped").connection
    }
}

impl Lent<Postgres> {
    /// Begins a transaction.
    pub async fn begin(&mut self) -> sqlx::Result<()> {
        self.begun = true;
        Postgres::run(self.connection(), "BEGIN").await
    }

    /// Commits. After an error nobody knows whether it did.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        within(ANSWER, Postgres::run(self.connection(), "COMMIT")).await?;
        (self.begun, self.state) = (false, State::Settled);
        Ok(())
    }
}

impl<D: Pooled> Drop for Lent<D> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.state != State::Settled
        {
            let back = Back { turn: self.back.turn.take(), out: self.back.out.clone() };
            let interrupted = self.only_reads && self.state == State::Asked;
            tokio::spawn(settle(back, connection, self.begun, interrupted));
        }
    }
}

/// Sees to it that nothing is left on a connection before it goes back.
async fn settle<D: Pooled>(back: Back, mut connection: Object<Connections<D>>, begun: bool, interrupted: bool) {
    let settled = match (begun, interrupted) {
        (true, _) => within(SILENCE, D::run(&mut connection.connection, "ROLLBACK")).await,
        (false, true) => within(SILENCE, D::interrupt(&mut connection)).await,
        (false, false) => within(SILENCE, over(&mut connection.connection)).await,
    };
    if settled.is_err() {
        // It ends when it is dropped, heard or not, and its place in the pool is free.
        drop(Object::take(connection));
    } else {
        drop(connection);
    }
    drop(back);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;
    use crate::store::db::backend::Pools;
    use crate::store::tests::databases;
    use std::time::{Duration, Instant};
    use tokio::time::timeout;

    /// How many connections for reading are in use.
    fn used(db: &Db) -> usize {
        match &db.pools {
            Pools::Sqlite { read, .. } => read.count().0,
            Pools::Postgres(pool) => pool.count().0,
        }
    }

    /// What a statement gives that gives one number.
    async fn number(db: &Db, text: &'static str) -> i64 {
        let answer = match &db.pools {
            Pools::Sqlite { read, .. } => {
                read.lend().await.unwrap().ask(async |on| sqlx::query_scalar(text).fetch_one(on).await).await
            }
            Pools::Postgres(pool) => {
                pool.lend().await.unwrap().ask(async |on| sqlx::query_scalar(text).fetch_one(on).await).await
            }
        };
        answer.unwrap()
    }

    // The tests run on one thread: a task that is spawned does nothing before they wait for something.

    #[tokio::test]
    async fn a_connection_whose_statement_was_answered_goes_back_at_once_and_without_a_word() {
        for kind in databases::BOTH {
            let directory = tempfile::tempdir().unwrap();
            let db = Db::open(&databases::fresh(kind, directory.path()), 1).await.unwrap();
            assert_eq!(number(&db, "SELECT CAST(1 AS bigint)").await, 1, "{kind}");
            assert_eq!(used(&db), 0, "{kind}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_not_lent_again_before_what_was_given_up_on_it_is_over() {
        let long = [
            "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 500000) SELECT max(n) FROM up",
            "SELECT CAST(1 AS bigint) FROM pg_sleep(0.5)",
        ];
        for (kind, long) in databases::BOTH.into_iter().zip(long) {
            let directory = tempfile::tempdir().unwrap();
            let db = Db::open(&databases::fresh(kind, directory.path()), 1).await.unwrap();
            assert!(timeout(Duration::from_millis(20), number(&db, long)).await.is_err(), "{kind}: it is too quick");
            assert_eq!(used(&db), 1, "{kind}");
            assert_eq!(number(&db, "SELECT CAST(2 AS bigint)").await, 2, "{kind}");
            assert_eq!(db.connections().0, 0, "{kind}");
        }
    }

    #[tokio::test]
    async fn i2_what_a_transaction_had_locked_is_free_as_soon_as_it_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh("postgres", directory.path()), 2).await.unwrap();
        let Pools::Postgres(pool) = &db.pools else { panic!("it is PostgreSQL") };
        let (mut other, mut given_up) = (pool.lend().await.unwrap(), pool.begin().await.unwrap());
        let lock = "SELECT pg_advisory_xact_lock(7)";
        Postgres::run(given_up.connection(), lock).await.unwrap();
        let began = Instant::now();
        drop(given_up);
        Postgres::run(other.connection(), lock).await.unwrap();
        // By itself the database would end the transaction after 20 seconds.
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
}
