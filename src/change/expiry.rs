//! How long audit entries and idempotency keys are kept.

use crate::domain::Timestamp;
use crate::store::{Db, Result, audit, idempotency};
use std::time::Duration;

/// Entries that are deleted in one transaction.
const BATCH: i64 = 10_000;

/// Deletes the audit entries that are older than `kept`, in small transactions, so that no writer waits long.
/// Returns how many there were (I7).
pub async fn delete_old_audit(db: &Db, kept: Duration) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let before = i64::try_from(kept.as_millis()).map_or(0, |kept| now.0.saturating_sub(kept).max(0));
    audit::expire(&mut tx, Timestamp(before)).await?;
    tx.commit().await?;
    let mut deleted = 0;
    loop {
        let mut tx = db.begin().await?;
        let batch = audit::delete_expired(&mut tx, BATCH).await?;
        tx.commit().await?;
        deleted += batch;
        if batch < BATCH as u64 {
            return Ok(deleted);
        }
    }
}

/// Deletes the idempotency keys that have been kept for their time. Returns how many there were (R10).
pub async fn delete_old_keys(db: &Db) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let deleted = idempotency::sweep(&mut tx, now).await?;
    tx.commit().await?;
    Ok(deleted)
}
