//! Releases: their state, their events, and how they are canceled.

use super::output::LogStream;
use super::pause::Pause;
use super::releases::ListedRelease;
use super::wave::Wave;
use super::{HostRef, Named, Nodes, Page};
use crate::Payload;
use crate::operation::operation;
use crate::word::words;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns the state of a release, with a cursor from which its further events follow.
    query ReleaseState(ReleaseId) -> ReleaseStateData
}

operation! {
    /// Returns a page of the targets of a release, in the order in which they are moved.
    query ReleaseTargets(TargetsVariables) -> TargetsData
}

operation! {
    /// Returns the newest release that matches.
    query LatestReleases(LatestVariables) -> Payload<Nodes<ReleaseRef>>
}

operation! {
    /// Everything that happens to a release and its targets.
    subscription ReleaseEvents(EventsVariables) -> Payload<ReleaseEvent>, with ReleaseEventFields
}

operation! {
    /// Returns what has happened to a release, page by page.
    query ReleaseHistory(EventsVariables) -> Payload<EventPage>, with ReleaseEventFields
}

operation! {
    /// Cancels a release. A release that is canceled already stays so.
    repeatable mutation CancelRelease(CancelVariables) -> Payload<CancelPayload>, with ReleaseFields
}

#[derive(Clone, Debug, Serialize)]
pub struct ReleaseId {
    pub id: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct TargetsVariables {
    pub id: String,
    /// Only targets with one of these statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<TargetStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct LatestVariables {
    pub filter: LatestFilter,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct LatestFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<ReleaseStatus>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventsVariables {
    pub id: String,
    /// Only events after this cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelVariables {
    pub release_id: String,
    /// Whether commands that run are stopped.
    pub stop_running: bool,
    /// Whether the release is undone once it has ended.
    pub then_undo: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStateData {
    /// The newest place in the event log when the state was read.
    pub event_cursor: String,
    /// `None` if nothing has the id.
    pub release: Option<MaybeRelease>,
}

/// What an id of any type refers to.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum MaybeRelease {
    Release(Box<Release>),
    /// Something that is no release.
    Other {},
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub id: String,
    pub status: ReleaseStatus,
    pub action: ReleaseAction,
    pub reason: String,
    pub executor: String,
    /// The place in the event log just before its first event.
    pub cursor: String,
    pub revision: u64,
    pub created_by: String,
    pub created_at: String,
    pub started_at: Option<String>,
    pub cancel_requested_at: Option<String>,
    pub cancel_reason: Option<String>,
    pub finished_at: Option<String>,
    pub service: Named,
    pub target_version: Option<Named>,
    pub rollout: Rollout,
    pub progress: Progress,
    /// In their order; at least one.
    pub waves: Vec<Wave>,
    /// `None` if it is not paused.
    pub pause: Option<Pause>,
    /// Why it was not undone, though somebody requested that.
    pub undo_message: Option<String>,
    /// The newest release that retries or undoes it, if any.
    pub follow_ups: Nodes<FollowUp>,
}

/// A release that retries or undoes another.
#[derive(Clone, Debug, Deserialize)]
pub struct FollowUp {
    pub id: String,
    /// `RETRY` or `UNDO`.
    pub origin: String,
}

/// The undo, where it is the newest one of these.
pub fn undo_among(follow_ups: &Nodes<FollowUp>) -> Option<&str> {
    follow_ups.nodes.iter().find(|release| release.origin == "UNDO").map(|release| release.id.as_str())
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    pub max_parallel: u64,
    pub max_failures: u64,
    pub on_failure: String,
    pub timeout_seconds: u64,
}

/// How many targets have each status.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Progress {
    pub total: u64,
    pub queued: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub canceled: u64,
    pub unknown: u64,
    /// Instances that were left out when the release was accepted.
    pub skipped: u64,
}

impl Progress {
    /// Targets that have ended.
    pub fn done(&self) -> u64 {
        self.succeeded + self.failed + self.canceled + self.unknown
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct TargetsData {
    pub release: Option<TargetsOf>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct TargetsOf {
    /// `None` if the id is of something else.
    pub targets: Option<Page<Target>>,
}

/// One instance in a release.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub id: String,
    pub status: TargetStatus,
    pub attempt: u32,
    pub failure: Option<String>,
    pub message: Option<String>,
    pub exit_status: Option<i64>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub host: HostRef,
    pub from_version: Option<Named>,
    pub to_version: Option<Named>,
    /// In the order in which they happen; empty before the first start.
    pub steps: Vec<TargetStep>,
    /// Its last lines.
    pub log: Nodes<LastLine>,
}

/// A step of a target.
#[derive(Clone, Debug, Deserialize)]
pub struct TargetStep {
    /// For example `DRAIN`.
    pub name: String,
    pub status: String,
}

impl Target {
    /// The name of the step that is running, of a target that has more than one.
    pub fn step(&self) -> Option<&str> {
        let running = self.steps.iter().find(|step| step.status == "RUNNING")?;
        (self.steps.len() > 1).then_some(running.name.as_str())
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct LastLine {
    pub stream: LogStream,
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ReleaseRef {
    pub id: String,
    pub status: ReleaseStatus,
}

/// Something that happened to a release. `target` is the one that it happened to, as it is now.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseEvent {
    pub cursor: String,
    pub kind: EventKind,
    pub revision: u64,
    pub status: ReleaseStatus,
    pub at: String,
    pub caused_by: String,
    pub progress: Progress,
    pub target: Option<Target>,
}

/// A page of the events of a release.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    pub nodes: Vec<ReleaseEvent>,
    pub page_info: super::PageInfo,
    /// The cursor to continue after.
    pub next_cursor: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct CancelPayload {
    /// `None` only if the mutation was refused.
    pub release: Option<CanceledRelease>,
}

/// A release that is canceled, or is being canceled.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledRelease {
    #[serde(flatten)]
    pub release: ListedRelease,
    /// The newest release that retries or undoes it, if any.
    pub follow_ups: Nodes<FollowUp>,
}

words! {
    /// The status of a release.
    ReleaseStatus {
        Pending = "PENDING",
        Running = "RUNNING",
        Paused = "PAUSED",
        Succeeded = "SUCCEEDED",
        Failed = "FAILED",
        Canceled = "CANCELED",
    }
}

impl ReleaseStatus {
    /// Whether the release has ended.
    pub fn is_final(&self) -> bool {
        matches!(self, ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled)
    }
}

words! {
    /// The status of a target.
    TargetStatus {
        Queued = "QUEUED",
        Running = "RUNNING",
        Succeeded = "SUCCEEDED",
        Failed = "FAILED",
        Canceled = "CANCELED",
        Unknown = "UNKNOWN",
    }
}

impl TargetStatus {
    /// Whether the target has ended.
    pub fn is_final(&self) -> bool {
        !matches!(self, TargetStatus::Queued | TargetStatus::Running | TargetStatus::Other(_))
    }
}

words! {
    /// What a release does to instances.
    ReleaseAction { Install = "INSTALL", Upgrade = "UPGRADE", Revert = "REVERT", Uninstall = "UNINSTALL" }
}

words! {
    /// The kind of a release's event.
    EventKind {
        Accepted = "ACCEPTED",
        TargetStarted = "TARGET_STARTED",
        TargetStep = "TARGET_STEP",
        TargetFinished = "TARGET_FINISHED",
        TargetUnhealthy = "TARGET_UNHEALTHY",
        Stopped = "STOPPED",
        Paused = "PAUSED",
        Resumed = "RESUMED",
        Deadline = "DEADLINE",
        CancelRequested = "CANCEL_REQUESTED",
        Finished = "FINISHED",
    }
}

impl EventKind {
    /// Whether it is the last event of its release.
    pub fn is_last(&self) -> bool {
        *self == EventKind::Finished
    }
}
