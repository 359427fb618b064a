//! How long events are kept.

use crate::store::{Db, Result, events, expiry};
use std::time::Duration;

/// Expires and deletes the events that are older than this. The newest event always stays. Returns how many were
/// deleted.
pub async fn keep(db: &Db, kept: Duration) -> Result<u64> {
    expiry::delete_old(db, kept, events::expire, events::delete_expired).await
}
