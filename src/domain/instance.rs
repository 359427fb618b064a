//! Instances: what they are doing, what a release makes of that, and what a person may say of them.

use super::release::ReleaseAction;
use super::target::ReleaseTargetStatus;
use super::{Problem, ProblemCode, Problems, name};

words! {
    /// State of an instance. From the acceptance of a release on it is INSTALLING, UPGRADING and so on, queued or under way.
    InstanceStatus {
        /// Nothing is being done to it.
        Running = "RUNNING",
        /// Being installed.
        Installing = "INSTALLING",
        /// Being moved to a newer version.
        Upgrading = "UPGRADING",
        /// Being moved to an older version.
        Reverting = "REVERTING",
        /// Being removed.
        Uninstalling = "UNINSTALLING",
        /// Installation failed.
        InstallFailed = "INSTALL_FAILED",
        /// Upgrade failed.
        UpgradeFailed = "UPGRADE_FAILED",
        /// Revert failed.
        RevertFailed = "REVERT_FAILED",
        /// Removal failed.
        UninstallFailed = "UNINSTALL_FAILED",
        /// A release was interrupted and nobody knows what runs there now.
        Unknown = "UNKNOWN",
        /// Not there any more, or its installation was given up before it began. Lists leave it out unless asked for it.
        Removed = "REMOVED",
    }
}

impl InstanceStatus {
    /// What an instance is doing from the acceptance of a release to the end of its target (R8).
    pub fn during(action: ReleaseAction) -> InstanceStatus {
        match action {
            ReleaseAction::Install => InstanceStatus::Installing,
            ReleaseAction::Upgrade => InstanceStatus::Upgrading,
            ReleaseAction::Revert => InstanceStatus::Reverting,
            ReleaseAction::Uninstall => InstanceStatus::Uninstalling,
        }
    }

    /// What it is doing when its target has ended so; none while the target is open. `before` is what it
    /// was doing when it was accepted, `REMOVED` for one that was made for the release (R13).
    pub fn after(action: ReleaseAction, end: ReleaseTargetStatus, before: InstanceStatus) -> Option<InstanceStatus> {
        match (end, action) {
            (ReleaseTargetStatus::Queued | ReleaseTargetStatus::Running, _) => None,
            (ReleaseTargetStatus::Succeeded, ReleaseAction::Uninstall) => Some(InstanceStatus::Removed),
            (ReleaseTargetStatus::Succeeded, _) => Some(InstanceStatus::Running),
            (ReleaseTargetStatus::Failed, ReleaseAction::Install) => Some(InstanceStatus::InstallFailed),
            (ReleaseTargetStatus::Failed, ReleaseAction::Upgrade) => Some(InstanceStatus::UpgradeFailed),
            (ReleaseTargetStatus::Failed, ReleaseAction::Revert) => Some(InstanceStatus::RevertFailed),
            (ReleaseTargetStatus::Failed, ReleaseAction::Uninstall) => Some(InstanceStatus::UninstallFailed),
            (ReleaseTargetStatus::Canceled, _) => Some(before),
            (ReleaseTargetStatus::Unknown, _) => Some(InstanceStatus::Unknown),
        }
    }

    /// Whether a release has it: accepted, and its target not yet final (R8).
    pub fn is_moving(self) -> bool {
        matches!(
            self,
            InstanceStatus::Installing
                | InstanceStatus::Upgrading
                | InstanceStatus::Reverting
                | InstanceStatus::Uninstalling
        )
    }

    /// Whether a release ended badly on it; it is free again (R15).
    pub fn is_failed(self) -> bool {
        matches!(
            self,
            InstanceStatus::InstallFailed
                | InstanceStatus::UpgradeFailed
                | InstanceStatus::RevertFailed
                | InstanceStatus::UninstallFailed
        )
    }

    /// Whether a person may say what runs there: it is not known, or the last release failed, and no release
    /// has it (R15).
    pub fn can_be_confirmed(self) -> bool {
        self == InstanceStatus::Unknown || self.is_failed()
    }
}

/// What a person says of an instance; what is none is not said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    pub port: Option<i64>,
    pub tag: Option<&'a str>,
    pub weight: Option<i64>,
    pub description: Option<&'a str>,
}

impl Said<'_> {
    /// Notes what is wrong with it.
    pub fn check(&self, problems: &mut Problems) {
        if self.port.is_some_and(|port| !(1..=65_535).contains(&port)) {
            problems.add(Problem::new(ProblemCode::Invalid, "port", "A port is a number from 1 to 65535."));
        }
        if let Some(tag) = self.tag {
            problems.take(name::filled_line("tag", tag, name::TAG));
        }
        if self.weight.is_some_and(|weight| !(0..=1000).contains(&weight)) {
            problems.add(Problem::new(ProblemCode::Invalid, "weight", "A weight is a number from 0 to 1000."));
        }
        if let Some(description) = self.description {
            problems.take(name::text("description", description, name::DESCRIPTION));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use proptest::prelude::*;

    /// Any value of a vocabulary.
    fn any<T: Word + std::fmt::Debug>() -> impl Strategy<Value = T> {
        (0..T::ALL.len()).prop_map(|index| T::ALL[index].0)
    }

    proptest! {
        #[test]
        fn r8_an_instance_is_moving_exactly_while_its_target_is_open(
            action in any::<ReleaseAction>(),
            end in any::<ReleaseTargetStatus>(),
            before in any::<InstanceStatus>().prop_filter("free", |status| !status.is_moving()),
        ) {
            prop_assert!(InstanceStatus::during(action).is_moving());
            let after = InstanceStatus::after(action, end, before);
            prop_assert_eq!(after.is_none(), end.is_open());
            prop_assert!(after.is_none_or(|after| !after.is_moving()));
        }

        #[test]
        fn r13_a_canceled_target_leaves_its_instance_as_it_was(
            action in any::<ReleaseAction>(),
            before in any::<InstanceStatus>(),
        ) {
            prop_assert_eq!(InstanceStatus::after(action, ReleaseTargetStatus::Canceled, before), Some(before));
        }

        #[test]
        fn r15_a_failed_target_leaves_its_instance_failed(action in any::<ReleaseAction>(), before in any::<InstanceStatus>()) {
            let after = InstanceStatus::after(action, ReleaseTargetStatus::Failed, before);
            prop_assert!(after.is_some_and(InstanceStatus::is_failed));
        }
    }

    #[test]
    fn r4_what_is_said_of_an_instance_keeps_to_its_limits_and_what_is_not_said_is_not_wrong() {
        let wrong = |said: Said<'_>| {
            let mut problems = Problems::default();
            said.check(&mut problems);
            problems.codes().join(" ")
        };
        let (tag, text) = ("t".repeat(63), "d".repeat(1000));
        let widest =
            |port, weight| Said { port: Some(port), tag: Some(&tag), weight: Some(weight), description: Some(&text) };
        for good in [Said::default(), widest(1, 0), widest(65_535, 1000)] {
            assert_eq!(wrong(good), "");
        }
        for (port, weight) in [(0, -1), (65_536, 1001)] {
            let said = Said { tag: Some(" "), description: Some("\0"), ..widest(port, weight) };
            assert_eq!(wrong(said), "INVALID REQUIRED INVALID INVALID");
        }
    }
}
