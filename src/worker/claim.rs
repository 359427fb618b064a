//! Claiming: taking what rollouts and hosts allow to start now, and committing that before anything starts
//! (R16, R18, I8).

use super::WorkerRef;
use crate::app::App;
use crate::domain::Step;
use crate::domain::release::UnderWay;
use crate::domain::target::ReleaseTargetStatus;
use crate::failpoint;
use crate::release::transition::{self, Transition};
use crate::store::queue::{self, Claimed, Queued};
use crate::store::{Result, events, instance, release, worker};
use std::collections::{BTreeMap, HashSet};

/// The fewest releases that a claim looks at: other workers may be claiming from some of them.
const MIN_RELEASES: usize = 16;

/// Claims up to `room` targets whose executors this worker has, and returns what it may now start.
pub(super) async fn claim(app: &App, me: &WorkerRef, room: usize) -> Result<Vec<Claimed>> {
    if room == 0 {
        return Ok(Vec::new());
    }
    // Each has at least one target to start, so that many more of them would only be locked in vain.
    let candidates = candidates(app, room.max(MIN_RELEASES)).await?;
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = app.db.begin().await?;
    let at = tx.now().await?;
    let rows = release::lock_free(&mut tx, &candidates).await?;
    let under_way: BTreeMap<i64, UnderWay> = rows.iter().map(|row| (row.id, row.under_way)).collect();
    let limit = under_way.values().map(UnderWay::start_limit).max().unwrap_or_default().min(room as i64);
    let releases: Vec<i64> = under_way.keys().copied().collect();
    let queued = may_start(queue::first_queued(&mut tx, &releases, limit).await?, &under_way);
    let hosts: Vec<i64> = queued.iter().filter(|target| !target.shares_host).map(|target| target.host_id).collect();
    let free = queue::lock_free_hosts(&mut tx, &hosts).await?;
    // Only now is it certain what runs there: the hosts are locked.
    let busy = queue::busy_hosts(&mut tx, &free).await?;
    let free = free.into_iter().filter(|host| !busy.contains(host)).collect();
    let chosen = choose(queued, free, room);
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let instances: Vec<i64> = chosen.iter().map(|target| target.instance_id).collect();
    instance::lock_rows(&mut tx, &instances).await?;
    // A worker that declares this one dead either waits for the commit, and then takes the targets over, or was first.
    if !worker::is_alive(&mut tx, me.id).await? {
        return Ok(Vec::new());
    }
    instance::raise_fences(&mut tx, &instances).await?;
    let targets: Vec<i64> = chosen.iter().map(|target| target.id).collect();
    queue::begin(&mut tx, at, me.id, Step::Run, &targets).await?;
    let mut releases: BTreeMap<i64, Transition> =
        rows.into_iter().map(|row| (row.id, Transition::new(row, &me.name))).collect();
    for target in &chosen {
        if let Some(transition) = releases.get_mut(&target.release_id) {
            transition.move_target(target.id, ReleaseTargetStatus::Queued, ReleaseTargetStatus::Running);
        }
    }
    let claimed = queue::claimed(&mut tx, &targets).await?;
    let new_events = transition::save(&mut tx, at, releases.into_values()).await?;
    events::append(&mut tx, at, &new_events).await?;
    failpoint::at("worker::claim::before_commit");
    tx.commit().await?;
    failpoint::at("worker::claim::after_commit");
    Ok(claimed)
}

/// Returns the oldest releases, at most `limit`, of which a target may start (R16).
async fn candidates(app: &App, limit: usize) -> Result<Vec<i64>> {
    let executors: Vec<String> = app.executors.iter().map(|executor| executor.name.clone()).collect();
    let (mut releases, mut after) = (Vec::new(), 0);
    loop {
        let page = queue::candidates(&app.db, &executors, after, limit as i64).await?;
        releases.extend(page.iter().filter(|one| one.under_way.start_limit() > 0).map(|one| one.id));
        match page.last() {
            Some(last) if page.len() == limit && releases.len() < limit => after = last.id,
            _ => break,
        }
    }
    releases.truncate(limit);
    Ok(releases)
}

/// Returns those of the queued targets that their releases allow to start (R16). They are sorted by release and ordinal.
fn may_start(queued: Vec<Queued>, releases: &BTreeMap<i64, UnderWay>) -> Vec<Queued> {
    let mut allowed = Vec::with_capacity(queued.len());
    for of_release in queued.chunk_by(|a, b| a.release_id == b.release_id) {
        let ordinals: Vec<i64> = of_release.iter().map(|target| target.ordinal).collect();
        let starting = releases.get(&of_release[0].release_id).map_or(&[][..], |release| release.may_start(&ordinals));
        allowed.extend(of_release.iter().filter(|target| starting.contains(&target.ordinal)));
    }
    allowed
}

/// Returns the first `room` targets, and of those that do not share their host at most one for each free host (R18).
fn choose(queued: Vec<Queued>, mut free: HashSet<i64>, room: usize) -> Vec<Queued> {
    let fits = |target: &Queued| target.shares_host || free.remove(&target.host_id);
    queued.into_iter().filter(fits).take(room).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::release::{OnFailure, Progress, ReleaseStatus};

    #[test]
    fn r16_each_release_decides_which_of_its_targets_may_start() {
        let target = |id, release_id, ordinal| Queued {
            id,
            release_id,
            ordinal,
            instance_id: id,
            host_id: id,
            shares_host: false,
        };
        let release = |max_parallel| UnderWay {
            status: ReleaseStatus::Pending,
            max_parallel,
            max_failures: 0,
            on_failure: OnFailure::Stop,
            progress: Progress::accepted(9, 0),
        };
        let queued = vec![target(1, 7, 4), target(2, 7, 9), target(3, 8, 1), target(4, 8, 2), target(5, 8, 3)];
        let allowed = may_start(queued, &BTreeMap::from([(7, release(1)), (8, release(2))]));
        assert_eq!(allowed.iter().map(|target| target.id).collect::<Vec<_>>(), [1, 3, 4]);
    }

    #[test]
    fn r18_one_target_is_chosen_for_each_free_host_and_more_where_it_is_shared() {
        let target =
            |id, host_id, shares_host| Queued { id, release_id: 1, ordinal: id, instance_id: id, host_id, shares_host };
        let queued = vec![target(1, 7, false), target(2, 7, false), target(3, 8, false), target(4, 7, true)];
        let ids = |chosen: Vec<Queued>| chosen.iter().map(|target| target.id).collect::<Vec<_>>();
        assert_eq!(ids(choose(queued.clone(), HashSet::from([7]), 9)), [1, 4]);
        assert_eq!(ids(choose(queued.clone(), HashSet::from([7, 8]), 2)), [1, 3]);
        assert_eq!(ids(choose(queued, HashSet::new(), 9)), [4]);
    }
}
