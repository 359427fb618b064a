//! Instances: their status, how releases change it, and the settings that people edit.

use super::release::ReleaseAction;
use super::target::{Leaves, ReleaseTargetStatus};
use super::{Edit, Problem, ProblemCode, Problems, name};

words! {
    /// Status of an instance. It is INSTALLING, UPGRADING and so on from the time when a release is accepted, before the release starts on the instance.
    InstanceStatus {
        /// Installed, and no release is changing it.
        Running = "RUNNING",
        /// It is being installed.
        Installing = "INSTALLING",
        /// It is being moved to a newer version.
        Upgrading = "UPGRADING",
        /// It is being moved to an older version.
        Reverting = "REVERTING",
        /// It is being removed.
        Uninstalling = "UNINSTALLING",
        /// The installation failed.
        InstallFailed = "INSTALL_FAILED",
        /// The upgrade failed.
        UpgradeFailed = "UPGRADE_FAILED",
        /// The revert failed.
        RevertFailed = "REVERT_FAILED",
        /// The removal failed.
        UninstallFailed = "UNINSTALL_FAILED",
        /// A release was interrupted, and it is not known which version runs now.
        Unknown = "UNKNOWN",
        /// It was removed, or its installation was canceled before it started. Lists leave such instances out by default.
        Removed = "REMOVED",
    }
}

impl InstanceStatus {
    /// The status of an instance from the acceptance of a release to the end of its target (R8).
    pub fn during(action: ReleaseAction) -> InstanceStatus {
        match action {
            ReleaseAction::Install => InstanceStatus::Installing,
            ReleaseAction::Upgrade => InstanceStatus::Upgrading,
            ReleaseAction::Revert => InstanceStatus::Reverting,
            ReleaseAction::Uninstall => InstanceStatus::Uninstalling,
        }
    }

    /// Returns the status after its target has ended with `end`, or `None` while the target is open. `before` is the
    /// status before the release, `REMOVED` for an instance that the release created; it returns if nothing began on the
    /// instance (R13). `leaves` is what a failed target leaves behind.
    pub fn after(
        action: ReleaseAction,
        end: ReleaseTargetStatus,
        leaves: Leaves,
        before: InstanceStatus,
    ) -> Option<InstanceStatus> {
        match (end, action) {
            (ReleaseTargetStatus::Queued | ReleaseTargetStatus::Running, _) => None,
            (ReleaseTargetStatus::Failed, _) if leaves == Leaves::AsBefore => Some(before),
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

    /// Whether it is in an open release (R8).
    pub fn is_moving(self) -> bool {
        matches!(
            self,
            InstanceStatus::Installing
                | InstanceStatus::Upgrading
                | InstanceStatus::Reverting
                | InstanceStatus::Uninstalling
        )
    }

    /// Whether an instance with this status cannot be relied on: what runs there is broken or unknown. One whose
    /// installation failed was never in service.
    pub fn is_unavailable(self) -> bool {
        (self.is_failed() && self != InstanceStatus::InstallFailed) || self == InstanceStatus::Unknown
    }

    /// Whether its last release failed. It is not locked by that release any more (R15).
    pub fn is_failed(self) -> bool {
        matches!(
            self,
            InstanceStatus::InstallFailed
                | InstanceStatus::UpgradeFailed
                | InstanceStatus::RevertFailed
                | InstanceStatus::UninstallFailed
        )
    }

    /// Whether a person may confirm what runs there: it is in no open release, and was not removed (R15).
    pub fn can_be_confirmed(self) -> bool {
        !self.is_moving() && self != InstanceStatus::Removed
    }
}

/// What people set for an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceSettings {
    pub port: Option<i64>,
    pub tag: Option<String>,
    /// Share of traffic.
    pub weight: i64,
    pub description: String,
}

/// How settings are to be changed; by default they stay as they are.
#[derive(Clone, Debug, Default)]
pub struct SettingsEdit {
    pub port: Edit<i64>,
    pub tag: Edit<String>,
    pub weight: Option<i64>,
    pub description: Option<String>,
}

impl InstanceSettings {
    /// Adds a problem for each setting that is not allowed.
    pub fn check(&self, problems: &mut Problems) {
        if self.port.is_some_and(|port| !(1..=65_535).contains(&port)) {
            problems.add(Problem::new(ProblemCode::Invalid, "port", "A port must be a number from 1 to 65535."));
        }
        if let Some(tag) = &self.tag {
            problems.collect(name::filled_line("tag", tag, name::MAX_TAG));
        }
        if !(0..=1000).contains(&self.weight) {
            problems.add(Problem::new(ProblemCode::Invalid, "weight", "A weight must be a number from 0 to 1000."));
        }
        problems.collect(name::text("description", &self.description, name::MAX_DESCRIPTION));
    }

    /// Returns the settings after an edit.
    pub fn edited(&self, edit: &SettingsEdit) -> InstanceSettings {
        InstanceSettings {
            port: edit.port.of(&self.port),
            tag: edit.tag.of(&self.tag),
            weight: edit.weight.unwrap_or(self.weight),
            description: edit.description.clone().unwrap_or_else(|| self.description.clone()),
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
            let after = InstanceStatus::after(action, end, Leaves::Failed, before);
            prop_assert_eq!(after.is_none(), end.is_open());
            prop_assert!(after.is_none_or(|after| !after.is_moving()));
        }

        #[test]
        fn r13_a_canceled_target_leaves_its_instance_as_it_was(
            action in any::<ReleaseAction>(),
            before in any::<InstanceStatus>(),
        ) {
            let canceled = InstanceStatus::after(action, ReleaseTargetStatus::Canceled, Leaves::Failed, before);
            prop_assert_eq!(canceled, Some(before));
            let failed = InstanceStatus::after(action, ReleaseTargetStatus::Failed, Leaves::AsBefore, before);
            prop_assert_eq!(failed, Some(before), "`run` never began");
        }

        #[test]
        fn r15_a_failed_target_leaves_its_instance_failed(action in any::<ReleaseAction>(), before in any::<InstanceStatus>()) {
            let after = InstanceStatus::after(action, ReleaseTargetStatus::Failed, Leaves::Failed, before);
            prop_assert!(after.is_some_and(InstanceStatus::is_failed));
        }
    }

    #[test]
    fn r4_settings_have_limits_and_the_default_ones_are_allowed() {
        let codes = |settings: InstanceSettings| {
            let mut problems = Problems::default();
            settings.check(&mut problems);
            problems.codes().join(" ")
        };
        let widest = |port, weight| InstanceSettings {
            port: Some(port),
            tag: Some("t".repeat(63)),
            weight,
            description: "d".repeat(1000),
        };
        for good in [InstanceSettings::default(), widest(1, 0), widest(65_535, 1000)] {
            assert_eq!(codes(good), "");
        }
        for (port, weight) in [(0, -1), (65_536, 1001)] {
            let wrong = InstanceSettings { tag: Some(" ".into()), description: "\0".into(), ..widest(port, weight) };
            assert_eq!(codes(wrong), "INVALID REQUIRED INVALID INVALID");
        }
    }

    #[test]
    fn an_edit_changes_what_it_names_and_clears_what_it_says_is_none() {
        let recorded = InstanceSettings { port: Some(80), tag: Some("a".into()), weight: 5, description: "old".into() };
        assert_eq!(recorded.edited(&SettingsEdit::default()), recorded);
        let edit = SettingsEdit {
            port: Edit::Clear,
            tag: Edit::Set("b".into()),
            weight: Some(0),
            description: Some("new".into()),
        };
        let edited = InstanceSettings { port: None, tag: Some("b".into()), weight: 0, description: "new".into() };
        assert_eq!(recorded.edited(&edit), edited);
    }
}
