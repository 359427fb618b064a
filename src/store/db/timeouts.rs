//! How long the database is waited for. A network may cut a connection without notice, and then no answer ever comes:
//! every wait has an end.

use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// A connection that does not respond to a sign of life, or to a short command, within this time is given up.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A statement that is not answered within this time is given up, and its connection with it.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The answer of the database, or an error if it takes longer than this time.
pub(super) fn with_timeout<T>(
    limit: Duration,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> impl Future<Output = sqlx::Result<T>> {
    // In a box, since the future that waits for it contains it.
    let answer = Box::pin(answer);
    let timed_out = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "the database did not answer in time").into());
    async move { timeout(limit, answer).await.unwrap_or_else(timed_out) }
}
