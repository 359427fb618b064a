//! Connections while they are out of their pool.

use super::connections::{Connections, Pooled, drain};
use super::timeouts::{PING_TIMEOUT, STATEMENT_TIMEOUT, with_timeout};
use super::turns::Turn;
use deadpool::managed::Object;
use sqlx::Postgres;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// A connection that is out of its pool, to which it returns when this is dropped: at once if everything on it was
/// answered. Otherwise a task cleans it up first: it rolls back a transaction that was not committed, and interrupts a
/// read that nobody waits for any more.
pub(super) struct Checkout<D: Pooled> {
    /// `Some` until it is dropped.
    connection: Option<Object<Connections<D>>>,
    answers: Answers,
    in_transaction: bool,
    /// Whether a statement without an answer is interrupted.
    only_reads: bool,
    reservation: Reservation,
}

/// What is held until the connection is back in its pool.
pub(super) struct Reservation {
    /// The turn of the query for which the connection was checked out.
    pub turn: Option<Turn>,
    /// Keeps the pool from being closed.
    pub open: TaskTrackerToken,
}

/// What is known of the statements that were sent on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// All were answered, and no transaction is open.
    Complete,
    /// One may have no answer yet.
    Pending,
    /// The last answer was an error.
    Failed,
}

impl<D: Pooled> Checkout<D> {
    pub fn new(connection: Object<Connections<D>>, reservation: Reservation) -> Checkout<D> {
        let connection = Some(connection);
        Checkout { connection, answers: Answers::Complete, in_transaction: false, only_reads: false, reservation }
    }

    /// Runs a statement.
    pub async fn run<T>(
        &mut self,
        statement: impl AsyncFnOnce(&mut D::Connection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let answer = statement(self.connection()).await;
        self.answers = match answer {
            Ok(_) if !self.in_transaction => Answers::Complete,
            Ok(_) => Answers::Pending,
            Err(_) => Answers::Failed,
        };
        answer
    }

    /// Runs a statement that only reads, and is interrupted when this is dropped before it is answered.
    pub async fn read<T>(
        &mut self,
        statement: impl AsyncFnOnce(&mut D::Connection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        self.only_reads = true;
        self.run(statement).await
    }

    /// The connection itself. From then on, a statement on it may be without an answer.
    pub fn connection(&mut self) -> &mut D::Connection {
        self.answers = Answers::Pending;
        &mut self.connection.as_mut().expect("it is there until this is dropped").connection
    }
}

impl Checkout<Postgres> {
    /// Begins a transaction.
    pub async fn begin(&mut self) -> sqlx::Result<()> {
        self.in_transaction = true;
        Postgres::run(self.connection(), "BEGIN").await
    }

    /// Commits the transaction. After an error it is unknown whether it was committed.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        with_timeout(STATEMENT_TIMEOUT, Postgres::run(self.connection(), "COMMIT")).await?;
        (self.in_transaction, self.answers) = (false, Answers::Complete);
        Ok(())
    }
}

impl<D: Pooled> Drop for Checkout<D> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.answers != Answers::Complete
        {
            let reservation = Reservation { turn: self.reservation.turn.take(), open: self.reservation.open.clone() };
            let interrupt = self.only_reads && self.answers == Answers::Pending;
            tokio::spawn(clean_up(reservation, connection, self.in_transaction, interrupt));
        }
    }
}

/// Makes sure that nothing is left on a connection before it returns to its pool.
async fn clean_up<D: Pooled>(
    reservation: Reservation,
    mut connection: Object<Connections<D>>,
    in_transaction: bool,
    interrupt: bool,
) {
    let cleaned = match (in_transaction, interrupt) {
        (true, _) => with_timeout(PING_TIMEOUT, D::run(&mut connection.connection, "ROLLBACK")).await,
        (false, true) => with_timeout(PING_TIMEOUT, D::interrupt(&mut connection)).await,
        (false, false) => with_timeout(PING_TIMEOUT, drain(&mut connection.connection)).await,
    };
    if cleaned.is_err() {
        // Dropping it closes it, and frees its place in the pool.
        drop(Object::take(connection));
    } else {
        drop(connection);
    }
    drop(reservation);
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

    /// The number that a statement returns.
    async fn number(db: &Db, text: &'static str) -> i64 {
        let answer = match &db.pools {
            Pools::Sqlite { read, .. } => {
                read.check_out().await.unwrap().run(async |on| sqlx::query_scalar(text).fetch_one(on).await).await
            }
            Pools::Postgres(pool) => {
                pool.check_out().await.unwrap().run(async |on| sqlx::query_scalar(text).fetch_one(on).await).await
            }
        };
        answer.unwrap()
    }

    // The tests run on one thread: a spawned task does nothing before they wait for something.

    async fn a_connection_whose_statement_was_answered_returns_at_once_without_another_statement(kind: &str) {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh(kind, directory.path()), 1).await.unwrap();
        assert_eq!(number(&db, "SELECT CAST(1 AS bigint)").await, 1, "{kind}");
        assert_eq!(used(&db), 0, "{kind}");
    }
    testkit::on_both!(a_connection_whose_statement_was_answered_returns_at_once_without_another_statement);

    async fn a_connection_is_not_lent_again_before_what_was_abandoned_on_it_is_over(kind: &str) {
        let long = match kind {
            "sqlite" => {
                "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 500000) SELECT max(n) FROM up"
            }
            _ => "SELECT CAST(1 AS bigint) FROM pg_sleep(0.5)",
        };
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh(kind, directory.path()), 1).await.unwrap();
        assert!(
            timeout(Duration::from_millis(20), number(&db, long)).await.is_err(),
            "{kind}: the statement was too quick"
        );
        assert_eq!(used(&db), 1, "{kind}");
        assert_eq!(number(&db, "SELECT CAST(2 AS bigint)").await, 2, "{kind}");
        assert_eq!(db.connections().0, 0, "{kind}");
    }
    testkit::on_both!(a_connection_is_not_lent_again_before_what_was_abandoned_on_it_is_over);

    #[tokio::test]
    async fn i2_what_a_transaction_had_locked_is_free_as_soon_as_it_is_abandoned() {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh("postgres", directory.path()), 2).await.unwrap();
        let Pools::Postgres(pool) = &db.pools else { panic!("it is PostgreSQL") };
        let (mut other, mut abandoned) = (pool.check_out().await.unwrap(), pool.begin().await.unwrap());
        let lock = "SELECT pg_advisory_xact_lock(7)";
        Postgres::run(abandoned.connection(), lock).await.unwrap();
        let began = Instant::now();
        drop(abandoned);
        Postgres::run(other.connection(), lock).await.unwrap();
        // Otherwise the database would end the transaction after 20 seconds.
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
}
