//! The steps that a start of a target goes through.

use super::release::ReleaseAction;

words! {
    /// A step of a target. The declared order is that in which they happen.
    StepName {
        /// Reaching the host. Executors that run programs on the worker's machine do not have it.
        Connect = "CONNECT",
        /// Preparing the host. It must change nothing that runs.
        Prepare = "PREPARE",
        /// Taking the instance out of service. Installations do not have it.
        Drain = "DRAIN",
        /// Running what the executor runs: the step that moves the instance. Every target has it.
        Run = "RUN",
        /// Waiting until the instance is healthy. Removals do not have it.
        Health = "HEALTH",
        /// Putting the instance back into service. Removals do not have it.
        Undrain = "UNDRAIN",
    }

    /// Status of a step of a target.
    StepStatus {
        /// Not begun yet.
        Waiting = "WAITING",
        /// In progress.
        Running = "RUNNING",
        /// It succeeded.
        Succeeded = "SUCCEEDED",
        /// It failed.
        Failed = "FAILED",
        /// The target ended without it, since an earlier step did not succeed.
        Skipped = "SKIPPED",
        /// It was interrupted, and its effect could not be determined.
        Unknown = "UNKNOWN",
    }
}

impl StepName {
    /// Whether targets of this action have the step, if their executor has it.
    pub fn belongs_to(self, action: ReleaseAction) -> bool {
        match self {
            StepName::Connect | StepName::Prepare | StepName::Run => true,
            StepName::Drain => action != ReleaseAction::Install,
            StepName::Health | StepName::Undrain => action != ReleaseAction::Uninstall,
        }
    }

    /// Its name in messages and in the configuration.
    pub fn label(self) -> &'static str {
        match self {
            StepName::Connect => "connect",
            StepName::Prepare => "prepare",
            StepName::Drain => "drain",
            StepName::Run => "run",
            StepName::Health => "health",
            StepName::Undrain => "undrain",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word as _;

    #[test]
    fn each_action_has_its_steps_in_their_order() {
        let steps = |action| {
            let all = StepName::ALL.iter().map(|(step, ..)| *step).filter(|step| step.belongs_to(action));
            all.map(StepName::label).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(steps(ReleaseAction::Install), "connect prepare run health undrain");
        assert_eq!(steps(ReleaseAction::Upgrade), "connect prepare drain run health undrain");
        assert_eq!(steps(ReleaseAction::Revert), "connect prepare drain run health undrain");
        assert_eq!(steps(ReleaseAction::Uninstall), "connect prepare drain run");
        assert!(
            StepName::Connect < StepName::Prepare
                && StepName::Prepare < StepName::Drain
                && StepName::Health < StepName::Undrain
        );
    }
}
