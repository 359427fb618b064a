//! Releases: their words, how many of their targets are in which state, which instances take part, and how they
//! move over their targets (R7 to R9, R14 to R16).

mod progress;
pub mod rollout;
pub mod selection;
mod under_way;

pub use progress::Progress;
pub use under_way::UnderWay;

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
}

impl ReleaseStatus {
    /// Whether the release is over; what is over never changes (R14).
    pub fn is_over(self) -> bool {
        matches!(self, ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled)
    }
}
