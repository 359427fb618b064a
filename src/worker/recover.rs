//! After a worker was lost: taking over its targets, and starting them again.

use super::WorkerRef;
use crate::domain::StepName;
use crate::domain::event::ReleaseEventKind;
use crate::domain::order::Order;
use crate::failpoint;
use crate::release::transition::{self, Transition};
use crate::store::queue::{self, Claimed};
use crate::store::release::ReleaseRow;
use crate::store::worker::{self, Worker};
use crate::store::{Db, Result, events, fleet, instance, release, target};
use std::collections::HashSet;

/// Ends a worker whose beat is still the one that was seen, and takes over the targets that run in its name: all, or those
/// of some executors. From the commit on, the lost worker writes nothing (I3). `taken` gets the targets before the commit,
/// whose answer may be lost.
pub(super) async fn take_over(
    db: &Db,
    me: &WorkerRef,
    lost: &Worker,
    executors: Option<&[String]>,
    taken: &mut HashSet<i64>,
) -> Result<()> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    let releases = worker::releases(&mut tx, lost.id).await?;
    release::lock(&mut tx, &releases).await?;
    if !worker::declare_dead(&mut tx, at, lost).await? {
        return Ok(());
    }
    taken.extend(worker::take_over(&mut tx, lost.id, me.id, &releases, executors).await?);
    failpoint::at("worker::recover::before_take_over");
    tx.commit().await?;
    failpoint::at("worker::recover::after_take_over");
    Ok(())
}

/// What became of the wish to start an interrupted target again.
pub(super) enum Restart {
    Started(Box<Claimed>),
    /// Its release was canceled before the step `run` had ended (R13), or the target no longer runs in the name of this
    /// worker.
    Refused,
    /// The fleet is suspended: it may start again afterwards.
    Suspended,
}

/// Records another start of an interrupted target, with a new fence, at the step that was under way.
pub(super) async fn restart(db: &Db, me: &WorkerRef, lost: &Claimed) -> Result<Restart> {
    let Order { target_id, release_id, instance_id, step, fence, .. } = lost.order;
    let mut tx = db.begin().await?;
    let claims = fleet::share_claims(&mut tx).await?;
    let release = release::lock(&mut tx, &[release_id]).await?.pop();
    // What follows `run` brings the target to its end, and an instance back into service.
    let may_start = |row: &ReleaseRow| !row.under_way.cancel_requested || step > StepName::Run;
    let Some(row) = release.filter(may_start) else { return Ok(Restart::Refused) };
    let running = target::running(&mut tx, me.id, &[target_id]).await?;
    if !running.iter().any(|target| target.fence == fence) {
        return Ok(Restart::Refused);
    }
    let Some(at) = claims else { return Ok(Restart::Suspended) };
    instance::lock_rows(&mut tx, &[instance_id]).await?;
    instance::raise_fences(&mut tx, &[instance_id]).await?;
    queue::begin(&mut tx, at, me.id, &[(target_id, step)]).await?;
    let claimed = queue::claimed(&mut tx, &[target_id]).await?.pop();
    let mut transition = Transition::new(row, &me.name);
    transition.record(ReleaseEventKind::TargetStarted, Some(target_id));
    if lost.steps.len() > 1 {
        transition.record(ReleaseEventKind::TargetStep, Some(target_id));
    }
    let new_events = transition::save(&mut tx, at, [transition]).await?;
    events::append(&mut tx, at, &new_events).await?;
    failpoint::at("worker::recover::before_again");
    tx.commit().await?;
    failpoint::at("worker::recover::after_again");
    Ok(claimed.map_or(Restart::Refused, |claimed| Restart::Started(Box::new(claimed))))
}
