//! From one step of a target to the next: the end of the one and the begin of the other are committed before the latter
//! begins (I8).

use super::WorkerRef;
use super::batch::TargetChange;
use crate::domain::StepName;
use crate::domain::event::ReleaseEventKind;
use crate::domain::order::HostIdentity;
use crate::domain::target::TargetStep;
use crate::failpoint;
use crate::release::transition::{self, Transition};
use crate::store::queue::{self, Claimed, NextStep};
use crate::store::target::{self, OpenTarget};
use crate::store::{Db, Result, events, instance, release, step};
use std::collections::{BTreeMap, HashMap};

/// A target that goes on with its next step.
#[derive(Clone, Debug)]
pub(super) struct Advance {
    pub target_id: i64,
    pub release_id: i64,
    /// The fence of the start: with an older one nothing is written (I3).
    pub fence: i64,
    /// How the step before it ended.
    pub done: TargetStep,
    pub next: StepName,
    /// Where the host is, if the step before found that out.
    pub place: Option<HostIdentity>,
}

impl TargetChange for Advance {
    type Written = Claimed;

    fn target_id(&self) -> i64 {
        self.target_id
    }

    async fn write(db: &Db, me: &WorkerRef, moves: &[Advance]) -> Result<HashMap<i64, Claimed>> {
        advance(db, me, moves).await
    }
}

/// Lets targets go on. Returns those that do, now or since an earlier try, as they are then. A target that no longer runs
/// in the name of this worker, or with a newer fence, is left alone (I3).
pub(super) async fn advance(db: &Db, me: &WorkerRef, moves: &[Advance]) -> Result<HashMap<i64, Claimed>> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    let ids: Vec<i64> = moves.iter().map(|one| one.release_id).collect();
    let rows = release::lock(&mut tx, &ids).await?;
    let mut releases: BTreeMap<i64, Transition> =
        rows.into_iter().map(|row| (row.id, Transition::new(row, &me.name))).collect();
    let by_target: HashMap<i64, &Advance> = moves.iter().map(|one| (one.target_id, one)).collect();
    let targets: Vec<i64> = by_target.keys().copied().collect();
    let own: Vec<(OpenTarget, &Advance)> = target::running(&mut tx, me.id, &targets)
        .await?
        .into_iter()
        .filter_map(|target| {
            let advance = by_target.get(&target.id).filter(|advance| advance.fence == target.fence)?;
            Some((target, *advance))
        })
        .collect();
    // A commit whose answer was lost may have let some of them go on before.
    let new: Vec<&(OpenTarget, &Advance)> =
        own.iter().filter(|(target, advance)| target.step == Some(advance.done.name)).collect();
    let mut drained: Vec<i64> = Vec::new();
    for (target, advance) in &new {
        if advance.next == StepName::Drain {
            drained.push(target.instance_id);
        }
        if let Some(transition) = releases.get_mut(&target.release_id) {
            transition.record(ReleaseEventKind::TargetStep, Some(target.id));
        }
    }
    let ended: Vec<(i64, TargetStep)> = new.iter().map(|(target, advance)| (target.id, advance.done.clone())).collect();
    let next: Vec<NextStep> = new
        .iter()
        .map(|(target, advance)| NextStep { target_id: target.id, step: advance.next, place: advance.place.clone() })
        .collect();
    if !drained.is_empty() {
        instance::lock_rows(&mut tx, &drained).await?;
        instance::drain(&mut tx, at, &drained).await?;
    }
    step::finish(&mut tx, at, &ended).await?;
    queue::advance(&mut tx, at, me.id, &next).await?;
    let going: Vec<i64> = own.iter().map(|(target, _)| target.id).collect();
    let claimed = queue::claimed(&mut tx, &going).await?;
    let new_events = transition::save(&mut tx, at, releases.into_values()).await?;
    events::append(&mut tx, at, &new_events).await?;
    failpoint::at("worker::advance::before_commit");
    tx.commit().await?;
    failpoint::at("worker::advance::after_commit");
    Ok(claimed.into_iter().map(|claimed| (claimed.order.target_id, claimed)).collect())
}
