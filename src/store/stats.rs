//! Statistics of the whole database, for monitoring.

use super::{Db, Result};
use crate::domain::Timestamp;
use crate::domain::release::ReleaseStatus;

/// The releases of one status, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Releases {
    pub status: ReleaseStatus,
    pub releases: i64,
    /// Their targets, by status.
    pub queued: i64,
    pub running: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub canceled: i64,
    pub unknown: i64,
    /// When the oldest of them with queued targets was accepted.
    pub waiting_since: Option<Timestamp>,
    /// When they were counted, by the database's clock.
    pub now: Timestamp,
}

/// Returns releases and their targets by status, in one pass over the releases, which have counts of their targets.
pub async fn releases(db: &Db) -> Result<Vec<Releases>> {
    db.query(sql!(
        "SELECT status, count(*) AS releases, CAST(sum(queued) AS bigint) AS queued, CAST(sum(running) AS bigint) AS running,
             CAST(sum(succeeded) AS bigint) AS succeeded, CAST(sum(failed) AS bigint) AS failed,
             CAST(sum(canceled) AS bigint) AS canceled, CAST(sum(unknown) AS bigint) AS unknown,
             min(CASE WHEN queued > 0 THEN created_at END) AS waiting_since, {now} AS now
         FROM release GROUP BY status"
    ))
    .all()
    .await
}
