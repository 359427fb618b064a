//! Versions: their builds, their order, and when one may be chosen (R1, R2).

use super::name;
use super::{Problem, ProblemCode, Problems};

words! {
    /// The direction in which instances are moved to a version.
    VersionAction {
        /// To a newer version.
        Upgrade = "UPGRADE",
        /// To an older version.
        Revert = "REVERT",
    }

    /// What decides which of two versions of a service is newer.
    VersionScheme {
        /// The one that was registered later.
        Registration = "REGISTRATION",
        /// The one with the higher precedence of Semantic Versioning 2; of those with the same, the one that was registered later. Names are versions such as 1.2.3-rc.1, with or without a leading v.
        Semver = "SEMVER",
    }

    /// Status of a build.
    BuildStatus {
        /// Registered; the build has not started.
        Pending = "PENDING",
        /// Running.
        Building = "BUILDING",
        /// Succeeded. The version can be released.
        Succeeded = "SUCCEEDED",
        /// Failed.
        Failed = "FAILED",
        /// Did not finish in time.
        TimedOut = "TIMED_OUT",
        /// The build produced a version that exists already.
        Duplicate = "DUPLICATE",
    }
}

impl BuildStatus {
    /// Whether the build is over; a final state is never left (R1).
    pub fn is_final(self) -> bool {
        !matches!(self, BuildStatus::Pending | BuildStatus::Building)
    }
}

/// The place of a version in the order of its service: by precedence, then by registration, whose order ids have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionPlace {
    /// See [`precedence`](super::precedence::precedence).
    pub precedence: String,
    pub id: i64,
}

/// What the rules need to know of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub place: VersionPlace,
    pub service_id: i64,
    pub build_status: BuildStatus,
    pub withdrawn: bool,
    pub removed: bool,
}

/// Why a version may not be released (R1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    NotBuilt,
    Withdrawn,
    Removed,
}

impl Version {
    /// Returns everything that prevents its release (R1).
    pub fn obstacles(&self) -> impl Iterator<Item = Obstacle> {
        let obstacles = [
            (self.build_status != BuildStatus::Succeeded, Obstacle::NotBuilt),
            (self.withdrawn, Obstacle::Withdrawn),
            (self.removed, Obstacle::Removed),
        ];
        obstacles.into_iter().filter_map(|(there, obstacle)| there.then_some(obstacle))
    }

    /// Whether it may be released at all (R1).
    pub fn releasable(&self) -> bool {
        self.obstacles().next().is_none()
    }

    /// Whether it is newer than another of its service: it has a higher precedence, or the same and was registered later.
    pub fn is_newer_than(&self, other: &Version) -> bool {
        self.service_id == other.service_id && self.place > other.place
    }
}

/// Whether a version may be chosen as the target of the action, for instances that run `current` (R2).
pub fn enabled(action: VersionAction, version: &Version, current: &Version) -> bool {
    version.releasable()
        && match action {
            VersionAction::Upgrade => version.is_newer_than(current),
            VersionAction::Revert => current.is_newer_than(version),
        }
}

/// How a build went, as recorded or as reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    pub status: BuildStatus,
    /// Where the artifact is kept; exactly if the build succeeded.
    pub artifact: Option<String>,
    /// Why it did not succeed.
    pub message: Option<String>,
}

/// What a report makes of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It is from now on as reported.
    New,
    /// It was recorded like that before.
    Same,
    /// It is over, in another way.
    Over,
}

impl Build {
    /// What a report makes of this build: a final state is never left, and the same report once more is no
    /// error (R1).
    pub fn reported(&self, report: &Build) -> Reported {
        match self == report {
            true => Reported::Same,
            false if self.status.is_final() => Reported::Over,
            false => Reported::New,
        }
    }

    /// Adds a problem for what is wrong with it as an input: an artifact belongs to a build that succeeded, a message to
    /// one that ended in another way.
    pub fn check(&self, problems: &mut Problems) {
        match (self.status, &self.artifact) {
            (BuildStatus::Succeeded, artifact) => {
                problems.collect(name::filled_line("artifact", artifact.as_deref().unwrap_or(""), name::MAX_ARTIFACT));
            }
            (status, Some(_)) => {
                let message = format!("A build that is {status} has no artifact. Omit it, or report SUCCEEDED.");
                problems.add(Problem::new(ProblemCode::Invalid, "artifact", message));
            }
            (_, None) => {}
        }
        let Some(text) = &self.message else { return };
        problems.collect(name::text("message", text, name::MAX_MESSAGE));
        if !self.status.is_final() || self.status == BuildStatus::Succeeded {
            let message = "A message says why a build did not succeed. Omit it for this status.";
            problems.add(Problem::new(ProblemCode::Invalid, "message", message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use proptest::prelude::*;

    fn word<T: Word + std::fmt::Debug>() -> impl Strategy<Value = T> {
        (0..T::ALL.len()).prop_map(|place| T::ALL[place].0)
    }

    fn version() -> impl Strategy<Value = Version> {
        let place = (1..5i64, "[ab]?").prop_map(|(id, precedence)| VersionPlace { precedence, id });
        (place, 1..3i64, word(), any::<bool>(), any::<bool>()).prop_map(
            |(place, service_id, build_status, withdrawn, removed)| Version {
                place,
                service_id,
                build_status,
                withdrawn,
                removed,
            },
        )
    }

    fn build() -> impl Strategy<Value = Build> {
        (word(), "[ab]?", "[ab]?").prop_map(|(status, artifact, message)| Build {
            status,
            artifact: Some(artifact).filter(|_| status == BuildStatus::Succeeded),
            message: Some(message).filter(|text| !text.is_empty()),
        })
    }

    proptest! {
        #[test]
        fn r1_only_what_was_built_and_is_neither_withdrawn_nor_removed_is_enabled(
            action in word(), version in version(), current in version(), build_status in word(),
        ) {
            let good = Version { build_status: BuildStatus::Succeeded, withdrawn: false, removed: false, ..version };
            prop_assert!(good.releasable());
            let (withdrawn, removed) =
                (Version { withdrawn: true, ..good.clone() }, Version { removed: true, ..good.clone() });
            prop_assert!(!enabled(action, &withdrawn, &current) && !enabled(action, &removed, &current));
            let unbuilt = Version { build_status, ..good };
            prop_assert_eq!(unbuilt.releasable(), build_status == BuildStatus::Succeeded);
            prop_assert!(unbuilt.releasable() || !enabled(action, &unbuilt, &current));
        }

        #[test]
        fn r2_a_releasable_version_is_enabled_in_exactly_one_direction_and_never_against_itself(
            a in version(), b in version(),
        ) {
            let ways = [VersionAction::Upgrade, VersionAction::Revert].map(|action| enabled(action, &a, &b));
            let one = a.releasable() && a.service_id == b.service_id && a.place != b.place;
            prop_assert_eq!(ways[0] != ways[1], one);
            prop_assert!(!(ways[0] && ways[1]));
        }

        #[test]
        fn r2_newer_is_a_strict_order_in_a_service(a in version(), b in version(), c in version()) {
            prop_assert!(!a.is_newer_than(&a));
            prop_assert!(!(a.is_newer_than(&b) && b.is_newer_than(&a)));
            prop_assert!(!(a.is_newer_than(&b) && b.is_newer_than(&c)) || a.is_newer_than(&c));
            prop_assert!(a.service_id != b.service_id || a.place == b.place || a.is_newer_than(&b) || b.is_newer_than(&a));
        }

        #[test]
        fn r1_a_final_build_is_never_left_and_the_same_report_is_no_error(
            first in build(), reports in prop::collection::vec(build(), 0..8),
        ) {
            let mut recorded = first;
            for report in reports {
                let before = recorded.clone();
                match recorded.reported(&report) {
                    Reported::New => recorded = report.clone(),
                    Reported::Same => prop_assert_eq!(&report, &recorded),
                    Reported::Over => prop_assert!(recorded.status.is_final() && recorded != report),
                }
                prop_assert!(!before.status.is_final() || before == recorded);
                prop_assert_eq!(recorded.reported(&recorded), Reported::Same);
            }
        }
    }

    #[test]
    fn an_artifact_belongs_to_a_build_that_succeeded_and_a_message_to_one_that_did_not() {
        let codes = |status, artifact: Option<&str>, message: Option<&str>| {
            let mut problems = Problems::default();
            Build { status, artifact: artifact.map(Into::into), message: message.map(Into::into) }.check(&mut problems);
            problems.codes().join(" ")
        };
        assert_eq!(codes(BuildStatus::Succeeded, Some("s3://a"), None), "");
        assert_eq!(codes(BuildStatus::Succeeded, None, None), "REQUIRED");
        assert_eq!(codes(BuildStatus::Succeeded, Some("a\0"), Some("why")), "INVALID INVALID");
        assert_eq!(codes(BuildStatus::Pending, Some("s3://a"), None), "INVALID");
        assert_eq!(codes(BuildStatus::Failed, None, Some("no such file")), "");
    }
}
