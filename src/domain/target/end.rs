//! How a target ended.

use super::{ReleaseTargetStatus, TargetFailure};

/// How a target ended, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub status: ReleaseTargetStatus,
    pub failure: Option<TargetFailure>,
    /// Why it failed, was canceled or is unknown, a sentence; cut to 1000 characters when it is stored.
    pub message: Option<String>,
    pub exit_status: Option<i64>,
}

impl End {
    /// The end of a target that did what it was to do.
    pub fn succeeded() -> End {
        End { status: ReleaseTargetStatus::Succeeded, failure: None, message: None, exit_status: None }
    }

    /// The end of a target that failed.
    pub fn failed(failure: TargetFailure, message: impl Into<String>) -> End {
        End::because(ReleaseTargetStatus::Failed, Some(failure), message.into())
    }

    /// The end of a target that was canceled before it started.
    pub fn canceled(message: impl Into<String>) -> End {
        End::because(ReleaseTargetStatus::Canceled, None, message.into())
    }

    /// The end of a target whose effect is unknown.
    pub fn unknown(message: impl Into<String>) -> End {
        End::because(ReleaseTargetStatus::Unknown, None, message.into())
    }

    /// The same end, with the exit status of the command.
    pub fn with_exit_status(self, status: i32) -> End {
        End { exit_status: Some(status.into()), ..self }
    }

    fn because(status: ReleaseTargetStatus, failure: Option<TargetFailure>, message: String) -> End {
        End { status, failure, message: Some(message), exit_status: None }
    }
}
