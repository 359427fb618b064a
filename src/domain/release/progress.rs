//! How many targets of a release are in which state, and what that makes of the release (R14).

use super::ReleaseStatus;
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};

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
    /// Those of the failed whose host was not reached.
    pub unreachable: i64,
    /// Those of the succeeded whose instances became unhealthy while the release soaked.
    pub unhealthy: i64,
}

impl Progress {
    /// The counts of a release that was just accepted.
    pub fn accepted(total: i64, skipped: i64) -> Progress {
        Progress { total, queued: total, skipped, ..Progress::default() }
    }

    /// Returns the counts after `many` targets went from one state to another.
    pub fn moved(mut self, from: ReleaseTargetStatus, to: ReleaseTargetStatus, many: i64) -> Progress {
        debug_assert!(from.may_become(to), "a {from} target never becomes {to}");
        *self.count(from) -= many;
        *self.count(to) += many;
        self
    }

    /// The same counts, after one more target failed like this, if it failed.
    pub fn with_failure(mut self, failure: Option<TargetFailure>) -> Progress {
        self.unreachable += i64::from(failure == Some(TargetFailure::Unreachable));
        self
    }

    /// The failures that count against the limits of a rollout: a host that was not reached has a limit of its own.
    pub fn failures(&self) -> i64 {
        self.failed - self.unreachable + self.unknown + self.unhealthy
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

    /// What the release is, by its targets, and by whether it is paused (R14). Without a queued target, it is never paused.
    pub fn status(&self, paused: bool) -> ReleaseStatus {
        let open = self.queued + self.running > 0;
        let begun = self.running + self.succeeded + self.failed + self.unknown > 0;
        match (open, begun) {
            (true, _) if paused && self.queued > 0 => ReleaseStatus::Paused,
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
    use crate::domain::target::tests::way;
    use proptest::prelude::*;

    proptest! {
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
