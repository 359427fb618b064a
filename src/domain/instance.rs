//! Instances: what they are doing, and what a release makes of that.

words! {
    /// State of an instance. From the acceptance of a release on it is INSTALLING, UPGRADING and so on, queued or under way.
    InstanceStatus {
        /// Nothing is being done to it.
        Running = "RUNNING",
        /// Being installed.
        Installing = "INSTALLING",
        /// Being moved to a newer version.
        Upgrading = "UPGRADING",
        /// Being moved to an older version.
        Reverting = "REVERTING",
        /// Being removed.
        Uninstalling = "UNINSTALLING",
        /// Installation failed.
        InstallFailed = "INSTALL_FAILED",
        /// Upgrade failed.
        UpgradeFailed = "UPGRADE_FAILED",
        /// Revert failed.
        RevertFailed = "REVERT_FAILED",
        /// Removal failed.
        UninstallFailed = "UNINSTALL_FAILED",
        /// A release was interrupted and nobody knows what runs there now.
        Unknown = "UNKNOWN",
        /// Not there any more, or its installation was given up before it began. Lists leave it out unless asked for it.
        Removed = "REMOVED",
    }
}

impl InstanceStatus {
    /// Whether a person may say what runs there: it is not known, or the last release failed, and no release
    /// has it (R15).
    pub fn can_be_confirmed(self) -> bool {
        use InstanceStatus::{InstallFailed, RevertFailed, UninstallFailed, Unknown, UpgradeFailed};
        matches!(self, Unknown | InstallFailed | UpgradeFailed | RevertFailed | UninstallFailed)
    }
}
