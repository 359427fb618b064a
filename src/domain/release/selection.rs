//! Which of the chosen instances a release takes, and why it leaves the others out (R7, R9, R15).

use super::{ReleaseAction, SkipReason};
use crate::domain::ProblemCode;
use crate::domain::instance::InstanceStatus;
use crate::domain::version::VersionPlace;

/// What keeps a release off an instance: a lock's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// The release of which it has an open target, by number.
    Release(i64),
    /// A hold in force, by number.
    Hold(i64),
}

/// An instance that was left out of a release, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub instance_id: i64,
    pub reason: SkipReason,
    /// What locked it; empty unless the reason is `LOCKED`.
    pub locks: Vec<Holder>,
}

/// What a decision needs to know of a chosen instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateState {
    pub status: InstanceStatus,
    /// The version recorded.
    pub version: Option<VersionPlace>,
    /// Whether it is locked by another release, or by a hold that this release may not go through.
    pub locked: bool,
}

/// Which instances a request also takes, beside those that a release takes by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Included {
    /// Those that are `UNKNOWN`.
    pub unknown: bool,
    /// Those that run the target version already.
    pub reapply: bool,
}

/// Returns why an instance that is to be moved to this version, or removed, is left out, or `None` if it takes part.
/// The direction is checked for each instance, against its own version. A half-done instance may also be moved to
/// the version that it is recorded at, by either action, and so may every instance if the version is reapplied (R7).
pub fn left_out(
    action: ReleaseAction,
    to: Option<&VersionPlace>,
    instance: &CandidateState,
    included: Included,
) -> Option<SkipReason> {
    let unknown = instance.status == InstanceStatus::Unknown;
    if instance.locked || instance.status.is_moving() {
        return Some(SkipReason::Locked);
    }
    if unknown && !included.unknown {
        return Some(SkipReason::UnknownState);
    }
    match (to, instance.version.as_ref()) {
        (None, _) => None,
        (Some(_), None) => Some(SkipReason::NotInstalled),
        (Some(to), Some(at)) if at == to => match included.reapply || unknown || instance.status.is_failed() {
            true => None,
            false => Some(SkipReason::AlreadyAtVersion),
        },
        (Some(to), Some(at)) if action == ReleaseAction::Upgrade => (to < at).then_some(SkipReason::NotNewer),
        (Some(to), Some(at)) => (to > at).then_some(SkipReason::NotOlder),
    }
}

/// Checks whether an instance that exists on a host already may be installed again: its installation failed, or was
/// interrupted and is included. It stays the same instance (R15).
///
/// # Errors
/// `LOCKED` if it might but is held, `HOST_ALREADY_DEPLOYED` otherwise.
pub fn installed_again(instance: &CandidateState, include_unknown: bool) -> Result<(), ProblemCode> {
    let half_done = match instance.status {
        InstanceStatus::InstallFailed => true,
        InstanceStatus::Unknown => include_unknown && instance.version.is_none(),
        _ => false,
    };
    match (half_done, instance.locked) {
        (true, false) => Ok(()),
        (true, true) => Err(ProblemCode::Locked),
        (false, _) => Err(ProblemCode::HostAlreadyDeployed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use proptest::prelude::*;

    const MOVES: [ReleaseAction; 2] = [ReleaseAction::Upgrade, ReleaseAction::Revert];

    fn place() -> impl Strategy<Value = VersionPlace> {
        (1_i64..4, "[ab]?").prop_map(|(id, precedence)| VersionPlace { precedence, id })
    }

    fn state() -> impl Strategy<Value = CandidateState> {
        (0..InstanceStatus::ALL.len(), proptest::option::of(place()), any::<bool>()).prop_map(
            |(index, version, locked)| CandidateState { status: InstanceStatus::ALL[index].0, version, locked },
        )
    }

    proptest! {
        #[test]
        fn r7_what_takes_part_goes_in_the_right_direction_or_is_put_right(
            instance in state(), to in place(), which in 0..2_usize, unknown in any::<bool>(), reapply in any::<bool>(),
        ) {
            let included = Included { unknown, reapply };
            let action = MOVES[which];
            let taken = left_out(action, Some(&to), &instance, included).is_none();
            let half_done = instance.status.is_failed() || instance.status == InstanceStatus::Unknown;
            let fits = instance.version.as_ref().is_some_and(|at| match to == *at {
                true => half_done || reapply,
                false => (action == ReleaseAction::Upgrade) == (to > *at),
            });
            let free = !instance.locked && !instance.status.is_moving();
            prop_assert_eq!(taken, fits && free && (unknown || instance.status != InstanceStatus::Unknown));
        }

        #[test]
        fn r9_a_locked_instance_is_never_taken_and_reported_as_locked(
            instance in state(), to in proptest::option::of(place()), which in 0..2_usize,
            unknown in any::<bool>(), reapply in any::<bool>(),
        ) {
            let included = Included { unknown, reapply };
            let locked = CandidateState { locked: true, ..instance };
            prop_assert_eq!(left_out(MOVES[which], to.as_ref(), &locked, included), Some(SkipReason::Locked));
            prop_assert!(installed_again(&locked, unknown).is_err());
        }

        #[test]
        fn r7_the_two_directions_never_take_the_same_whole_instance(instance in state(), to in place()) {
            let taken = MOVES.map(|action| left_out(action, Some(&to), &instance, Included::default()).is_none());
            prop_assert!(taken != [true, true] || instance.status.is_failed());
        }

        #[test]
        fn r15_what_is_free_may_be_removed_in_any_state_that_is_known(instance in state(), unknown in any::<bool>()) {
            let included = Included { unknown, reapply: false };
            let taken = left_out(ReleaseAction::Uninstall, None, &instance, included).is_none();
            let known = unknown || instance.status != InstanceStatus::Unknown;
            prop_assert_eq!(taken, known && !instance.locked && !instance.status.is_moving());
        }

        #[test]
        fn r15_only_half_done_installations_are_installed_again(instance in state(), included in any::<bool>()) {
            let half_done = instance.status == InstanceStatus::InstallFailed
                || (included && instance.status == InstanceStatus::Unknown && instance.version.is_none());
            let expected = match (half_done, instance.locked) {
                (true, false) => Ok(()),
                (true, true) => Err(ProblemCode::Locked),
                (false, _) => Err(ProblemCode::HostAlreadyDeployed),
            };
            prop_assert_eq!(installed_again(&instance, included), expected);
        }
    }

    #[test]
    fn r7_each_reason_is_reported() {
        let place = |id| VersionPlace { precedence: String::new(), id };
        let running = |version: Option<i64>| CandidateState {
            status: InstanceStatus::Running,
            version: version.map(place),
            locked: false,
        };
        let unknown = CandidateState { status: InstanceStatus::Unknown, version: Some(place(2)), locked: false };
        let reason = |action, instance| left_out(action, Some(&place(2)), &instance, Included::default());
        assert_eq!(reason(ReleaseAction::Upgrade, running(Some(1))), None);
        assert_eq!(reason(ReleaseAction::Upgrade, running(Some(2))), Some(SkipReason::AlreadyAtVersion));
        assert_eq!(reason(ReleaseAction::Upgrade, running(Some(3))), Some(SkipReason::NotNewer));
        assert_eq!(reason(ReleaseAction::Revert, running(Some(1))), Some(SkipReason::NotOlder));
        assert_eq!(reason(ReleaseAction::Revert, running(Some(3))), None);
        assert_eq!(reason(ReleaseAction::Revert, running(None)), Some(SkipReason::NotInstalled));
        assert_eq!(reason(ReleaseAction::Upgrade, unknown), Some(SkipReason::UnknownState));
    }
}
