//! How long events are kept.

use crate::domain::Timestamp;
use crate::store::{Db, Result, events};
use std::time::Duration;

/// Events that are deleted in one transaction.
const PORTION: i64 = 10_000;

/// Gives up and deletes what is older than this, in small transactions, so that no writer waits for long.
/// The newest event always stays.
pub async fn keep(db: &Db, kept: Duration) -> Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let before = i64::try_from(kept.as_millis()).map_or(0, |kept| now.0.saturating_sub(kept).max(0));
    events::expire(&mut tx, Timestamp(before)).await?;
    tx.commit().await?;
    let mut deleted = 0;
    loop {
        let mut tx = db.begin().await?;
        let portion = events::delete_expired(&mut tx, PORTION).await?;
        tx.commit().await?;
        deleted += portion;
        if portion < PORTION as u64 {
            return Ok(deleted);
        }
    }
}
