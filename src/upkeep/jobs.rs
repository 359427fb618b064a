//! The list of jobs.

use super::job::{Job, Run};
use crate::catalog;
use crate::change;
use crate::domain::retention::Retention;
use crate::events;
use crate::release::settle;
use futures_util::FutureExt;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Every job. What is kept for ever has none.
pub fn all(retention: Retention) -> Vec<Job> {
    let Retention { output, events, audit } = retention;
    let mut jobs = vec![
        Job::new("end_expired_holds", SECOND, Box::new(|db| async move { catalog::end_expired(&db).await }.boxed())),
        Job::new(
            "list_freeze_periods",
            HOUR,
            Box::new(|db| async move { catalog::window::list_periods(&db).await }.boxed()),
        ),
        Job::new("settle_due_releases", SECOND, Box::new(|db| async move { settle::settle_due(&db).await }.boxed())),
        Job::new("delete_old_keys", MINUTE, Box::new(|db| async move { change::delete_old_keys(&db).await }.boxed())),
    ];
    if let Some(kept) = events {
        let run: Run = Box::new(move |db| async move { events::keep(&db, kept).await }.boxed());
        jobs.push(Job::new("delete_old_events", period(kept), run));
    }
    if let Some(kept) = audit {
        let run: Run = Box::new(move |db| async move { change::delete_old_audit(&db, kept).await }.boxed());
        jobs.push(Job::new("delete_old_audit_entries", period(kept), run));
    }
    if let Some(kept) = output {
        let run: Run = Box::new(move |db| async move { events::keep_output(&db, kept).await }.boxed());
        jobs.push(Job::new("delete_old_output", period(kept), run));
    }
    jobs
}

/// A short retention is kept as exactly as it is short, but for a second.
fn period(kept: Duration) -> Duration {
    kept.clamp(SECOND, HOUR)
}
