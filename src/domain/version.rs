//! Versions: their builds, their order, and when one may be chosen (R1, R2).

words! {
    /// A direction in which a version can be chosen.
    VersionAction {
        /// Move to a newer version.
        Upgrade = "UPGRADE",
        /// Move to an older version.
        Revert = "REVERT",
    }

    /// State of a build.
    BuildStatus {
        /// Registered, not begun.
        Pending = "PENDING",
        /// Under way.
        Building = "BUILDING",
        /// Ended well; may be released.
        Succeeded = "SUCCEEDED",
        /// Ended badly.
        Failed = "FAILED",
        /// Did not end in time.
        TimedOut = "TIMED_OUT",
        /// The build gave a version that exists already.
        Duplicate = "DUPLICATE",
    }
}

impl BuildStatus {
    /// Whether the build is over; a final state is never left (R1).
    pub fn is_final(self) -> bool {
        !matches!(self, BuildStatus::Pending | BuildStatus::Building)
    }
}
