//! How long events are kept.

use crate::domain::Timestamp;
use crate::store::{Db, Result, events};
use std::time::Duration;

/// Events that are deleted in one transaction.
const MAX_ROWS_DELETED: i64 = 10_000;

/// Expires and deletes the events that are older than this, in small transactions, so that no writer waits for long. The
/// newest event always stays. Returns how many were deleted.
pub async fn keep(db: &Db, kept: Duration) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let before = i64::try_from(kept.as_millis()).map_or(0, |kept| now.0.saturating_sub(kept).max(0));
    events::expire(&mut tx, Timestamp(before)).await?;
    tx.commit().await?;
    let mut deleted = 0;
    loop {
        let mut tx = db.begin().await?;
        let batch = events::delete_expired(&mut tx, MAX_ROWS_DELETED).await?;
        tx.commit().await?;
        deleted += batch;
        if batch < MAX_ROWS_DELETED as u64 {
            return Ok(deleted);
        }
    }
}
