//! How long events and output are kept.

use crate::domain::Timestamp;
use crate::store::output_expiry::{self, Stage};
use crate::store::{Db, Result, events, expiry};
use std::time::Duration;

/// Expires and deletes the events that are older than this. The newest event always stays. Returns how many were
/// deleted.
pub async fn keep(db: &Db, kept: Duration) -> Result<u64> {
    expiry::delete_old(db, kept, events::expire, events::delete_expired).await
}

/// Deletes the output of releases that ended longer ago than this, but for the last lines of each failed target, and of
/// those that ended twice as long ago all of it. Returns how many lines were deleted.
pub async fn keep_output(db: &Db, kept: Duration) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    tx.commit().await?;
    let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    let before = |times: i64| Timestamp(now.0.saturating_sub(kept.saturating_mul(times)).max(0));
    let emptied = output_expiry::expire(db, Stage::Empty, before(2)).await?;
    Ok(emptied + output_expiry::expire(db, Stage::Thin, before(1)).await?)
}
