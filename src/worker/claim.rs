//! Claiming: taking what rollouts and hosts allow to start now, and committing that before anything starts
//! (R16, R18, I8).

use super::WorkerRef;
use super::budget::Budgets;
use crate::app::App;
use crate::domain::StepName;
use crate::domain::event::ReleaseEventKind;
use crate::domain::release::{QueuedPlace, ReleaseOrigin, UnderWay};
use crate::domain::target::ReleaseTargetStatus;
use crate::failpoint;
use crate::release::transition::{self, Transition};
use crate::store::queue::{self, Candidate, Claimed, Queued};
use crate::store::release::ReleaseRow;
use crate::store::{Result, events, fleet, instance, release, step, undrain, worker};
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
    // While the fleet is suspended, nothing is claimed.
    let Some(at) = fleet::share_claims(&mut tx).await? else { return Ok(Vec::new()) };
    let (mut budgets, releases) = Budgets::lock(&mut tx, &candidates).await?;
    let rows = release::lock_free(&mut tx, &releases).await?;
    let under_way: BTreeMap<i64, UnderWay> = rows.iter().map(|row| (row.id, row.under_way)).collect();
    let limit = under_way.values().map(UnderWay::start_limit).max().unwrap_or_default().min(room as i64);
    let releases: Vec<i64> = rows.iter().filter(|row| !budgets.limits(row)).map(|row| row.id).collect();
    let mut queued = may_start(queue::first_queued(&mut tx, &releases, limit).await?, &under_way);
    queued.extend(budgets.admitted(&mut tx, &rows).await?);
    let is_undo = |id| under_way.get(&id).is_some_and(|release| release.origin == ReleaseOrigin::Undo);
    queued.sort_by_key(|target| (!is_undo(target.release_id), target.release_id, target.ordinal));
    let hosts: Vec<i64> = queued.iter().filter(|target| !target.shares_host).map(|target| target.host_id).collect();
    let free = queue::lock_free_hosts(&mut tx, &hosts).await?;
    // Only now is it certain what runs there: the hosts are locked.
    let busy = queue::busy_hosts(&mut tx, &free).await?;
    let free = free.into_iter().filter(|host| !busy.contains(host)).collect();
    let mut chosen = choose(queued, free, room);
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let instances: Vec<i64> = chosen.iter().map(|target| target.instance_id).collect();
    instance::lock_rows(&mut tx, &instances).await?;
    // Where hosts are shared, only the lock of the instance shows this.
    let undraining = undrain::running(&mut tx, &instances).await?;
    chosen.retain(|target| !undraining.contains(&target.instance_id));
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let instances: Vec<i64> = chosen.iter().map(|target| target.instance_id).collect();
    undrain::withdraw(&mut tx, &instances).await?;
    // A worker that declares this one dead either waits for the commit, and then takes the targets over, or was first.
    if !worker::is_alive(&mut tx, me.id).await? {
        return Ok(Vec::new());
    }
    instance::raise_fences(&mut tx, &instances).await?;
    let targets: Vec<i64> = chosen.iter().map(|target| target.id).collect();
    let plans: BTreeMap<i64, Vec<StepName>> = rows.iter().map(|row| (row.id, plan(app, row))).collect();
    let plan_of = |target: &Queued| plans.get(&target.release_id).map_or(&[StepName::Run][..], Vec::as_slice);
    let all: Vec<_> = chosen.iter().flat_map(|target| plan_of(target).iter().map(|step| (target.id, *step))).collect();
    let first: Vec<_> = chosen.iter().filter_map(|target| Some((target.id, *plan_of(target).first()?))).collect();
    step::plan(&mut tx, &all).await?;
    queue::begin(&mut tx, at, me.id, &first).await?;
    budgets.record(&mut tx, &targets).await?;
    let drained: Vec<i64> = chosen
        .iter()
        .filter(|target| plan_of(target).first() == Some(&StepName::Drain))
        .map(|target| target.instance_id)
        .collect();
    if !drained.is_empty() {
        instance::drain(&mut tx, at, &drained).await?;
    }
    let mut releases: BTreeMap<i64, Transition> =
        rows.into_iter().map(|row| (row.id, Transition::new(row, &me.name))).collect();
    for target in &chosen {
        if let Some(transition) = releases.get_mut(&target.release_id) {
            let change = (ReleaseTargetStatus::Queued, ReleaseTargetStatus::Running);
            transition.move_target((target.id, target.wave), change, None, at);
            if plan_of(target).len() > 1 {
                transition.record(ReleaseEventKind::TargetStep, Some(target.id));
            }
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

/// The steps of a release's targets, by the executor of this worker, in their order.
fn plan(app: &App, release: &ReleaseRow) -> Vec<StepName> {
    let executor = app.executors.get(&release.executor);
    executor.map_or_else(|| vec![StepName::Run], |executor| executor.steps(release.action))
}

/// Returns the oldest releases, at most `limit`, of which a target may start (R16), and beside them those that a budget or
/// a label limits: it is not known yet whether anything of these is admitted. The oldest undos are among them, since undos go before all others.
async fn candidates(app: &App, limit: usize) -> Result<Vec<Candidate>> {
    let executors = app.executors.names();
    let (mut releases, mut left, mut after) = (Vec::new(), limit, 0);
    loop {
        let page = queue::candidates(&app.db, &executors, false, after, limit as i64).await?;
        for one in page.iter().filter(|one| one.under_way.start_limit() > 0) {
            if one.is_limited() || left > 0 {
                left -= usize::from(!one.is_limited());
                releases.push(*one);
            }
        }
        match page.last() {
            Some(last) if page.len() == limit && left > 0 => after = last.id,
            _ => break,
        }
    }
    if left == 0 {
        let undos = queue::candidates(&app.db, &executors, true, after, limit as i64).await?;
        let known: HashSet<i64> = releases.iter().map(|one| one.id).collect();
        releases.extend(undos.into_iter().filter(|one| one.under_way.start_limit() > 0 && !known.contains(&one.id)));
    }
    Ok(releases)
}

/// Returns those of the queued targets that their releases allow to start (R16). They are sorted by release and ordinal.
fn may_start(queued: Vec<Queued>, releases: &BTreeMap<i64, UnderWay>) -> Vec<Queued> {
    let mut allowed = Vec::with_capacity(queued.len());
    for of_release in queued.chunk_by(|a, b| a.release_id == b.release_id) {
        let places: Vec<QueuedPlace> =
            of_release.iter().map(|target| QueuedPlace { wave: target.wave, ordinal: target.ordinal }).collect();
        let starting = releases.get(&of_release[0].release_id).map_or(&[][..], |release| release.may_start(&places));
        allowed.extend(&of_release[..starting.len()]);
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
    use crate::domain::Timestamp;
    use crate::domain::release::{OnFailure, Progress, ReleaseStatus};

    #[test]
    fn r16_each_release_decides_which_of_its_targets_may_start() {
        let target = |id, release_id, ordinal| Queued {
            id,
            release_id,
            wave: 1,
            ordinal,
            instance_id: id,
            host_id: id,
            shares_host: false,
        };
        let release = |max_parallel| UnderWay {
            status: ReleaseStatus::Pending,
            origin: ReleaseOrigin::Request,
            max_parallel,
            max_failures: 0,
            max_unreachable: 0,
            on_failure: OnFailure::Stop,
            wave: 1,
            soaks_until: None,
            is_stopped: false,
            skips_pauses: false,
            forgiven_failures: 0,
            forgiven_unreachable: 0,
            version_failures: 0,
            forgiven_version_failures: 0,
            cancel_requested: false,
            deadline_at: Timestamp(1),
            deadline_event_at: None,
            progress: Progress::accepted(9, 0),
        };
        let queued = vec![target(1, 7, 4), target(2, 7, 9), target(3, 8, 1), target(4, 8, 2), target(5, 8, 3)];
        let allowed = may_start(queued, &BTreeMap::from([(7, release(1)), (8, release(2))]));
        assert_eq!(allowed.iter().map(|target| target.id).collect::<Vec<_>>(), [1, 3, 4]);
    }

    #[test]
    fn r18_one_target_is_chosen_for_each_free_host_and_more_where_it_is_shared() {
        let target = |id, host_id, shares_host| Queued {
            id,
            release_id: 1,
            wave: 1,
            ordinal: id,
            instance_id: id,
            host_id,
            shares_host,
        };
        let queued = vec![target(1, 7, false), target(2, 7, false), target(3, 8, false), target(4, 7, true)];
        let ids = |chosen: Vec<Queued>| chosen.iter().map(|target| target.id).collect::<Vec<_>>();
        assert_eq!(ids(choose(queued.clone(), HashSet::from([7]), 9)), [1, 4]);
        assert_eq!(ids(choose(queued.clone(), HashSet::from([7, 8]), 2)), [1, 3]);
        assert_eq!(ids(choose(queued, HashSet::new(), 9)), [4]);
    }
}
