//! How the undo of a release goes: which targets it puts back, and in which order, is decided by the domain.

use super::course::{self, Course, Example, Moved, at};
use lockkeeper::domain::instance::InstanceStatus;
use lockkeeper::domain::release::OnFailure;
use lockkeeper::domain::release::follow_up::{self, PastTarget};
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::domain::target::{Aftermath, ReleaseTargetStatus, TargetFailure};

/// From when to when each target is put back by the undo of its release, which begins when the release is over.
pub fn spans(course: &Course) -> Vec<Option<(i64, i64)>> {
    let Course { targets, max_parallel, over_at, .. } = course;
    let past = |(target, ordinal): (&Moved, i64)| PastTarget {
        ordinal,
        aftermath: Aftermath {
            status: target.status,
            failure: (target.status == ReleaseTargetStatus::Failed).then_some(TargetFailure::Command),
            ran: target.started_at.is_some(),
        },
        started_at: target.started_at.map(at),
        from_version_id: Some(1),
        to_version_id: Some(2),
        from_status: InstanceStatus::Running,
        instance_status: match target.status {
            ReleaseTargetStatus::Failed => InstanceStatus::UpgradeFailed,
            ReleaseTargetStatus::Unknown => InstanceStatus::Unknown,
            _ => InstanceStatus::Running,
        },
        version_id: Some(if target.status == ReleaseTargetStatus::Succeeded { 2 } else { 1 }),
        moved_since: false,
        from_removed: false,
        to_removed: false,
        place_taken: false,
    };
    let taken = targets.iter().zip(1..).map(past).filter_map(|past| match follow_up::undo(&past, false, true) {
        Some(Ok(turn)) => Some((turn, past, ())),
        _ => None,
    });
    let mut taken: Vec<_> = taken.collect();
    follow_up::sort_undo(&mut taken);
    let rollout = RolloutOverrides {
        max_parallel: Some(Amount::Count(*max_parallel)),
        on_failure: Some(OnFailure::Continue),
        ..RolloutOverrides::default()
    };
    let undo = course::of(&Example {
        zones: vec![None; taken.len()],
        rollout,
        end_of: |_| (ReleaseTargetStatus::Succeeded, 2),
        unavailable: &[],
        budget: None,
        resumed_after: 0,
    });
    let mut put_back = vec![None; targets.len()];
    for ((_, past, ()), moved) in taken.iter().zip(&undo.targets) {
        let span = moved.started_at.zip(moved.ended_at).map(|(from, to)| (over_at + from, over_at + to));
        put_back[usize::try_from(past.ordinal - 1).unwrap()] = span;
    }
    put_back
}
