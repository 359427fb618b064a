//! Targets: their words, the states that they go through, how they end, and what the end of a start means for them
//! (R13).

mod aftermath;
mod end;
pub mod steps;
pub mod verdict;

pub use aftermath::Aftermath;
pub use end::{End, Leaves, MAX_MESSAGE_CHARS, Undrain};
pub use steps::TargetStep;

words! {
    /// Status of a release target.
    ReleaseTargetStatus {
        /// Not started yet.
        Queued = "QUEUED",
        /// Running.
        Running = "RUNNING",
        /// Succeeded.
        Succeeded = "SUCCEEDED",
        /// Failed.
        Failed = "FAILED",
        /// Canceled before it started.
        Canceled = "CANCELED",
        /// Interrupted, with an outcome that could not be determined.
        Unknown = "UNKNOWN",
    }

    /// How a target failed.
    TargetFailure {
        /// The command ended with an exit status other than 0.
        Command = "COMMAND",
        /// It did not finish within its timeout and was stopped.
        TimedOut = "TIMED_OUT",
        /// It printed nothing for longer than the executor's idle_timeout and was stopped.
        Idle = "IDLE",
        /// It was stopped because its release was canceled.
        Stopped = "STOPPED",
        /// Its command could not be started. The instance is as before.
        NotStarted = "NOT_STARTED",
        /// The host was not reached for 30 seconds. The instance is as before.
        Unreachable = "UNREACHABLE",
        /// The host's key is not the known one, or none is known. The instance is as before.
        HostKey = "HOST_KEY",
        /// The host did not accept the login, or sudo was refused there. The instance is as before.
        Refused = "REFUSED",
        /// The step prepare failed. The instance is as before.
        Prepare = "PREPARE",
        /// The step drain failed. The instance is as before.
        Drain = "DRAIN",
        /// The command succeeded, but the instance did not become healthy in time.
        Unhealthy = "UNHEALTHY",
        /// Its worker was lost, and the probe reported that the previous version still runs.
        Interrupted = "INTERRUPTED",
    }

    /// The stream that a line of output came from.
    LogStream {
        /// Standard output of the command.
        Stdout = "STDOUT",
        /// Standard error of the command.
        Stderr = "STDERR",
        /// Messages of lockkeeper itself.
        System = "SYSTEM",
    }
}

impl ReleaseTargetStatus {
    /// Whether the target is not final yet: then its release locks the instance (R13).
    pub fn is_open(self) -> bool {
        matches!(self, ReleaseTargetStatus::Queued | ReleaseTargetStatus::Running)
    }

    /// Whether the target may get this status next: a final status stays, and a target that has started is neither queued
    /// again nor canceled (R13). A running target may be started again.
    pub fn may_become(self, next: ReleaseTargetStatus) -> bool {
        match self {
            ReleaseTargetStatus::Queued => matches!(next, ReleaseTargetStatus::Running | ReleaseTargetStatus::Canceled),
            ReleaseTargetStatus::Running => {
                !matches!(next, ReleaseTargetStatus::Queued | ReleaseTargetStatus::Canceled)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::Word;
    use proptest::prelude::*;

    /// Any way that a target can go, from its acceptance on.
    pub fn way() -> impl Strategy<Value = Vec<ReleaseTargetStatus>> {
        proptest::collection::vec(0..ReleaseTargetStatus::ALL.len(), 0..8).prop_map(|steps| {
            let mut way = vec![ReleaseTargetStatus::Queued];
            for next in steps.into_iter().map(|step| ReleaseTargetStatus::ALL[step].0) {
                if way.last().is_some_and(|now| now.may_become(next)) {
                    way.push(next);
                }
            }
            way
        })
    }

    proptest! {
        #[test]
        fn r13_a_target_reaches_one_final_state_and_never_leaves_it(way in way()) {
            let finals = way.iter().filter(|status| !status.is_open()).count();
            prop_assert!(finals <= 1);
            prop_assert!(finals == 0 || way.last().is_some_and(|last| !last.is_open()));
        }

        #[test]
        fn r13_what_began_is_neither_queued_again_nor_canceled(way in way()) {
            let begun = way.iter().position(|status| *status == ReleaseTargetStatus::Running);
            let after = begun.map_or(&[][..], |begun| &way[begun..]);
            prop_assert!(!after.contains(&ReleaseTargetStatus::Queued) && !after.contains(&ReleaseTargetStatus::Canceled));
        }
    }
}
