//! Waiting before a transaction is tried again.

use crate::store::Db;
use std::time::Duration;

/// The mean delay before the database is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// Waits about [`RETRY_DELAY`], and until the database can be written. The delay is random, so that workers that failed at
/// once do not try again at once.
pub(super) async fn pause(db: &Db) {
    db.retry_after(RETRY_DELAY.mul_f64(rand::random_range(0.5..1.5))).await;
}
