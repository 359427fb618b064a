//! Tables whose old rows expire at once, and are deleted in small transactions, so that no writer waits for long.

use super::{Db, Result, Tx};
use crate::domain::Timestamp;
use std::time::Duration;

/// Rows that are deleted in one transaction.
const MAX_ROWS_DELETED: i64 = 10_000;

/// Lets rows that are older than `kept` expire, and deletes what has expired. `expire` gets the instant before which
/// rows are too old, `delete` the most rows to delete at once. Returns how many were deleted.
pub async fn delete_old(
    db: &Db,
    kept: Duration,
    expire: impl AsyncFnOnce(&mut Tx, Timestamp) -> Result<()>,
    delete: impl AsyncFn(&mut Tx, i64) -> Result<u64>,
) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let before = i64::try_from(kept.as_millis()).map_or(0, |kept| now.0.saturating_sub(kept).max(0));
    expire(&mut tx, Timestamp(before)).await?;
    tx.commit().await?;
    let mut deleted = 0;
    loop {
        let mut tx = db.begin().await?;
        let batch = delete(&mut tx, MAX_ROWS_DELETED).await?;
        tx.commit().await?;
        deleted += batch;
        if batch < MAX_ROWS_DELETED as u64 {
            return Ok(deleted);
        }
    }
}
