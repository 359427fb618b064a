//! How long audit entries and idempotency keys are kept.

use crate::store::{Db, Result, audit, expiry, idempotency};
use std::time::Duration;

/// Deletes the audit entries that are older than `kept`. Returns how many there were (I7).
pub async fn delete_old_audit(db: &Db, kept: Duration) -> Result<u64> {
    expiry::delete_old(db, kept, audit::expire, audit::delete_expired).await
}

/// Deletes the idempotency keys that have been kept for their time. Returns how many there were (R10).
pub async fn delete_old_keys(db: &Db) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let deleted = idempotency::sweep(&mut tx, now).await?;
    tx.commit().await?;
    Ok(deleted)
}
