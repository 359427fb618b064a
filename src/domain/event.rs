//! Events: what is recorded of each change of an instance, a release, a service or the fleet.

use super::instance::InstanceStatus;
use super::release::{Progress, ReleaseAction, ReleaseStatus};
use super::target::ReleaseTargetStatus;

words! {
    /// What an event is about.
    Subject {
        /// One instance.
        Instance = "INSTANCE",
        /// One release or one of its targets.
        Release = "RELEASE",
        /// A service, one of its versions or of its freezes.
        Service = "SERVICE",
        /// The fleet as a whole: what stops or freezes every service, and freeze windows.
        Fleet = "FLEET",
    }

    /// The kind of change that an instance event reports.
    InstanceEventKind {
        /// A release locked the instance, finished with it, or was canceled before it started on it.
        Release = "RELEASE",
        /// A hold was set or ended.
        Hold = "HOLD",
        /// A caller confirmed which version runs.
        Confirmation = "CONFIRMATION",
        /// Recorded data was edited, or the instance was put back into service outside of a release.
        Edit = "EDIT",
        /// By the checks of a soak, it became healthy or unhealthy.
        Health = "HEALTH",
        /// The probe saw another version than the one on record, three times in a row.
        Drifted = "DRIFTED",
        /// The probe saw the version on record again.
        DriftEnded = "DRIFT_ENDED",
    }

    /// The kind of change that a service event reports.
    ServiceEventKind {
        /// The service was registered.
        Registered = "REGISTERED",
        /// Recorded data was edited.
        Edited = "EDITED",
        /// The service was removed.
        Removed = "REMOVED",
        /// A version was registered.
        VersionRegistered = "VERSION_REGISTERED",
        /// The status of a build was reported.
        BuildReported = "BUILD_REPORTED",
        /// A version was withdrawn.
        VersionWithdrawn = "VERSION_WITHDRAWN",
        /// A withdrawn version was made available again.
        VersionReinstated = "VERSION_REINSTATED",
        /// A version was removed.
        VersionRemoved = "VERSION_REMOVED",
        /// A freeze was set.
        Frozen = "FROZEN",
        /// A freeze ended.
        Unfrozen = "UNFROZEN",
    }

    /// The kind of change that an event of the fleet reports.
    FleetEventKind {
        /// A freeze of every service was set.
        Frozen = "FROZEN",
        /// A freeze of every service ended.
        Unfrozen = "UNFROZEN",
        /// A freeze window was created. That it opens or closes is no event.
        WindowCreated = "WINDOW_CREATED",
        /// A freeze window was removed.
        WindowRemoved = "WINDOW_REMOVED",
        /// The fleet was suspended: nothing is started any more.
        Suspended = "SUSPENDED",
        /// The suspension ended.
        Resumed = "RESUMED",
    }

    /// The kind of change that a release event reports.
    ReleaseEventKind {
        /// The release was accepted.
        Accepted = "ACCEPTED",
        /// A target started.
        TargetStarted = "TARGET_STARTED",
        /// A step of a target began. Not reported for targets whose only step is RUN: TARGET_STARTED says the same.
        TargetStep = "TARGET_STEP",
        /// A target finished.
        TargetFinished = "TARGET_FINISHED",
        /// The instance of a target that succeeded became unhealthy while the release soaks.
        TargetUnhealthy = "TARGET_UNHEALTHY",
        /// Too many targets failed; no more targets are started.
        Stopped = "STOPPED",
        /// The release was paused.
        Paused = "PAUSED",
        /// The release was resumed, or its soak was ended.
        Resumed = "RESUMED",
        /// In an hour, what has not started is canceled.
        Deadline = "DEADLINE",
        /// The cancellation of the release was requested.
        CancelRequested = "CANCEL_REQUESTED",
        /// The last target finished, and the release with it.
        Finished = "FINISHED",
    }
}

/// An event that is about to be recorded. It gets its position when it is appended.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// `None`, as the name, for an event of the fleet.
    pub service_id: Option<i64>,
    pub service_name: Option<String>,
    /// Name of the caller or of the worker, or [`BY_LOCKKEEPER`].
    pub caused_by: String,
    pub changed: Changed,
}

/// The cause of events that neither a caller nor a worker causes.
pub const BY_LOCKKEEPER: &str = "lockkeeper";

/// What changed.
#[derive(Clone, Debug)]
pub enum Changed {
    Instance(InstanceChange),
    Release(ReleaseChange),
    Service(ServiceChange),
    Fleet(FleetChange),
}

/// One change of one instance. `revision` is the instance's after the change.
#[derive(Clone, Debug)]
pub struct InstanceChange {
    pub kind: InstanceEventKind,
    pub instance_id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub revision: i64,
    /// `None` for the first event of the instance.
    pub previous_status: Option<InstanceStatus>,
    pub status: InstanceStatus,
    pub previous_version_id: Option<i64>,
    pub version_id: Option<i64>,
    pub locked: bool,
    pub release_id: Option<i64>,
    pub target_id: Option<i64>,
    /// With which status the target ended, if it did. The log has it; the event does not.
    pub target_end: Option<ReleaseTargetStatus>,
    pub hold_id: Option<i64>,
}

/// One change of one release or of one of its targets. `revision` is the release's after the change.
#[derive(Clone, Debug)]
pub struct ReleaseChange {
    pub kind: ReleaseEventKind,
    pub release_id: i64,
    pub action: ReleaseAction,
    pub target_id: Option<i64>,
    pub revision: i64,
    pub status: ReleaseStatus,
    pub progress: Progress,
}

/// One change of a service, of one of its versions or of its freezes.
#[derive(Clone, Debug)]
pub struct ServiceChange {
    pub kind: ServiceEventKind,
    pub version_id: Option<i64>,
    pub hold_id: Option<i64>,
}

/// One change of the fleet as a whole.
#[derive(Clone, Debug)]
pub struct FleetChange {
    pub kind: FleetEventKind,
    /// The freeze or the freeze window that it is about; `None` for a suspension.
    pub hold_id: Option<i64>,
}

/// What an event of a service is about: the service itself, one of its versions or one of its freezes.
#[derive(Clone, Copy)]
pub enum About {
    Service,
    Version(i64),
    Freeze(i64),
}

/// Returns the event of a change of a service, which is named by id and name. `caused_by` is a caller, or lockkeeper.
pub fn service_event(service: (i64, &str), kind: ServiceEventKind, about: About, caused_by: &str) -> NewEvent {
    let (version_id, hold_id) = match about {
        About::Service => (None, None),
        About::Version(id) => (Some(id), None),
        About::Freeze(id) => (None, Some(id)),
    };
    NewEvent {
        service_id: Some(service.0),
        service_name: Some(service.1.to_owned()),
        caused_by: caused_by.to_owned(),
        changed: Changed::Service(ServiceChange { kind, version_id, hold_id }),
    }
}
