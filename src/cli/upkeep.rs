//! What every process does beside its work. Any number of them may do it on one database at once.

use crate::catalog;
use crate::change;
use crate::events;
use crate::store::{Db, db::hints};
use std::time::Duration;

/// Ends holds, deletes events and audit entries that have been kept for their time, exchanges wake-ups with other
/// processes, and finds out when a database that was full has room again, for as long as it is polled.
pub async fn run(db: Db, keep_events_for: Duration, keep_audit_for: Duration) {
    tokio::join!(
        end_holds(&db),
        keep_events(&db, keep_events_for),
        keep_audit(&db, keep_audit_for),
        hints::exchange(db.clone()),
        db.watch_for_space()
    );
}

/// Ends holds that are past their time, each second (R17).
async fn end_holds(db: &Db) {
    loop {
        if let Err(error) = catalog::end_expired(db).await {
            tracing::warn!(%error, "holds that are past their time could not be ended");
        }
        db.retry_after(Duration::from_secs(1)).await;
    }
}

/// Gives up old events, each hour.
async fn keep_events(db: &Db, kept: Duration) {
    loop {
        match events::keep(db, kept).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "old events were given up"),
            Err(error) => tracing::warn!(%error, "old events could not be given up"),
        }
        db.retry_after(Duration::from_hours(1)).await;
    }
}

/// Deletes old audit entries, each hour, or as often as they get old.
async fn keep_audit(db: &Db, kept: Duration) {
    loop {
        match change::delete_old_audit(db, kept).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "old audit entries were deleted"),
            Err(error) => tracing::warn!(%error, "old audit entries could not be deleted"),
        }
        db.retry_after(kept.clamp(Duration::from_secs(1), Duration::from_hours(1))).await;
    }
}
