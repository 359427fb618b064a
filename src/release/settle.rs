//! What follows for releases when targets have ended or time has passed: they stop, pause, soak or go on with the next wave,
//! and are undone if they end (R14, R16, R19, R21, R23).

use super::end_targets::{self, end_targets};
use super::follow_up::automatic::{Undoable, undo_ended};
use super::journal;
use super::transition::{self, Transition};
use crate::domain::Timestamp;
use crate::domain::event::{BY_LOCKKEEPER, NewEvent};
use crate::domain::release::{Ends, Next};
use crate::domain::target::End;
use crate::store::target::{self, OpenTarget};
use crate::store::{Db, Result, Tx, events, release};
use std::collections::BTreeMap;

/// The most releases of one transaction of the job.
const BATCH: i64 = 50;

/// Ends these running targets of locked releases, does what the releases then do of their own accord, and saves them.
/// Returns the events, to be appended last.
pub(crate) async fn settle(
    tx: &mut Tx,
    at: Timestamp,
    by: &str,
    undoable: &Undoable,
    mut releases: BTreeMap<i64, Transition>,
    ended: &[(OpenTarget, End)],
) -> Result<Vec<NewEvent>> {
    let giving_up = giving_up(&releases, ended, at);
    let ids: Vec<i64> = giving_up.keys().copied().collect();
    let queued = if ids.is_empty() { Vec::new() } else { target::queued(tx, &ids).await? };
    let all = ended.iter().map(|(target, _)| target).chain(&queued);
    let undone = undoable.instances(tx).await?;
    let mut instances = end_targets::lock(tx, all, &undone).await?;
    end_targets(tx, at, by, &mut releases, &mut instances, ended).await?;
    for (id, next) in &giving_up {
        if let Some(transition) = releases.get_mut(id).filter(|_| *next != Next::Expire) {
            transition.stop();
        }
    }
    let canceled: Vec<_> = queued
        .into_iter()
        .map(|target| {
            let expired = giving_up.get(&target.release_id) == Some(&Next::Expire);
            (target, End::canceled(if expired { EXPIRED } else { STOPPED }))
        })
        .collect();
    end_targets(tx, at, by, &mut releases, &mut instances, &canceled).await?;
    for transition in releases.values_mut() {
        transition.go_on(at);
    }
    let of_undo = undo_ended(tx, at, &releases).await?;
    let mut new_events = transition::save(tx, at, releases.into_values()).await?;
    new_events.extend(of_undo);
    Ok(new_events)
}

const STOPPED: &str = "Canceled before it started: too many targets had failed.";
const EXPIRED: &str = "Canceled before it started: the deadline of the release had passed.";

/// The releases that give up their queued targets once these targets have ended, and why.
fn giving_up(releases: &BTreeMap<i64, Transition>, ended: &[(OpenTarget, End)], at: Timestamp) -> BTreeMap<i64, Next> {
    let mut giving_up = BTreeMap::new();
    for (id, transition) in releases.iter().filter(|(_, transition)| !transition.row.under_way.status.is_over()) {
        let mut state = transition.state.clone();
        for (target, end) in ended.iter().filter(|(target, _)| target.release_id == *id) {
            state.move_target(target.wave, (target.status, end.status), end.failure, at);
        }
        if let Some(next) = state.go_on(at) {
            giving_up.insert(*id, next);
        }
    }
    giving_up
}

/// Does what releases do when time has passed: the end of a soak, the deadline, and the event an hour before it. Returns how
/// many releases it looked at.
pub async fn settle_due(db: &Db) -> Result<u64> {
    let due = release::due(db, BATCH).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let ends = due.iter().map(|id| (*id, Ends { count: 0, may_fail: true })).collect();
    let (mut tx, undoable, rows) = Undoable::lock_releases(db, &ends).await?;
    let at = tx.now().await?;
    let releases: BTreeMap<i64, Transition> =
        rows.into_iter().map(|row| (row.id, Transition::new(row, BY_LOCKKEEPER))).collect();
    let new_events = settle(&mut tx, at, BY_LOCKKEEPER, &undoable, releases, &[]).await?;
    if !new_events.is_empty() {
        events::append(&mut tx, at, &new_events).await?;
    }
    tx.commit().await?;
    journal::log(&new_events);
    Ok(due.len() as u64)
}
