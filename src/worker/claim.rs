//! Claiming: taking what the limits of rollouts and hosts leave, and committing that before anything begins
//! (R16, R18, I8).

use super::Me;
use crate::app::App;
use crate::domain::Step;
use crate::domain::target::ReleaseTargetStatus;
use crate::failpoint;
use crate::release::transition::{self, Moving};
use crate::store::queue::{self, Claimed, Queued};
use crate::store::{Result, events, instance, release, worker};
use std::collections::{BTreeMap, HashSet};

/// So many releases are looked at with less room, too: other workers may be claiming from some of them.
const SOME: i64 = 16;

/// Claims up to so many targets whose executors this worker has, and gives what it may now begin.
pub(super) async fn claim(app: &App, me: &Me, room: i64) -> Result<Vec<Claimed>> {
    if room <= 0 {
        return Ok(Vec::new());
    }
    let executors: Vec<String> = app.executors.iter().map(|executor| executor.name.clone()).collect();
    // Each has at least one to begin, so that many more of them would only be locked in vain.
    let candidates = queue::candidates(&app.db, &executors, room.max(SOME)).await?;
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = app.db.begin().await?;
    let at = tx.now().await?;
    let rows = release::lock_free(&mut tx, &candidates).await?;
    let left: BTreeMap<i64, i64> =
        rows.iter().map(|row| (row.id, (row.max_parallel - row.progress().running).min(room))).collect();
    let releases: Vec<i64> = left.keys().copied().collect();
    let most = left.values().copied().max().unwrap_or_default();
    let queued = allowed(queue::first_queued(&mut tx, &releases, most).await?, left);
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
    // Whoever declares this worker dead waits for the commit, and then takes over what was claimed; or was there first.
    if !worker::is_alive(&mut tx, me.id).await? {
        return Ok(Vec::new());
    }
    instance::raise_fences(&mut tx, &instances).await?;
    let targets: Vec<i64> = chosen.iter().map(|target| target.id).collect();
    queue::begin(&mut tx, at, me.id, Step::Run, &targets).await?;
    let mut releases: BTreeMap<i64, Moving> =
        rows.into_iter().map(|row| (row.id, Moving::new(row, &me.name))).collect();
    for target in &chosen {
        if let Some(moving) = releases.get_mut(&target.release_id) {
            moving.moved(target.id, ReleaseTargetStatus::Queued, ReleaseTargetStatus::Running);
        }
    }
    let claimed = queue::claimed(&mut tx, &targets).await?;
    let told = transition::save(&mut tx, at, releases.into_values()).await?;
    events::append(&mut tx, at, &told).await?;
    failpoint::at("worker::claim::before_commit");
    tx.commit().await?;
    failpoint::at("worker::claim::after_commit");
    Ok(claimed)
}

/// Those of each release that its rollout leaves (R16).
fn allowed(mut queued: Vec<Queued>, mut left: BTreeMap<i64, i64>) -> Vec<Queued> {
    queued.retain(|target| {
        let left = left.entry(target.release_id).or_default();
        *left -= 1;
        *left >= 0
    });
    queued
}

/// The first so many, and of those that do not share their host one for each free host (R18).
fn choose(queued: Vec<Queued>, mut free: HashSet<i64>, room: i64) -> Vec<Queued> {
    let fits = |target: &Queued| target.shares_host || free.remove(&target.host_id);
    queued.into_iter().filter(fits).take(room as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_of_each_release_so_many_are_allowed_as_its_rollout_leaves() {
        let target = |id, release_id| Queued { id, release_id, instance_id: id, host_id: id, shares_host: false };
        let queued = vec![target(1, 7), target(2, 7), target(3, 8), target(4, 8), target(5, 8)];
        let allowed = allowed(queued, BTreeMap::from([(7, 1), (8, 2)]));
        assert_eq!(allowed.iter().map(|target| target.id).collect::<Vec<_>>(), [1, 3, 4]);
    }

    #[test]
    fn r18_one_target_is_chosen_for_each_free_host_and_more_where_it_is_shared() {
        let target = |id, host_id, shares_host| Queued { id, release_id: 1, instance_id: id, host_id, shares_host };
        let queued = vec![target(1, 7, false), target(2, 7, false), target(3, 8, false), target(4, 7, true)];
        let ids = |chosen: Vec<Queued>| chosen.iter().map(|target| target.id).collect::<Vec<_>>();
        assert_eq!(ids(choose(queued.clone(), HashSet::from([7]), 9)), [1, 4]);
        assert_eq!(ids(choose(queued.clone(), HashSet::from([7, 8]), 2)), [1, 3]);
        assert_eq!(ids(choose(queued, HashSet::new(), 9)), [4]);
    }
}
