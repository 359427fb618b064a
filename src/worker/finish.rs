//! Writing the ends of targets, and what follows for their releases (R12, R14, R16).

use super::{WorkerRef, retry};
use crate::domain::release::{Progress, UnderWay};
use crate::domain::target::End;
use crate::failpoint;
use crate::release::end_targets::{self, end_targets};
use crate::release::journal;
use crate::release::transition::{self, Transition};
use crate::store::target::{self, OpenTarget};
use crate::store::{Db, Result, events, release};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::{mpsc, oneshot};

/// The end of one start of one target.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub target_id: i64,
    pub release_id: i64,
    /// The fence of the start: with an older one nothing is written (I3).
    pub fence: i64,
    pub end: End,
}

/// The most endings that are written in one transaction.
const MAX_BATCH: usize = 256;

/// An ending, and where to report whether it was written once that is certain.
type PendingEnding = (Ending, oneshot::Sender<bool>);

/// Writes endings as they come, those that wait in one transaction.
pub(super) async fn write_endings(db: Db, me: WorkerRef, mut endings: mpsc::Receiver<PendingEnding>) {
    let mut waiting: Vec<PendingEnding> = Vec::new();
    loop {
        match waiting.is_empty() {
            true if endings.recv_many(&mut waiting, MAX_BATCH).await == 0 => return,
            true => {}
            // They are tried again, with those that came meanwhile.
            false => {
                retry::pause(&db).await;
                while let Ok(more) = endings.try_recv() {
                    waiting.push(more);
                }
            }
        }
        let ended: Vec<Ending> = waiting.iter().map(|(ending, _)| ending.clone()).collect();
        match finish(&db, &me, &ended).await {
            Ok(written) => answer(waiting.drain(..), &written),
            Err(error) => {
                tracing::warn!(%error, "the ends of targets could not be written; trying again");
                // An ending that cannot be written must not delay the others.
                if waiting.len() > 1 && !error.is_transient() {
                    waiting = one_by_one(&db, &me, waiting).await;
                }
            }
        }
    }
}

/// Writes each ending in a transaction of its own. Returns those that could not be written.
async fn one_by_one(db: &Db, me: &WorkerRef, waiting: Vec<PendingEnding>) -> Vec<PendingEnding> {
    let mut left = Vec::new();
    for pending in waiting {
        match finish(db, me, std::slice::from_ref(&pending.0)).await {
            Ok(written) => answer([pending], &written),
            Err(_) => left.push(pending),
        }
    }
    left
}

fn answer(pending: impl IntoIterator<Item = PendingEnding>, written: &[i64]) {
    for (ending, done) in pending {
        // The task that waited may have been dropped.
        let _ = done.send(written.contains(&ending.target_id));
    }
}

/// Ends targets. Returns those that have ended like this, now or in an earlier try. A target that no longer runs in the
/// name of this worker, or with a newer fence, is left alone (I3).
pub(super) async fn finish(db: &Db, me: &WorkerRef, endings: &[Ending]) -> Result<Vec<i64>> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    let ids: Vec<i64> = endings.iter().map(|ending| ending.release_id).collect();
    // Without the locks of their releases, two last targets that end at once would leave a release running.
    let rows = release::lock(&mut tx, &ids).await?;
    let mut releases: BTreeMap<i64, Transition> =
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
    let stopping = stopping(&releases, &ended);
    let queued = match stopping.is_empty() {
        true => Vec::new(),
        false => target::queued(&mut tx, &stopping).await?,
    };
    let all = ended.iter().map(|(target, _)| target).chain(&queued);
    let mut instances = end_targets::lock(&mut tx, all).await?;
    end_targets(&mut tx, at, &me.name, &mut releases, &mut instances, &ended).await?;
    for release_id in &stopping {
        if let Some(transition) = releases.get_mut(release_id) {
            transition.stop();
        }
    }
    let canceled: Vec<_> = queued
        .into_iter()
        .map(|target| (target, End::canceled("Canceled before it started: too many targets had failed.")))
        .collect();
    end_targets(&mut tx, at, &me.name, &mut releases, &mut instances, &canceled).await?;
    let new_events = transition::save(&mut tx, at, releases.into_values()).await?;
    events::append(&mut tx, at, &new_events).await?;
    failpoint::at("worker::finish::before_commit");
    tx.commit().await?;
    failpoint::at("worker::finish::after_commit");
    journal::log(&new_events);
    Ok(written)
}

/// The releases that give up their queued targets once these targets have ended (R16).
fn stopping(releases: &BTreeMap<i64, Transition>, ended: &[(OpenTarget, End)]) -> Vec<i64> {
    let mut counts: BTreeMap<i64, Progress> = BTreeMap::new();
    for (target, end) in ended {
        if let Some(transition) = releases.get(&target.release_id) {
            let progress = counts.entry(target.release_id).or_insert(transition.progress);
            *progress = progress.moved(target.status, end.status, 1);
        }
    }
    let gives_up = |(id, progress): (i64, Progress)| {
        let under_way = releases.get(&id)?.row.under_way;
        UnderWay { progress, ..under_way }.gives_up().then_some(id)
    };
    counts.into_iter().filter_map(gives_up).collect()
}
