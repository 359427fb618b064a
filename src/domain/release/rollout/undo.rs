//! What a rollout may ask of which release once too many of its targets have failed: that it is undone, and that its version
//! is withdrawn (R16, R23).

use super::{Rollout, RolloutOverrides};
use crate::domain::release::{OnFailure, ReleaseAction};
use crate::domain::{Problem, ProblemCode, Problems};

/// Which release a rollout is for: some may neither be undone of their own accord nor have a version to withdraw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutOf {
    pub action: ReleaseAction,
    /// Whether it undoes another release, or retries one that does.
    pub is_undo: bool,
}

impl RolloutOf {
    /// Whether the release may be undone because too many of its targets failed.
    fn may_undo(self) -> bool {
        !self.is_undo && self.action != ReleaseAction::Uninstall
    }

    /// Whether the version may be withdrawn when the release is undone as it ends.
    fn may_withdraw(self) -> bool {
        !self.is_undo && matches!(self.action, ReleaseAction::Install | ReleaseAction::Upgrade)
    }
}

impl Rollout {
    /// Returns the rollout of this release, in which a default that cannot apply to it does not: what is not undone is
    /// stopped.
    pub fn limited_to(self, of: RolloutOf) -> Rollout {
        let on_failure = match self.on_failure {
            OnFailure::Undo if !of.may_undo() => OnFailure::Stop,
            on_failure => on_failure,
        };
        Rollout { on_failure, withdraw_on_undo: self.withdraw_on_undo && of.may_withdraw(), ..self }
    }
}

impl RolloutOverrides {
    /// Adds a problem for what cannot be asked of this release.
    pub fn check_for(&self, of: RolloutOf, problems: &mut Problems) {
        if self.on_failure == Some(OnFailure::Undo) && !of.may_undo() {
            let message = match of.is_undo {
                true => "An undo is never undone of its own accord. Choose STOP, CONTINUE or PAUSE.",
                false => "An uninstallation cannot be undone. Choose STOP, CONTINUE or PAUSE.",
            };
            problems.add(Problem::new(ProblemCode::Invalid, "rollout.onFailure", message));
        }
        if self.withdraw_on_undo == Some(true) && !of.may_withdraw() {
            let message = "Only an installation or an upgrade can withdraw its version. Leave withdrawOnUndo out.";
            problems.add(Problem::new(ProblemCode::Invalid, "rollout.withdrawOnUndo", message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use crate::domain::release::rollout::RolloutDefaults;
    use std::time::Duration;

    /// Every sort of release.
    fn all() -> impl Iterator<Item = RolloutOf> {
        let of = |is_undo| move |(action, ..): &(ReleaseAction, _, _)| RolloutOf { action: *action, is_undo };
        ReleaseAction::ALL.iter().map(of(false)).chain(ReleaseAction::ALL.iter().map(of(true)))
    }

    #[test]
    fn r23_an_undo_and_an_uninstallation_are_not_undone_and_only_what_has_a_new_version_withdraws_it() {
        let asked = RolloutOverrides {
            on_failure: Some(OnFailure::Undo),
            withdraw_on_undo: Some(true),
            ..RolloutOverrides::default()
        };
        for of in all() {
            let mut problems = Problems::default();
            asked.check_for(of, &mut problems);
            let refused: Vec<&str> =
                problems.0.iter().filter_map(|problem| problem.field.last()).map(String::as_str).collect();
            let expected: &[&str] = match (of.is_undo, of.action) {
                (false, ReleaseAction::Install | ReleaseAction::Upgrade) => &[],
                (false, ReleaseAction::Revert) => &["withdrawOnUndo"],
                (false, ReleaseAction::Uninstall) | (true, _) => &["onFailure", "withdrawOnUndo"],
            };
            assert_eq!(refused, expected, "{of:?}");
        }
    }

    #[test]
    fn r23_a_default_that_cannot_apply_is_no_problem_and_what_is_not_undone_is_stopped() {
        let defaults =
            RolloutDefaults { on_failure: OnFailure::Undo, withdraw_on_undo: true, ..RolloutDefaults::default() };
        let omitted = RolloutOverrides { withdraw_on_undo: Some(false), ..RolloutOverrides::default() };
        for of in all() {
            let mut problems = Problems::default();
            omitted.check_for(of, &mut problems);
            assert!(problems.is_empty(), "{of:?}");
            let rollout = RolloutOverrides::default().resolve(&defaults, Duration::from_secs(9), 3).limited_to(of);
            let undone = if of.may_undo() { OnFailure::Undo } else { OnFailure::Stop };
            assert_eq!((rollout.on_failure, rollout.withdraw_on_undo), (undone, of.may_withdraw()), "{of:?}");
        }
    }
}
