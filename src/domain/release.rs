//! Releases and their targets: their words, the ways of their states, and the counts (R13, R14).

words! {
    /// What is done to instances.
    ReleaseAction {
        /// Put a version on a host that has none.
        Install = "INSTALL",
        /// Move to a newer version.
        Upgrade = "UPGRADE",
        /// Move to an older version.
        Revert = "REVERT",
        /// Remove from a host.
        Uninstall = "UNINSTALL",
    }

    /// What a release came from.
    ReleaseOrigin {
        /// A caller asked for it.
        Request = "REQUEST",
        /// It retries another.
        Retry = "RETRY",
        /// It undoes another.
        Undo = "UNDO",
    }

    /// State of a release.
    ReleaseStatus {
        /// Accepted, no target begun.
        Pending = "PENDING",
        /// At least one target begun, not all ended.
        Running = "RUNNING",
        /// Held back; what is under way ends.
        Paused = "PAUSED",
        /// Over: all targets ended well.
        Succeeded = "SUCCEEDED",
        /// Over: at least one target failed or is unknown.
        Failed = "FAILED",
        /// Over: none failed, and at least one was given up before it began.
        Canceled = "CANCELED",
    }

    /// State of a target.
    ReleaseTargetStatus {
        /// Not begun.
        Queued = "QUEUED",
        /// Under way.
        Running = "RUNNING",
        /// Ended well.
        Succeeded = "SUCCEEDED",
        /// Ended badly.
        Failed = "FAILED",
        /// Given up before it began.
        Canceled = "CANCELED",
        /// Interrupted, and the outcome could not be found out.
        Unknown = "UNKNOWN",
    }

    /// In what way a target failed.
    TargetFailure {
        /// The command ended with another exit status than 0, or the agent said so.
        Command = "COMMAND",
        /// It took too long and was stopped.
        TimedOut = "TIMED_OUT",
        /// It was stopped because its release was canceled.
        Stopped = "STOPPED",
        /// It could not be started.
        NotStarted = "NOT_STARTED",
        /// Its worker was lost, and the probe found what ran before.
        Interrupted = "INTERRUPTED",
    }

    /// Why an instance was left out.
    SkipReason {
        /// A release or a hold has it.
        Locked = "LOCKED",
        /// It runs the target version already.
        AlreadyAtVersion = "ALREADY_AT_VERSION",
        /// Its status is UNKNOWN; confirm it first, or ask to include it.
        UnknownState = "UNKNOWN_STATE",
        /// The target version is not newer than what it runs.
        NotNewer = "NOT_NEWER",
        /// The target version is not older than what it runs.
        NotOlder = "NOT_OLDER",
        /// It has no version yet; install it.
        NotInstalled = "NOT_INSTALLED",
        /// The version to go back to was withdrawn or removed.
        VersionUnavailable = "VERSION_UNAVAILABLE",
        /// It was moved again, or confirmed, since the release that is to be undone or retried.
        MovedSince = "MOVED_SINCE",
    }

    /// What to do with chosen instances that a release or a hold has.
    OnLocked {
        /// Leave them out and report them.
        Skip = "SKIP",
        /// Refuse the whole request.
        Reject = "REJECT",
    }

    /// What to do when more targets failed than allowed.
    OnFailure {
        /// Cancel what has not begun.
        Stop = "STOP",
        /// Go on.
        Continue = "CONTINUE",
    }

    /// Where executor output came from.
    LogStream {
        /// Standard output.
        Stdout = "STDOUT",
        /// Standard error.
        Stderr = "STDERR",
        /// Lines of lockkeeper itself.
        System = "SYSTEM",
    }
}

/// Counts of the targets of a release, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub total: i64,
    pub queued: i64,
    pub running: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub canceled: i64,
    pub unknown: i64,
    /// Chosen and left out; not in the total.
    pub skipped: i64,
}

impl ReleaseTargetStatus {
    /// Whether a release has the instance: not yet final (R13).
    pub fn is_open(self) -> bool {
        matches!(self, ReleaseTargetStatus::Queued | ReleaseTargetStatus::Running)
    }

    /// Whether it may become that: what is final stays, and what began is neither queued again nor
    /// canceled (R13). One that runs may be started anew.
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

impl ReleaseStatus {
    /// Whether the release is over; what is over never changes (R14).
    pub fn is_over(self) -> bool {
        matches!(self, ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled)
    }
}

impl Progress {
    /// The counts of a release that was just accepted.
    pub fn accepted(total: i64, skipped: i64) -> Progress {
        Progress { total, queued: total, skipped, ..Progress::default() }
    }

    /// The counts after so many targets went from one state to another.
    pub fn moved(mut self, from: ReleaseTargetStatus, to: ReleaseTargetStatus, many: i64) -> Progress {
        debug_assert!(from.may_become(to), "a {from} target never becomes {to}");
        *self.count(from) -= many;
        *self.count(to) += many;
        self
    }

    fn count(&mut self, status: ReleaseTargetStatus) -> &mut i64 {
        match status {
            ReleaseTargetStatus::Queued => &mut self.queued,
            ReleaseTargetStatus::Running => &mut self.running,
            ReleaseTargetStatus::Succeeded => &mut self.succeeded,
            ReleaseTargetStatus::Failed => &mut self.failed,
            ReleaseTargetStatus::Canceled => &mut self.canceled,
            ReleaseTargetStatus::Unknown => &mut self.unknown,
        }
    }

    /// What the release is, by its targets (R14).
    pub fn status(&self, held_back: bool) -> ReleaseStatus {
        let open = self.queued + self.running > 0;
        let begun = self.running + self.succeeded + self.failed + self.unknown > 0;
        match (open, begun) {
            (true, _) if held_back => ReleaseStatus::Paused,
            (true, false) => ReleaseStatus::Pending,
            (true, true) => ReleaseStatus::Running,
            (false, _) if self.failed + self.unknown > 0 => ReleaseStatus::Failed,
            (false, _) if self.canceled > 0 => ReleaseStatus::Canceled,
            (false, _) => ReleaseStatus::Succeeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use proptest::prelude::*;

    /// Any way that a target can go, from its acceptance on.
    fn way() -> impl Strategy<Value = Vec<ReleaseTargetStatus>> {
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

        #[test]
        fn r14_a_release_is_over_exactly_when_no_target_is_open(ways in proptest::collection::vec(way(), 1..6)) {
            let mut progress = Progress::accepted(ways.len() as i64, 0);
            for way in &ways {
                for step in way.windows(2) {
                    progress = progress.moved(step[0], step[1], 1);
                }
            }
            let ends: Vec<_> = ways.iter().filter_map(|way| way.last()).collect();
            prop_assert_eq!(progress.status(false).is_over(), ends.iter().all(|end| !end.is_open()));
            let expected = match &ends[..] {
                ends if ends.iter().any(|end| end.is_open()) => progress.status(false),
                ends if ends.iter().any(|end| matches!(end, ReleaseTargetStatus::Failed | ReleaseTargetStatus::Unknown)) => ReleaseStatus::Failed,
                ends if ends.contains(&&ReleaseTargetStatus::Canceled) => ReleaseStatus::Canceled,
                _ => ReleaseStatus::Succeeded,
            };
            prop_assert_eq!(progress.status(false), expected);
            let sum = progress.queued + progress.running + progress.succeeded + progress.failed + progress.canceled + progress.unknown;
            prop_assert_eq!(sum, progress.total);
        }
    }
}
