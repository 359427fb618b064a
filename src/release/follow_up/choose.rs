//! Choosing from the targets of an earlier release: they are weighed as they are read first; then the instances that would
//! take part are locked, read again and weighed again (R8).

use super::super::choose::{Chosen, Participant};
use super::super::resolve;
use super::{FIELD, FollowUp, FollowUpRequest};
use crate::change::Change;
use crate::domain::instance::InstanceStatus;
use crate::domain::release::follow_up::{self, RetryTurn};
use crate::domain::release::selection::{Holder, Skipped};
use crate::domain::release::{OnLocked, SkipReason};
use crate::domain::{Kind, Problem, ProblemCode, Problems, Timestamp};
use crate::store::candidates::{self, CandidateHost, CandidateInstance};
use crate::store::past_release::{self, PastRelease, PastRow};
use crate::store::{Result, Tx, hold, instance};
use std::collections::{HashMap, HashSet};

/// A target of the first release, with the holds in force that are in the way.
struct Candidate {
    row: PastRow,
    holds: Vec<i64>,
}

/// Chooses what takes part, in the order in which it moves, and adds every problem. If there is none, what takes part is
/// locked. `through` are the holds that do not count.
pub(super) async fn choose(
    change: &mut Change<'_>,
    request: &FollowUpRequest,
    first: &PastRelease,
    through: &HashSet<i64>,
    problems: &mut Problems,
) -> Result<Chosen> {
    let same = past_release::with_retries(&mut change.tx, first.id).await?;
    let candidates = read(&mut change.tx, change.now, first, &same, None).await?;
    let mut chosen = weigh(request.follow_up, request.include_unknown, first, through, &candidates);
    if problems.is_empty() && !request.dry_run {
        let hosts: Vec<i64> =
            chosen.participants.iter().filter(|one| one.instance.is_none()).map(|one| one.host.id).collect();
        if !hosts.is_empty() {
            candidates::lock_hosts(&mut change.tx, &hosts).await?;
        }
        let mut ids = chosen.instance_ids();
        instance::lock_rows(&mut change.tx, &ids).await?;
        change.refresh_clock().await?;
        ids.extend(chosen.participants.iter().filter_map(|participant| participant.in_place_of));
        let taken: HashSet<i64> = ids.iter().copied().collect();
        let mut candidates = candidates;
        candidates.retain(|candidate| !taken.contains(&candidate.row.instance_id));
        candidates.extend(read(&mut change.tx, change.now, first, &same, Some(&ids)).await?);
        chosen = weigh(request.follow_up, request.include_unknown, first, through, &candidates);
    }
    let locked = chosen.skipped.iter().filter(|skip| skip.reason == SkipReason::Locked);
    let locked: Vec<_> = locked.map(|skip| Kind::Instance.id(skip.instance_id)).collect();
    if request.on_locked == OnLocked::Reject && !locked.is_empty() {
        let message = "Instances of this release are locked by releases or holds. Wait until they are free, or leave \
                       them out with `onLocked: SKIP`.";
        problems.add(Problem::new(ProblemCode::Locked, FIELD, message).about(locked));
    }
    chosen.check(request.expected_count, FIELD, problems);
    Ok(chosen)
}

/// Chooses what the undo of a release takes that ends in this transaction. All its instances are locked.
pub(super) async fn choose_undo(
    tx: &mut Tx,
    now: Timestamp,
    first: &PastRelease,
    through: &HashSet<i64>,
) -> Result<Chosen> {
    let same = past_release::with_retries(tx, first.id).await?;
    let candidates = read(tx, now, first, &same, None).await?;
    Ok(weigh(FollowUp::Undo, true, first, through, &candidates))
}

async fn read(
    tx: &mut Tx,
    now: Timestamp,
    first: &PastRelease,
    same: &[i64],
    instances: Option<&[i64]>,
) -> Result<Vec<Candidate>> {
    let rows = past_release::targets(tx, first.id, same, instances).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.instance_id).collect();
    let mut holds: HashMap<i64, Vec<i64>> = HashMap::new();
    let over = hold::over_instances(tx, &ids).await?;
    for held in over.into_iter().filter(|held| held.hold.is_in_force(now)) {
        holds.entry(held.held_id).or_default().push(held.hold.id);
    }
    // A removed instance has no holds; what would take its place has those of the host.
    let is_removed = |row: &&PastRow| row.past.instance_status == InstanceStatus::Removed;
    let hosts: Vec<i64> = rows.iter().filter(is_removed).map(|row| row.host_id).collect();
    let on_hosts = if hosts.is_empty() { HashMap::new() } else { resolve::held_hosts(tx, now, &hosts).await? };
    let candidate = |row: PastRow| {
        let holds = match is_removed(&&row) {
            true => on_hosts.get(&row.host_id).cloned().unwrap_or_default(),
            false => holds.remove(&row.instance_id).unwrap_or_default(),
        };
        Candidate { row, holds }
    };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Weighs all targets of the first release. What is left out is sorted by hostname.
fn weigh(
    what: FollowUp,
    unknown: bool,
    first: &PastRelease,
    through: &HashSet<i64>,
    candidates: &[Candidate],
) -> Chosen {
    let mut chosen = Chosen::default();
    let (mut undone, mut retried) = (Vec::new(), Vec::new());
    let mut by_name: Vec<&Candidate> = candidates.iter().collect();
    by_name.sort_by(|a, b| a.row.hostname.cmp(&b.row.hostname));
    for candidate in by_name {
        let past = candidate.row.past;
        let locks = candidate.locks(through);
        let weighed = match what {
            FollowUp::Undo => follow_up::undo(&past, !locks.is_empty(), unknown)
                .map(|weighed| weighed.map(|turn| undone.push((turn, past, candidate)))),
            FollowUp::Retry => follow_up::retry(first.action, &past, !locks.is_empty(), unknown)
                .map(|weighed| weighed.map(|turn| retried.push((turn, past, candidate)))),
        };
        if let Some(Err(reason)) = weighed {
            let locks = if reason == SkipReason::Locked { locks } else { Vec::new() };
            chosen.skipped.push(Skipped { instance_id: candidate.row.instance_id, reason, locks });
        }
    }
    follow_up::sort_undo(&mut undone);
    follow_up::sort_retry(&mut retried);
    for (_, past, candidate) in undone {
        chosen.add(candidate, Some(candidate.instance()), past.from_version_id);
    }
    for (turn, past, candidate) in retried {
        let instance = (turn != RetryTurn::New).then(|| candidate.instance());
        chosen.add(candidate, instance, past.to_version_id);
    }
    chosen
}

impl Chosen {
    fn add(&mut self, candidate: &Candidate, instance: Option<CandidateInstance>, to: Option<i64>) {
        self.through.extend(&candidate.holds);
        self.participants.push(Participant {
            host: candidate.host(),
            in_place_of: instance.is_none().then_some(candidate.row.instance_id),
            instance,
            to,
        });
    }
}

impl Candidate {
    fn host(&self) -> CandidateHost {
        CandidateHost { id: self.row.host_id, hostname: self.row.hostname.clone() }
    }

    fn instance(&self) -> CandidateInstance {
        let PastRow { hostname, precedence, past, .. } = self.row.clone();
        let PastRow { instance_id, host_id, revision, release_id, is_drained, is_unhealthy, maintenance, .. } =
            self.row;
        CandidateInstance {
            id: instance_id,
            host_id,
            hostname,
            version_id: past.version_id,
            precedence,
            status: past.instance_status,
            revision,
            release_id,
            is_drained,
            is_unhealthy,
            maintenance,
        }
    }

    /// What locks it: another release first, then holds, oldest first.
    fn locks(&self, through: &HashSet<i64>) -> Vec<Holder> {
        let holds = self.holds.iter().filter(|id| !through.contains(id)).map(|id| Holder::Hold(*id));
        self.row.release_id.map(Holder::Release).into_iter().chain(holds).collect()
    }
}
