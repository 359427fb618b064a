//! Undoing and retrying a release, by a caller or as it ends (R7, R15, R23).

use super::accepting::{NewRelease, Taken};
use super::reference::{Answer, Model};
use super::rows::Target;
use super::steps::{CALLERS, Follow};
use crate::domain::instance::InstanceStatus::{
    self, InstallFailed, Removed, RevertFailed, Running, UninstallFailed, Unknown, UpgradeFailed,
};
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::selection::{Holder, Skipped};
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction, ReleaseOrigin, ReleaseStatus, SkipReason};
use crate::domain::target::{ReleaseTargetStatus as End, TargetFailure};
use crate::domain::{Kind, ProblemCode};
use crate::release::follow_up::FollowUp;
use std::cmp::Reverse;

/// When a target's instance is moved, the lowest first, and to which version; or why it is left out.
type Weighed = Result<(i64, Option<i64>), SkipReason>;

impl Model {
    pub fn follow(&mut self, follow: &Follow) -> Answer {
        let first = self.release(follow.release).clone();
        let is_over = first.status.is_over();
        let about = |kind: Kind, ids: &[i64]| ids.iter().map(|id| kind.id(*id).to_string()).collect::<Vec<_>>();
        let fits = match follow.what {
            FollowUp::Undo => is_over && first.action != ReleaseAction::Uninstall,
            FollowUp::Retry => is_over || first.status == ReleaseStatus::Paused,
        };
        if !fits {
            let wrong = (ProblemCode::WrongState, about(Kind::Release, &[follow.release]));
            return Answer::Refused(vec![wrong], Vec::new());
        }
        // To a freeze, every undo is a revert.
        let (action, as_seen, origin) = match follow.what {
            FollowUp::Undo => (opposite(first.action), ReleaseAction::Revert, ReleaseOrigin::Undo),
            FollowUp::Retry => (first.action, first.action, ReleaseOrigin::Retry),
        };
        let mut problems = self.forbidden(follow.by, first.service, &follow.through, as_seen);
        let (taken, skipped) = self.weigh(follow.what, follow.release, &follow.through, follow.include_unknown);
        let locked = skipped.iter().filter(|skip| skip.reason == SkipReason::Locked);
        let locked: Vec<i64> = locked.map(|skip| skip.instance_id).collect();
        if follow.on_locked == OnLocked::Reject && !locked.is_empty() {
            problems.push((ProblemCode::Locked, about(Kind::Instance, &locked)));
        }
        if problems.is_empty() && taken.is_empty() {
            return Answer::Refused(vec![(ProblemCode::NothingToRelease, Vec::new())], skipped);
        }
        if !problems.is_empty() {
            return Answer::Refused(problems, Vec::new());
        }
        let requested = match follow.what {
            FollowUp::Undo => undo_rollout(first.max_parallel),
            FollowUp::Retry => self.course(follow.release).requested.clone(),
        };
        let new = NewRelease {
            by: CALLERS[follow.by].0.to_owned(),
            service: first.service,
            action,
            version: first.version.filter(|_| follow.what == FollowUp::Retry),
            origin,
            parent: Some(follow.release),
            requested,
            freezes: self.freezes(first.service, as_seen),
            taken,
            skipped,
        };
        Answer::Accepted(Box::new(self.accept(new, follow.dry_run)))
    }

    /// Undoes a release that has ended now, if it is to be undone.
    pub fn undo_ended(&mut self, id: i64) {
        let (first, course) = (self.release(id).clone(), self.course(id).clone());
        let by_a_limit = first.on_failure == OnFailure::Undo && first.stopped && !first.canceled;
        if !first.status.is_over() || course.undo_by.is_none() && !by_a_limit {
            return;
        }
        let through: Vec<i64> =
            self.rows.through.iter().filter(|through| through.release == id).map(|through| through.hold).collect();
        let (taken, skipped) = self.weigh(FollowUp::Undo, id, &through, true);
        if taken.is_empty() {
            self.release(id).not_undone = true;
            return;
        }
        let is_freeze = |hold: &i64| {
            let hold = &self.rows.holds[*hold as usize - 1];
            hold.instance.is_none() && !hold.ended && !hold.expired
        };
        let new = NewRelease {
            by: course.undo_by.unwrap_or_else(|| "lockkeeper".to_owned()),
            service: first.service,
            action: opposite(first.action),
            version: None,
            origin: ReleaseOrigin::Undo,
            parent: Some(id),
            requested: undo_rollout(first.max_parallel),
            freezes: through.iter().copied().filter(is_freeze).collect(),
            taken,
            skipped,
        };
        self.accept(new, false);
    }

    /// What takes part, in its order, and what is left out, by host.
    fn weigh(&self, what: FollowUp, first: i64, through: &[i64], unknown: bool) -> (Vec<Taken>, Vec<Skipped>) {
        let targets = (1..).zip(&self.rows.targets);
        let mut of_first: Vec<(i64, &Target)> = targets.filter(|(_, target)| target.release == first).collect();
        of_first.sort_by_key(|(_, target)| target.host);
        let (mut going, mut skipped) = (Vec::new(), Vec::new());
        for (id, target) in of_first {
            let instance_id = target.instance;
            let status = self.rows.instances[instance_id as usize - 1].status;
            let is_there = status != Removed;
            let holds = self.standing(instance_id).into_iter().filter(|hold| is_there && !through.contains(hold));
            let holder = self.holder(instance_id).map(Holder::Release);
            let locks: Vec<Holder> = holder.into_iter().chain(holds.map(Holder::Hold)).collect();
            let weighed = match what {
                FollowUp::Undo => self.undoes(id, target),
                FollowUp::Retry => self.retries(id, target),
            };
            let reason = match weighed {
                None => continue,
                Some(Err(reason)) => reason,
                Some(Ok(_)) if !locks.is_empty() => SkipReason::Locked,
                Some(Ok(_)) if status == Unknown && !unknown => SkipReason::UnknownState,
                Some(Ok((turn, to))) => {
                    going.push((turn, id, Taken { host: target.host, instance: is_there.then_some(instance_id), to }));
                    continue;
                }
            };
            let locks = if reason == SkipReason::Locked { locks } else { Vec::new() };
            skipped.push(Skipped { instance_id, reason, locks });
        }
        going.sort_by_key(|(turn, id, _)| {
            // What began last is undone first; a retry keeps the order.
            let backwards = (what == FollowUp::Undo).then(|| Reverse((self.begun.get(id).copied(), *id)));
            (*turn, backwards, *id)
        });
        (going.into_iter().map(|(.., taken)| taken).collect(), skipped)
    }

    /// An undo moves first what is at the version, then what failed, then what is unknown; nothing of what was not changed.
    fn undoes(&self, id: i64, target: &Target) -> Option<Weighed> {
        let instance = &self.rows.instances[target.instance as usize - 1];
        if !changed(target) {
            return None;
        }
        let turn = match instance.status {
            _ if target.from_version == target.to_version => return Some(Err(SkipReason::AlreadyAtVersion)),
            _ if self.moved_since(id, target) => return Some(Err(SkipReason::MovedSince)),
            Unknown => 2,
            Running if instance.version == target.to_version => 0,
            status if is_failed(status) && instance.version == target.from_version => 1,
            // Another release has it, which locks it.
            _ if self.holder(target.instance).is_some() => 0,
            _ => return Some(Err(SkipReason::MovedSince)),
        };
        Some(Ok((turn, target.from_version)))
    }

    /// A retry moves first what is broken.
    fn retries(&self, id: i64, target: &Target) -> Option<Weighed> {
        let instance = &self.rows.instances[target.instance as usize - 1];
        if !matches!(target.status, End::Failed | End::Canceled | End::Unknown) {
            return None;
        }
        let installs = self.rows.releases[target.release as usize - 1].action == ReleaseAction::Install;
        let given_up = installs && target.from_status == Removed;
        let has_moved = target.from_version != target.to_version;
        let turn = match instance.status {
            _ if self.moved_since(id, target) => return Some(Err(SkipReason::MovedSince)),
            Removed if given_up && self.on(instance.service, target.host).is_none() => 1,
            Removed => return Some(Err(SkipReason::MovedSince)),
            Running if instance.version == target.to_version && has_moved => {
                return Some(Err(SkipReason::AlreadyAtVersion));
            }
            _ if self.holder(target.instance).is_some() => 1,
            _ if instance.version != target.from_version => return Some(Err(SkipReason::MovedSince)),
            status if is_failed(status) || status == Unknown => 0,
            _ => 1,
        };
        Some(Ok((turn, target.to_version)))
    }

    /// Whether a release that does not retry the first one has changed the instance since.
    fn moved_since(&self, id: i64, target: &Target) -> bool {
        let mut same = vec![target.release];
        for (release, number) in self.rows.releases.iter().zip(1..) {
            if release.origin == ReleaseOrigin::Retry && release.parent.is_some_and(|parent| same.contains(&parent)) {
                same.push(number);
            }
        }
        let mut later = self.rows.targets.iter().skip(id as usize).filter(|other| other.instance == target.instance);
        later.any(|other| !same.contains(&other.release) && changed(other))
    }
}

/// Whether a target may have left its instance other than it was.
fn changed(target: &Target) -> bool {
    match target.status {
        End::Succeeded | End::Unknown => true,
        End::Failed => target.failure != Some(TargetFailure::NotStarted),
        End::Queued | End::Running | End::Canceled => false,
    }
}

fn is_failed(status: InstanceStatus) -> bool {
    matches!(status, InstallFailed | UpgradeFailed | RevertFailed | UninstallFailed)
}

fn opposite(action: ReleaseAction) -> ReleaseAction {
    match action {
        ReleaseAction::Install => ReleaseAction::Uninstall,
        ReleaseAction::Upgrade => ReleaseAction::Revert,
        ReleaseAction::Revert | ReleaseAction::Uninstall => ReleaseAction::Upgrade,
    }
}

/// An undo goes on after failures, and moves as many at a time as the first release.
fn undo_rollout(max_parallel: i64) -> RolloutOverrides {
    RolloutOverrides {
        max_parallel: Some(Amount::Count(max_parallel)),
        max_failures: Some(Amount::Count(0)),
        on_failure: Some(OnFailure::Continue),
        waves: Some(Vec::new()),
        ..RolloutOverrides::default()
    }
}
