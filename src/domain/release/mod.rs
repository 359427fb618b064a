//! Releases: their words, how many of their targets are in which state, which instances take part, and how they
//! move over their targets (R7 to R9, R14 to R16).

mod progress;
pub mod rollout;
pub mod selection;
mod under_way;

pub use progress::Progress;
pub use under_way::UnderWay;

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
        /// It retries another release. Not used yet.
        Retry = "RETRY",
        /// It undoes another release. Not used yet.
        Undo = "UNDO",
    }

    /// Status of a release.
    ReleaseStatus {
        /// Accepted; no target has started.
        Pending = "PENDING",
        /// At least one target has started, and not all have finished.
        Running = "RUNNING",
        /// Paused: targets that are running finish, and no others start. Not used yet.
        Paused = "PAUSED",
        /// Finished: all targets succeeded.
        Succeeded = "SUCCEEDED",
        /// Finished: at least one target is FAILED or UNKNOWN.
        Failed = "FAILED",
        /// Finished: no target failed, and at least one was canceled before it started.
        Canceled = "CANCELED",
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
        /// The version that it would return to was withdrawn or removed. Not used yet.
        VersionUnavailable = "VERSION_UNAVAILABLE",
        /// Another release or a confirmation changed it after the release that is to be undone or retried. Not used yet.
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
    }
}

impl ReleaseStatus {
    /// Whether the release is over; what is over never changes (R14).
    pub fn is_over(self) -> bool {
        matches!(self, ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled)
    }
}
