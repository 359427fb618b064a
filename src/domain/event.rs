//! Events: the kinds of change that the log tells.

words! {
    /// What an event is about.
    Subject {
        /// One instance.
        Instance = "INSTANCE",
        /// One release or one of its targets.
        Release = "RELEASE",
        /// A service, one of its versions or of its freezes.
        Service = "SERVICE",
    }

    /// What kind of change an instance event tells.
    InstanceEventKind {
        /// A release took it, ended on it, or was given up before it began on it.
        Release = "RELEASE",
        /// A hold was set or ended.
        Hold = "HOLD",
        /// Somebody said what runs there.
        Confirmation = "CONFIRMATION",
        /// Something recorded about it was changed.
        Edit = "EDIT",
    }

    /// What kind of change a service event tells.
    ServiceEventKind {
        /// It was registered.
        Registered = "REGISTERED",
        /// Something recorded about it was changed.
        Edited = "EDITED",
        /// It was removed.
        Removed = "REMOVED",
        /// A version was registered.
        VersionRegistered = "VERSION_REGISTERED",
        /// A build was reported on.
        BuildReported = "BUILD_REPORTED",
        /// A version was withdrawn.
        VersionWithdrawn = "VERSION_WITHDRAWN",
        /// A withdrawn version is a choice again.
        VersionReinstated = "VERSION_REINSTATED",
        /// A version was removed.
        VersionRemoved = "VERSION_REMOVED",
        /// A freeze was set.
        Frozen = "FROZEN",
        /// A freeze ended.
        Unfrozen = "UNFROZEN",
    }

    /// What kind of change a release event tells.
    ReleaseEventKind {
        /// It was accepted.
        Accepted = "ACCEPTED",
        /// A target began.
        TargetStarted = "TARGET_STARTED",
        /// A target reached its final state.
        TargetFinished = "TARGET_FINISHED",
        /// Too many targets failed; no more begin.
        Stopped = "STOPPED",
        /// It was held back.
        Paused = "PAUSED",
        /// It goes on.
        Resumed = "RESUMED",
        /// Giving up was asked for.
        CancelRequested = "CANCEL_REQUESTED",
        /// Its last target ended.
        Finished = "FINISHED",
    }
}
