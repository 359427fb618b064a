//! How long the database is waited for. The network may cut a connection without a word, and then an answer would be
//! waited for in vain: nothing is waited for without an end.

use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// A connection that gives no sign of life for so long when it is asked for one is given up.
pub(super) const SILENCE: Duration = Duration::from_secs(5);

/// A statement that is not answered for so long is given up, and its connection with it.
pub(super) const ANSWER: Duration = Duration::from_secs(30);

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
