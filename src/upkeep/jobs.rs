//! The list of jobs.

use super::Retention;
use super::job::Job;
use crate::catalog;
use crate::change;
use crate::events;
use futures_util::FutureExt;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Every job.
pub fn all(retention: Retention) -> Vec<Job> {
    let Retention { events, audit } = retention;
    vec![
        Job::new("end_expired_holds", SECOND, Box::new(|db| async move { catalog::end_expired(&db).await }.boxed())),
        Job::new("delete_old_events", HOUR, Box::new(move |db| async move { events::keep(&db, events).await }.boxed())),
        Job::new(
            "delete_old_audit_entries",
            // A short retention is kept as exactly as it is short, but for a second.
            audit.clamp(SECOND, HOUR),
            Box::new(move |db| async move { change::delete_old_audit(&db, audit).await }.boxed()),
        ),
        Job::new("delete_old_keys", MINUTE, Box::new(|db| async move { change::delete_old_keys(&db).await }.boxed())),
    ]
}
