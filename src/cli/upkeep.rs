//! What every process does beside its work. Any number of them may do it on one database at once.

use crate::catalog;
use crate::events;
use crate::store::{Db, hints};
use std::time::Duration;

/// Ends holds, gives up events older than `kept`, exchanges wake-ups with other processes, and finds out when a database
/// that was full has room again, for as long as it is polled.
pub async fn run(db: Db, kept: Duration) {
    tokio::join!(end_holds(&db), keep_events(&db, kept), hints::exchange(db.clone()), db.look_for_room());
}

/// Ends holds that are past their time, each second (R17).
async fn end_holds(db: &Db) {
    loop {
        if let Err(error) = catalog::hold::sweep(db).await {
            tracing::warn!(%error, "holds that are past their time could not be ended");
        }
        db.again(Duration::from_secs(1)).await;
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
        db.again(Duration::from_hours(1)).await;
    }
}
