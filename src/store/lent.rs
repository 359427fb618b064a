//! Connections to PostgreSQL while they are out of their pool. The network may cut one without a word, and then an answer
//! would be waited for in vain: nothing is waited for without an end, and what is cut is not kept.

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, PgPool, Postgres};
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use tokio::time::timeout;

/// A connection that gives no sign of life for so long when it is asked for one is given up.
const SILENCE: Duration = Duration::from_secs(5);

/// A statement that is not answered for so long is given up, and its connection with it.
pub(super) const ANSWER: Duration = Duration::from_secs(30);

/// A connection on its way from the pool and back. What was begun on it and not committed is taken back.
pub(super) struct Lent {
    /// There until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    begun: bool,
}

impl Lent {
    /// Takes one out and begins a transaction.
    pub async fn begin(pool: &PgPool) -> sqlx::Result<Lent> {
        within(ANSWER, async {
            let mut lent = Lent::from(pool.acquire().await?);
            lent.begun = true;
            lent.execute("BEGIN").await?;
            Ok(lent)
        })
        .await
    }

    /// Commits. After an error nobody knows whether it did.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        within(ANSWER, self.execute("COMMIT")).await?;
        self.begun = false;
        Ok(())
    }
}

impl From<PoolConnection<Postgres>> for Lent {
    fn from(connection: PoolConnection<Postgres>) -> Lent {
        Lent { connection: Some(connection), begun: false }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            tokio::spawn(give_back(connection, self.begun));
        }
    }
}

/// Returns a connection to its pool. By itself the pool would wait for an answer for ever, and the connection's place in
/// it would be lost.
async fn give_back(mut connection: PoolConnection<Postgres>, begun: bool) {
    if begun && within(SILENCE, connection.execute("ROLLBACK")).await.is_err() {
        // It ends within a few seconds, heard or not.
        return connection.close_on_drop();
    }
    // Dropped before it is done, it gives the place free.
    let _ = timeout(SILENCE, connection.return_to_pool()).await;
}

/// Asks for a sign of life.
pub(super) async fn alive(connection: &mut PgConnection) -> sqlx::Result<()> {
    within(SILENCE, connection.ping()).await
}

/// What the database answers, unless that takes longer than so long.
pub(super) fn within<T>(
    time: Duration,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> impl Future<Output = sqlx::Result<T>> {
    // In a box, since whoever waits for it has to have room for it.
    let answer = Box::pin(answer);
    let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "the database gave no answer").into());
    async move { timeout(time, answer).await.unwrap_or_else(silent) }
}
