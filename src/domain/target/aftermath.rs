//! What a target that is over left behind: whether undoing its release puts its instance back.

use super::{Leaves, ReleaseTargetStatus, TargetFailure};

/// How a target of an earlier release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aftermath {
    pub status: ReleaseTargetStatus,
    pub failure: Option<TargetFailure>,
    /// Whether the step `run` began.
    pub ran: bool,
}

impl Aftermath {
    /// Whether its instance may not be as it was before, so that an undo puts it back.
    pub fn is_undone(self) -> bool {
        match self.status {
            ReleaseTargetStatus::Succeeded | ReleaseTargetStatus::Unknown => true,
            ReleaseTargetStatus::Failed => {
                self.ran && self.failure.is_some_and(|failure| failure.leaves() == Leaves::Failed)
            }
            ReleaseTargetStatus::Queued | ReleaseTargetStatus::Running | ReleaseTargetStatus::Canceled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;

    #[test]
    fn an_undo_puts_back_whatever_run_may_have_changed() {
        let after = |status, failure, ran| Aftermath { status, failure, ran };
        for (status, undone) in [
            (ReleaseTargetStatus::Succeeded, true),
            (ReleaseTargetStatus::Unknown, true),
            (ReleaseTargetStatus::Canceled, false),
            (ReleaseTargetStatus::Queued, false),
            (ReleaseTargetStatus::Running, false),
        ] {
            assert_eq!(after(status, None, true).is_undone(), undone, "{status}");
        }
        for (failure, word, _) in TargetFailure::ALL {
            let failed = |ran| after(ReleaseTargetStatus::Failed, Some(*failure), ran);
            assert!(!failed(false).is_undone(), "{word} before `run`");
            let undone = matches!(
                failure,
                TargetFailure::Command
                    | TargetFailure::TimedOut
                    | TargetFailure::Idle
                    | TargetFailure::Unhealthy
                    | TargetFailure::Stopped
                    | TargetFailure::Interrupted
            );
            assert_eq!(failed(true).is_undone(), undone, "{word}");
        }
    }
}
