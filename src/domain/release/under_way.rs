//! What a rollout lets a release do while it is under way: which targets may start, and when the others are canceled
//! (R16).

use super::{OnFailure, Progress, ReleaseStatus};

/// A release as its rollout sees it.
#[derive(Clone, Copy, Debug)]
pub struct UnderWay {
    pub status: ReleaseStatus,
    pub max_parallel: i64,
    pub max_failures: i64,
    pub on_failure: OnFailure,
    pub progress: Progress,
}

impl UnderWay {
    /// Returns those of the queued targets that may start now. Targets are named by their ordinals, in ascending order.
    /// This decides alone what is claimed: the database only finds candidates.
    pub fn may_start<'o>(&self, queued: &'o [i64]) -> &'o [i64] {
        let count = usize::try_from(self.start_limit()).unwrap_or_default();
        &queued[..count.min(queued.len())]
    }

    /// The most targets that [`may_start`](Self::may_start) returns, whatever is queued.
    pub fn start_limit(&self) -> i64 {
        match self.status {
            ReleaseStatus::Pending | ReleaseStatus::Running => {
                self.max_parallel.saturating_sub(self.progress.running).clamp(0, self.progress.queued)
            }
            ReleaseStatus::Paused | ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled => 0,
        }
    }

    /// Whether the release cancels its queued targets: more targets than allowed ended FAILED or UNKNOWN.
    pub fn gives_up(&self) -> bool {
        let Progress { queued, failed, unknown, .. } = self.progress;
        self.on_failure == OnFailure::Stop && failed + unknown > self.max_failures && queued > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use proptest::prelude::*;

    fn under_way(progress: Progress) -> UnderWay {
        let (status, on_failure) = (ReleaseStatus::Running, OnFailure::Stop);
        UnderWay { status, max_parallel: 3, max_failures: 1, on_failure, progress }
    }

    #[test]
    fn r16_the_first_queued_targets_may_start_as_many_as_the_rollout_leaves() {
        let release = |running| under_way(Progress { running, queued: 4, ..Progress::default() });
        let queued = [3, 4, 7, 9];
        assert_eq!(release(0).may_start(&queued), [3, 4, 7]);
        assert_eq!(release(2).may_start(&queued), [3]);
        assert!(release(2).may_start(&[]).is_empty());
        for running in [3, 4] {
            assert!(release(running).may_start(&queued).is_empty(), "{running} run");
        }
    }

    proptest! {
        #[test]
        fn r16_what_may_start_keeps_to_max_parallel_and_a_release_that_is_paused_or_over_starts_nothing(
            status in (0..ReleaseStatus::ALL.len()).prop_map(|index| ReleaseStatus::ALL[index].0),
            max_parallel in 1_i64..6,
            running in 0_i64..6,
            queued in 0_i64..6,
        ) {
            let progress = Progress { queued, running, ..Progress::default() };
            let release = UnderWay { status, max_parallel, ..under_way(progress) };
            let ordinals: Vec<i64> = (1..=queued).collect();
            let started = release.may_start(&ordinals).len() as i64;
            prop_assert_eq!(started, release.start_limit());
            prop_assert!(started == 0 || running + started <= max_parallel);
            let idle = status == ReleaseStatus::Paused || status.is_over();
            prop_assert_eq!(started > 0, !idle && running < max_parallel && queued > 0);
        }
    }

    #[test]
    fn r16_a_release_gives_up_when_more_failed_than_may_unknown_ones_counted() {
        let progress = Progress { queued: 1, failed: 1, unknown: 1, ..Progress::default() };
        let release = under_way(progress);
        assert!(release.gives_up());
        assert!(!UnderWay { max_failures: 2, ..release }.gives_up());
        assert!(!UnderWay { on_failure: OnFailure::Continue, ..release }.gives_up());
        assert!(!UnderWay { progress: Progress { queued: 0, ..progress }, ..release }.gives_up());
    }
}
