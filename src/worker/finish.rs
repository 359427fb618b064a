//! Writing the ends of targets, and what follows for their releases (R12, R14, R16).

use super::WorkerRef;
use super::batch::TargetChange;
use crate::domain::release::Ends;
use crate::domain::target::{End, ReleaseTargetStatus};
use crate::failpoint;
use crate::release::follow_up::automatic::Undoable;
use crate::release::journal;
use crate::release::settle::settle;
use crate::release::transition::Transition;
use crate::store::target::{self, OpenTarget};
use crate::store::{Db, Result, events};
use std::collections::{BTreeMap, HashMap};

/// The end of one start of one target.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub target_id: i64,
    pub release_id: i64,
    /// The fence of the start: with an older one nothing is written (I3).
    pub fence: i64,
    pub end: End,
}

impl TargetChange for Ending {
    type Written = ();

    fn target_id(&self) -> i64 {
        self.target_id
    }

    async fn write(db: &Db, me: &WorkerRef, endings: &[Ending]) -> Result<HashMap<i64, ()>> {
        Ok(finish(db, me, endings).await?.into_iter().map(|target| (target, ())).collect())
    }
}

/// Ends targets. Returns those that have ended like this, now or in an earlier try. A target that no longer runs in the
/// name of this worker, or with a newer fence, is left alone (I3).
pub(super) async fn finish(db: &Db, me: &WorkerRef, endings: &[Ending]) -> Result<Vec<i64>> {
    let mut ends: BTreeMap<i64, Ends> = BTreeMap::new();
    for ending in endings {
        let ends = ends.entry(ending.release_id).or_default();
        ends.count += 1;
        ends.may_fail |= ending.end.status != ReleaseTargetStatus::Succeeded;
    }
    // Without the locks of their releases, two last targets that end at once would leave a release running.
    let (mut tx, undoable, rows) = Undoable::lock_releases(db, &ends).await?;
    let at = tx.now().await?;
    let releases: BTreeMap<i64, Transition> =
        rows.into_iter().map(|row| (row.id, Transition::new(row, &me.name))).collect();
    let by_target: HashMap<i64, &Ending> = endings.iter().map(|ending| (ending.target_id, ending)).collect();
    let targets: Vec<i64> = by_target.keys().copied().collect();
    let ended: Vec<(OpenTarget, End)> = target::running(&mut tx, me.id, &targets)
        .await?
        .into_iter()
        .filter_map(|target| {
            let ending = by_target.get(&target.id).filter(|ending| ending.fence == target.fence)?;
            Some((target, ending.end.clone()))
        })
        .collect();
    let mut written: Vec<i64> = ended.iter().map(|(target, _)| target.id).collect();
    if ended.len() < by_target.len() {
        // An end may have been written by a commit whose answer was lost.
        let before = target::ended_by(&mut tx, me.id, &targets).await?;
        let own = |(id, fence): &(i64, i64)| by_target.get(id).is_some_and(|ending| ending.fence == *fence);
        written.extend(before.into_iter().filter(own).map(|(id, _)| id));
    }
    if ended.is_empty() {
        return Ok(written);
    }
    let new_events = settle(&mut tx, at, &me.name, &undoable, releases, &ended).await?;
    events::append(&mut tx, at, &new_events).await?;
    failpoint::at("worker::finish::before_commit");
    tx.commit().await?;
    failpoint::at("worker::finish::after_commit");
    journal::log(&new_events);
    Ok(written)
}
