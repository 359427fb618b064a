//! Releases: their words, how many of their targets are in which state, which instances take part, and how they
//! move over their targets (R7 to R9, R14 to R16).

mod amount;
pub mod arrange;
pub mod deadline;
pub mod follow_up;
mod per_label;
pub mod plan;
mod progress;
pub mod rollout;
pub mod selection;
mod state;
mod under_way;
pub mod wait;
pub mod waves;

pub use progress::Progress;
pub use state::{ReleaseState, Resume};
pub use under_way::{Ends, Next, QueuedPlace, UnderWay, Wave};

words! {
    /// What a release does to instances.
    ReleaseAction {
        /// Installs the service on hosts that do not have it.
        Install = "INSTALL",
        /// Moves instances to a newer version.
        Upgrade = "UPGRADE",
        /// Moves instances to an older version.
        Revert = "REVERT",
        /// Removes the service from hosts.
        Uninstall = "UNINSTALL",
    }

    /// How a release came about.
    ReleaseOrigin {
        /// A caller requested it.
        Request = "REQUEST",
        /// It retries another release.
        Retry = "RETRY",
        /// It undoes another release.
        Undo = "UNDO",
    }

    /// Status of a release.
    ReleaseStatus {
        /// Accepted; no target has started.
        Pending = "PENDING",
        /// At least one target has started, and not all have finished.
        Running = "RUNNING",
        /// Paused: targets that are running finish, and no others start.
        Paused = "PAUSED",
        /// Finished: all targets succeeded.
        Succeeded = "SUCCEEDED",
        /// Finished: at least one target is FAILED or UNKNOWN.
        Failed = "FAILED",
        /// Finished: no target failed, and at least one was canceled before it started.
        Canceled = "CANCELED",
    }

    /// Why a release is paused.
    PauseReason {
        /// A caller requested it.
        Requested = "REQUESTED",
        /// A wave after which the release pauses is done.
        Wave = "WAVE",
        /// More targets failed than maxFailures allows, of the release or of the wave.
        Failures = "FAILURES",
        /// More hosts were not reached than maxUnreachable allows.
        Unreachable = "UNREACHABLE",
    }

    /// Status of a wave.
    WaveStatus {
        /// Its targets start when the waves before it are done.
        Waiting = "WAITING",
        /// Its targets may start.
        Running = "RUNNING",
        /// All its targets have finished, and the next wave waits for the end of its soak.
        Soaking = "SOAKING",
        /// It is the wave that is carried out, and its release is paused.
        Paused = "PAUSED",
        /// All its targets have finished, and its soak is over.
        Done = "DONE",
    }

    /// Why an instance was left out of a release.
    SkipReason {
        /// It is locked, by an open release target or by a hold in force.
        Locked = "LOCKED",
        /// It runs the target version already.
        AlreadyAtVersion = "ALREADY_AT_VERSION",
        /// Its status is UNKNOWN. Confirm it first, or set includeUnknown.
        UnknownState = "UNKNOWN_STATE",
        /// The target version is not newer than the version that it runs.
        NotNewer = "NOT_NEWER",
        /// The target version is not older than the version that it runs.
        NotOlder = "NOT_OLDER",
        /// It has no version yet. Install it first.
        NotInstalled = "NOT_INSTALLED",
        /// The version that it would move to was removed.
        VersionUnavailable = "VERSION_UNAVAILABLE",
        /// Another release or a confirmation changed it after the release that is to be undone or retried.
        MovedSince = "MOVED_SINCE",
    }

    /// What to do with selected instances that are locked.
    OnLocked {
        /// Leave them out of the release, and report them.
        Skip = "SKIP",
        /// Refuse the whole request.
        Reject = "REJECT",
    }

    /// What to do when more targets failed than maxFailures allows.
    OnFailure {
        /// Cancel the targets that have not started.
        Stop = "STOP",
        /// Continue with the remaining targets.
        Continue = "CONTINUE",
        /// Pause the release: no more targets start until it is resumed.
        Pause = "PAUSE",
        /// Cancel the targets that have not started, and undo the release once nothing of it runs. If none of the failures tried the version, pause it instead.
        Undo = "UNDO",
    }
}

impl ReleaseAction {
    /// The action of a release that undoes one with this action, or `None` if it cannot be undone.
    pub fn opposite(self) -> Option<ReleaseAction> {
        match self {
            ReleaseAction::Install => Some(ReleaseAction::Uninstall),
            ReleaseAction::Upgrade => Some(ReleaseAction::Revert),
            ReleaseAction::Revert => Some(ReleaseAction::Upgrade),
            ReleaseAction::Uninstall => None,
        }
    }
}

impl ReleaseStatus {
    /// Whether the release is over; what is over never changes (R14).
    pub fn is_over(self) -> bool {
        matches!(self, ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled)
    }
}
