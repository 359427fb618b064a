//! Which instances of an earlier release are put back by its undo, or moved again by its retry, in which order, and why
//! others are left out.

use super::{ReleaseAction, SkipReason};
use crate::domain::Timestamp;
use crate::domain::instance::InstanceStatus;
use crate::domain::target::{Aftermath, ReleaseTargetStatus};

/// A target of an earlier release, and its instance as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, none of which follows from another")]
pub struct PastTarget {
    /// Its place in the order of its release.
    pub ordinal: i64,
    pub aftermath: Aftermath,
    pub started_at: Option<Timestamp>,
    pub from_version_id: Option<i64>,
    pub to_version_id: Option<i64>,
    /// The status of the instance when the release was accepted: `REMOVED` if the release made it.
    pub from_status: InstanceStatus,
    /// Status and version of the instance now.
    pub instance_status: InstanceStatus,
    pub version_id: Option<i64>,
    /// Whether a release that neither is this one nor retries it has moved the instance since.
    pub moved_since: bool,
    /// Whether the version before, and the one that it was moved to, were removed.
    pub from_removed: bool,
    pub to_removed: bool,
    /// Whether a new instance cannot take the place of a removed one: the host was removed, or has an instance again.
    pub place_taken: bool,
}

/// When an undo moves an instance: first those that have the version, then those that failed, and last those of which it
/// is not known what they run. Within each group, what began last goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UndoTurn {
    Moved,
    Failed,
    Unknown,
}

/// How a retry takes an instance up again. Those that are broken go first: they cost no capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetryTurn {
    Broken,
    AsBefore,
    /// The instance was given up before its installation began; a new one takes its place.
    New,
}

/// Returns when the undo of its release moves an instance, or why it leaves the instance out; `None` if the release left
/// nothing there to be undone. `locked` says whether a hold or another release keeps the undo off.
pub fn undo(past: &PastTarget, locked: bool, include_unknown: bool) -> Option<Result<UndoTurn, SkipReason>> {
    if !past.aftermath.is_undone() {
        return None;
    }
    let PastTarget { from_version_id: from, to_version_id: to, version_id: now, .. } = *past;
    let turn = match past.instance_status {
        _ if from == to => return Some(Err(SkipReason::AlreadyAtVersion)),
        _ if past.moved_since => return Some(Err(SkipReason::MovedSince)),
        InstanceStatus::Unknown => UndoTurn::Unknown,
        InstanceStatus::Running if now == to => UndoTurn::Moved,
        status if status.is_failed() && now == from => UndoTurn::Failed,
        status if status.is_moving() => UndoTurn::Moved,
        // A person confirmed another version, or the instance was removed.
        _ => return Some(Err(SkipReason::MovedSince)),
    };
    Some(match () {
        () if past.from_removed => Err(SkipReason::VersionUnavailable),
        () if locked || past.instance_status.is_moving() => Err(SkipReason::Locked),
        () if turn == UndoTurn::Unknown && !include_unknown => Err(SkipReason::UnknownState),
        () => Ok(turn),
    })
}

/// Returns how the retry of a release with this action takes an instance up again, or why it leaves the instance out;
/// `None` if nothing is to be retried there. `locked` says whether a hold or another release keeps the retry off.
pub fn retry(
    action: ReleaseAction,
    past: &PastTarget,
    locked: bool,
    include_unknown: bool,
) -> Option<Result<RetryTurn, SkipReason>> {
    use ReleaseTargetStatus::{Canceled, Failed, Unknown};
    if !matches!(past.aftermath.status, Failed | Canceled | Unknown) {
        return None;
    }
    let PastTarget { from_version_id: from, to_version_id: to, version_id: now, .. } = *past;
    let turn = match past.instance_status {
        _ if past.moved_since => return Some(Err(SkipReason::MovedSince)),
        InstanceStatus::Removed => {
            let given_up = action == ReleaseAction::Install && past.from_status == InstanceStatus::Removed;
            if !given_up || past.place_taken {
                return Some(Err(SkipReason::MovedSince));
            }
            RetryTurn::New
        }
        InstanceStatus::Running if now == to && from != to => return Some(Err(SkipReason::AlreadyAtVersion)),
        status if status.is_moving() => RetryTurn::AsBefore,
        _ if now != from => return Some(Err(SkipReason::MovedSince)),
        status if status.is_failed() || status == InstanceStatus::Unknown => RetryTurn::Broken,
        _ => RetryTurn::AsBefore,
    };
    Some(match () {
        () if past.to_removed => Err(SkipReason::VersionUnavailable),
        () if locked || past.instance_status.is_moving() => Err(SkipReason::Locked),
        () if past.instance_status == InstanceStatus::Unknown && !include_unknown => Err(SkipReason::UnknownState),
        () => Ok(turn),
    })
}

/// Sorts what an undo moves: by its turn, and what began last first.
pub fn sort_undo<T>(targets: &mut [(UndoTurn, PastTarget, T)]) {
    let begun = |past: &PastTarget| (past.started_at.map(|at| at.0), past.ordinal);
    targets.sort_by(|(turn, past, _), (other, after, _)| turn.cmp(other).then(begun(after).cmp(&begun(past))));
}

/// Sorts what a retry moves: what is broken first, and otherwise in the order of the first release.
pub fn sort_retry<T>(targets: &mut [(RetryTurn, PastTarget, T)]) {
    targets.sort_by_key(|(turn, past, _)| (*turn != RetryTurn::Broken, past.ordinal));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::TargetFailure;

    /// A target that was moved from version 1 to version 2.
    fn past(end: ReleaseTargetStatus, instance_status: InstanceStatus, version: i64) -> PastTarget {
        let failure = (end == ReleaseTargetStatus::Failed).then_some(TargetFailure::Command);
        PastTarget {
            ordinal: 1,
            aftermath: Aftermath { status: end, failure, ran: true },
            started_at: Some(Timestamp(1)),
            from_version_id: Some(1),
            to_version_id: Some(2),
            from_status: InstanceStatus::Running,
            instance_status,
            version_id: Some(version),
            moved_since: false,
            from_removed: false,
            to_removed: false,
            place_taken: false,
        }
    }

    #[test]
    fn an_undo_takes_what_the_release_changed_and_nothing_that_was_moved_since() {
        use InstanceStatus::{Removed, Running, Unknown, UpgradeFailed, Upgrading};
        use ReleaseTargetStatus as End;
        use SkipReason::{AlreadyAtVersion, Locked, MovedSince, UnknownState, VersionUnavailable};
        let done = past(End::Succeeded, Running, 2);
        let failed = past(End::Failed, UpgradeFailed, 1);
        let unknown = past(End::Unknown, Unknown, 1);
        for (past, locked, expected) in [
            (done, false, Some(Ok(UndoTurn::Moved))),
            (past(End::Failed, Running, 2), false, Some(Ok(UndoTurn::Moved))),
            (failed, false, Some(Ok(UndoTurn::Failed))),
            (unknown, false, Some(Err(UnknownState))),
            (unknown, true, Some(Err(Locked))),
            (done, true, Some(Err(Locked))),
            (past(End::Succeeded, Upgrading, 2), false, Some(Err(Locked))),
            (past(End::Succeeded, Running, 3), false, Some(Err(MovedSince))),
            (past(End::Failed, Running, 1), false, Some(Err(MovedSince))),
            (past(End::Succeeded, Removed, 2), false, Some(Err(MovedSince))),
            (PastTarget { moved_since: true, ..done }, true, Some(Err(MovedSince))),
            (PastTarget { from_removed: true, ..done }, true, Some(Err(VersionUnavailable))),
            (PastTarget { to_removed: true, ..done }, false, Some(Ok(UndoTurn::Moved))),
            (PastTarget { to_version_id: Some(1), version_id: Some(1), ..done }, false, Some(Err(AlreadyAtVersion))),
            (past(End::Canceled, Running, 1), false, None),
        ] {
            assert_eq!(undo(&past, locked, false), expected, "{past:?}");
        }
        assert_eq!(undo(&unknown, false, true), Some(Ok(UndoTurn::Unknown)));
    }

    #[test]
    fn a_retry_takes_what_failed_or_never_began() {
        use InstanceStatus::{Installing, Removed, Running, Unknown, UpgradeFailed};
        use ReleaseAction::{Install, Upgrade};
        use ReleaseTargetStatus as End;
        use SkipReason::{AlreadyAtVersion, Locked, MovedSince, UnknownState, VersionUnavailable};
        let failed = past(End::Failed, UpgradeFailed, 1);
        let given_up = PastTarget {
            from_version_id: None,
            version_id: None,
            from_status: Removed,
            ..past(End::Canceled, Removed, 1)
        };
        for (action, past, expected) in [
            (Upgrade, failed, Some(Ok(RetryTurn::Broken))),
            (Upgrade, past(End::Canceled, Running, 1), Some(Ok(RetryTurn::AsBefore))),
            (Upgrade, past(End::Unknown, Running, 1), Some(Ok(RetryTurn::AsBefore))),
            (Upgrade, past(End::Unknown, Unknown, 1), Some(Err(UnknownState))),
            (Upgrade, past(End::Failed, Running, 2), Some(Err(AlreadyAtVersion))),
            (Upgrade, past(End::Failed, Running, 3), Some(Err(MovedSince))),
            (Upgrade, past(End::Failed, Installing, 1), Some(Err(Locked))),
            (Upgrade, PastTarget { moved_since: true, ..failed }, Some(Err(MovedSince))),
            (Upgrade, PastTarget { to_removed: true, ..failed }, Some(Err(VersionUnavailable))),
            (Upgrade, past(End::Succeeded, Running, 2), None),
            (Upgrade, past(End::Failed, Removed, 1), Some(Err(MovedSince))),
            (Install, given_up, Some(Ok(RetryTurn::New))),
            (Install, PastTarget { place_taken: true, ..given_up }, Some(Err(MovedSince))),
        ] {
            assert_eq!(retry(action, &past, false, false), expected, "{action} {past:?}");
        }
        assert_eq!(retry(Upgrade, &failed, true, false), Some(Err(Locked)));
        assert_eq!(retry(Upgrade, &past(End::Unknown, Unknown, 1), false, true), Some(Ok(RetryTurn::Broken)));
    }

    #[test]
    fn an_undo_goes_backwards_and_a_retry_begins_with_what_is_broken() {
        let at = |ordinal, started: i64| PastTarget {
            ordinal,
            started_at: Some(Timestamp(started)),
            ..past(ReleaseTargetStatus::Succeeded, InstanceStatus::Running, 2)
        };
        let mut undone = vec![
            (UndoTurn::Unknown, at(1, 9), 1),
            (UndoTurn::Moved, at(2, 3), 2),
            (UndoTurn::Failed, at(3, 8), 3),
            (UndoTurn::Moved, at(4, 4), 4),
            (UndoTurn::Moved, at(5, 3), 5),
        ];
        sort_undo(&mut undone);
        assert_eq!(numbers(&undone), [4, 5, 2, 3, 1]);
        let mut retried =
            vec![(RetryTurn::New, at(1, 0), 1), (RetryTurn::AsBefore, at(2, 0), 2), (RetryTurn::Broken, at(3, 0), 3)];
        sort_retry(&mut retried);
        assert_eq!(numbers(&retried), [3, 1, 2]);
    }

    fn numbers<T>(sorted: &[(T, PastTarget, i32)]) -> Vec<i32> {
        sorted.iter().map(|(.., number)| *number).collect()
    }
}
