//! What a queued target waits for, as people read it.

words! {
    /// What a target that has not started waits for.
    WaitKind {
        /// The fleet is suspended: nothing starts anywhere.
        Suspended = "SUSPENDED",
        /// Its release is paused: no more targets start until it is resumed.
        Paused = "PAUSED",
        /// No living worker has the executor of its release.
        NoWorker = "NO_WORKER",
        /// The wave that is carried out is done, and soaks.
        Soak = "SOAK",
        /// A wave before its own is not done.
        Wave = "WAVE",
        /// As many targets of its release run as may run at a time.
        ReleaseLimit = "RELEASE_LIMIT",
        /// Another command runs on its host.
        HostBusy = "HOST_BUSY",
        /// As many instances of its service are unavailable as its budget allows.
        Budget = "BUDGET",
        /// As many hosts with the same value of a label are moved or unavailable as its service or its release allows.
        LabelLimit = "LABEL_LIMIT",
        /// All workers that have the executor of its release carry out as many targets as they can.
        WorkersFull = "WORKERS_FULL",
    }
}

impl WaitKind {
    /// Returns the sentence about a wait. `name` is the executor, the host, the service, the label, or who suspended the
    /// fleet or paused the release and why; `count` is how many targets run, how many instances are unavailable, how many
    /// workers there are, or which wave is carried out; `limit` is how many there may be, or the wave of the target.
    pub fn message(self, name: &str, count: i64, limit: i64) -> String {
        match self {
            WaitKind::Suspended => format!("The fleet is suspended by {name}. Nothing starts until it is resumed."),
            WaitKind::Paused => {
                format!("The release is paused by {name}. No more targets start until it is resumed.")
            }
            WaitKind::Soak => {
                format!("Wave {count} of the release is done and soaks. The next wave starts after that.")
            }
            WaitKind::Wave => format!("The release carries out wave {count}, and this target is in wave {limit}."),
            WaitKind::Budget => {
                format!("The budget of service {name} is spent: {limit} instances may be unavailable, and {count} are.")
            }
            WaitKind::LabelLimit => {
                format!("Of the hosts with {name}, {limit} may be moved or unavailable at a time, and {count} are.")
            }
            WaitKind::NoWorker => {
                format!("No living worker has the executor {name}. Start one whose configuration has it.")
            }
            WaitKind::ReleaseLimit if count == 1 && limit == 1 => {
                "The release moves one target at a time, and one is running.".to_owned()
            }
            WaitKind::ReleaseLimit => {
                format!("The release moves at most {limit} targets at a time, and {count} are running.")
            }
            WaitKind::HostBusy => format!("Another command is running on host {name}."),
            WaitKind::WorkersFull if count == 1 => {
                format!("The worker that has the executor {name} carries out as many targets as it can.")
            }
            WaitKind::WorkersFull => {
                format!("All {count} workers that have the executor {name} carry out as many targets as they can.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_says_what_is_in_the_way() {
        for (kind, count, limit, message) in [
            (WaitKind::Suspended, 0, 0, "The fleet is suspended by web. Nothing starts until it is resumed."),
            (WaitKind::NoWorker, 0, 0, "No living worker has the executor web. Start one whose configuration has it."),
            (WaitKind::ReleaseLimit, 1, 1, "The release moves one target at a time, and one is running."),
            (WaitKind::ReleaseLimit, 3, 2, "The release moves at most 2 targets at a time, and 3 are running."),
            (WaitKind::Paused, 0, 0, "The release is paused by web. No more targets start until it is resumed."),
            (WaitKind::Soak, 2, 0, "Wave 2 of the release is done and soaks. The next wave starts after that."),
            (WaitKind::Wave, 1, 3, "The release carries out wave 1, and this target is in wave 3."),
            (WaitKind::Budget, 3, 2, "The budget of service web is spent: 2 instances may be unavailable, and 3 are."),
            (WaitKind::LabelLimit, 1, 1, "Of the hosts with web, 1 may be moved or unavailable at a time, and 1 are."),
            (WaitKind::HostBusy, 0, 0, "Another command is running on host web."),
            (
                WaitKind::WorkersFull,
                1,
                0,
                "The worker that has the executor web carries out as many targets as it can.",
            ),
            (
                WaitKind::WorkersFull,
                2,
                0,
                "All 2 workers that have the executor web carry out as many targets as they can.",
            ),
        ] {
            assert_eq!(kind.message("web", count, limit), message);
        }
    }
}
