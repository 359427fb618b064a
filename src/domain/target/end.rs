//! How a target ended.

use super::{ReleaseTargetStatus, TargetFailure};
use crate::domain::StepStatus;
use crate::domain::order::ConnectFailure;

/// The longest message of a target.
pub const MAX_MESSAGE_CHARS: usize = 1000;

/// How a target, or one of its steps, ended, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub status: ReleaseTargetStatus,
    pub failure: Option<TargetFailure>,
    /// Why it failed, was canceled or is unknown, at most [`MAX_MESSAGE_CHARS`]; it is cut when it is stored.
    pub message: Option<String>,
    pub exit_status: Option<i64>,
    /// What the target leaves behind if it failed.
    pub leaves: Leaves,
    /// How the step `undrain` ended; `None` if the target ended without it.
    pub undrain: Option<Undrain>,
}

/// In which state a target that failed leaves its instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// As it was when the release was accepted: the step `run` never began.
    AsBefore,
    /// The step `run` began, and the instance is marked as failed.
    Failed,
}

/// How the step `undrain` ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undrain {
    /// The instance is back in service.
    Succeeded,
    /// The instance stays out of service; the text says why.
    Failed(String),
}

impl From<ConnectFailure> for TargetFailure {
    fn from(failure: ConnectFailure) -> TargetFailure {
        match failure {
            ConnectFailure::Unreachable => TargetFailure::Unreachable,
            ConnectFailure::HostKey => TargetFailure::HostKey,
            ConnectFailure::Refused => TargetFailure::Refused,
        }
    }
}

impl TargetFailure {
    /// What a failure leaves behind. A target that is stopped before `run` began is an exception: it leaves its instance as
    /// before ([`End::before_run`]).
    pub fn leaves(self) -> Leaves {
        match self {
            TargetFailure::NotStarted
            | TargetFailure::Unreachable
            | TargetFailure::HostKey
            | TargetFailure::Refused
            | TargetFailure::Prepare
            | TargetFailure::Drain => Leaves::AsBefore,
            TargetFailure::Command
            | TargetFailure::TimedOut
            | TargetFailure::Idle
            | TargetFailure::Unhealthy
            | TargetFailure::Stopped
            | TargetFailure::Interrupted => Leaves::Failed,
        }
    }

    /// Whether a target that failed like this has tried the version: only such a failure speaks against it.
    pub fn tried_version(self) -> bool {
        match self {
            TargetFailure::NotStarted
            | TargetFailure::Unreachable
            | TargetFailure::HostKey
            | TargetFailure::Refused
            | TargetFailure::Prepare
            | TargetFailure::Drain
            | TargetFailure::Interrupted => false,
            TargetFailure::Command
            | TargetFailure::TimedOut
            | TargetFailure::Idle
            | TargetFailure::Unhealthy
            | TargetFailure::Stopped => true,
        }
    }
}

impl End {
    /// The end of a target that did what it was to do.
    pub fn succeeded() -> End {
        End { message: None, ..End::because(ReleaseTargetStatus::Succeeded, None, String::new()) }
    }

    /// The end of a target that failed.
    pub fn failed(failure: TargetFailure, message: impl Into<String>) -> End {
        End { leaves: failure.leaves(), ..End::because(ReleaseTargetStatus::Failed, Some(failure), message.into()) }
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

    /// The same end of a target whose step `run` never began.
    pub fn before_run(self) -> End {
        End { leaves: Leaves::AsBefore, ..self }
    }

    /// The same end, after the step `undrain` ended like this.
    pub fn after_undrain(self, undrain: Undrain) -> End {
        End { undrain: Some(undrain), ..self }
    }

    /// How the last step of the target ended, and why it did not succeed.
    pub fn last_step(&self) -> (StepStatus, Option<&str>) {
        match &self.undrain {
            Some(Undrain::Succeeded) => (StepStatus::Succeeded, None),
            Some(Undrain::Failed(why)) => (StepStatus::Failed, Some(why)),
            None => (step_status(self.status), self.message.as_deref()),
        }
    }

    fn because(status: ReleaseTargetStatus, failure: Option<TargetFailure>, message: String) -> End {
        End { status, failure, message: Some(message), exit_status: None, leaves: Leaves::Failed, undrain: None }
    }
}

/// The status of a step that ended like a target with this status.
pub(super) fn step_status(end: ReleaseTargetStatus) -> StepStatus {
    match end {
        ReleaseTargetStatus::Succeeded => StepStatus::Succeeded,
        ReleaseTargetStatus::Failed => StepStatus::Failed,
        ReleaseTargetStatus::Unknown => StepStatus::Unknown,
        ReleaseTargetStatus::Canceled => StepStatus::Skipped,
        ReleaseTargetStatus::Queued | ReleaseTargetStatus::Running => StepStatus::Running,
    }
}
