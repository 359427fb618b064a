//! The suspension of the fleet: nothing is claimed anywhere, undos included. Acceptance goes on.

use super::event::fleet_event;
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::event::FleetEventKind;
use crate::domain::{Problems, name};
use crate::store::fleet;

/// Suspends the fleet, and returns the number of the suspension: after the answer no target is claimed. What runs goes on.
/// If it is suspended already, that suspension stays as it is.
pub async fn suspend(app: &App, request: &Request, reason: &str) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = suspending(&mut change, reason).await;
    change.conclude(outcome).await
}

async fn suspending(change: &mut Change<'_>, reason: &str) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    problems.collect(name::needed("reason", reason, name::MAX_REASON));
    problems.into_result()?;
    let standing = fleet::lock_claims(&mut change.tx).await?;
    change.refresh_clock().await?;
    let id = if let Some(id) = standing {
        id
    } else {
        change.record(fleet_event(FleetEventKind::Suspended, None, change.by));
        fleet::suspend(&mut change.tx, reason, change.by, change.now).await?
    };
    Ok(Done::changed(id, Vec::new()))
}

/// Ends the suspension of the fleet. If it is not suspended, this changes nothing.
pub async fn resume(app: &App, request: &Request) -> Answer<()> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = resuming(&mut change).await;
    change.conclude(outcome).await
}

async fn resuming(change: &mut Change<'_>) -> Result<Done<()>, Failure> {
    let standing = fleet::lock_claims(&mut change.tx).await?;
    change.refresh_clock().await?;
    if let Some(id) = standing {
        fleet::resume(&mut change.tx, id, change.by, change.now).await?;
        change.record(fleet_event(FleetEventKind::Resumed, None, change.by));
    }
    Ok(Done::changed((), Vec::new()))
}
