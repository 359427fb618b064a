//! Mutations that start releases.

use super::instance::Lock;
use super::list::{Label, hostname, optional_name};
use super::release::ReleaseAction;
use super::{HostRef, Named, Page};
use crate::Payload;
use crate::operation::operation;
use crate::word::words;
use serde::{Deserialize, Serialize};

operation! {
    /// Installs a version on hosts that do not have the service.
    repeatable mutation InstallInstances(StartVariables) -> Payload<Started>, with PlanFields
}

operation! {
    /// Moves instances to a newer version.
    repeatable mutation UpgradeInstances(StartVariables) -> Payload<Started>, with PlanFields
}

operation! {
    /// Moves instances to an older version.
    repeatable mutation RevertInstances(StartVariables) -> Payload<Started>, with PlanFields
}

operation! {
    /// Removes instances.
    repeatable mutation UninstallInstances(StartVariables) -> Payload<Started>, with PlanFields
}

operation! {
    /// Moves the instances of an earlier release back.
    repeatable mutation UndoRelease(FollowUpVariables) -> Payload<Started>, with PlanFields
}

operation! {
    /// Moves the instances that an earlier release failed on or never reached.
    repeatable mutation RetryRelease(FollowUpVariables) -> Payload<Started>, with PlanFields
}

/// How a release is to go, whatever it moves.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// `SKIP` or `REJECT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_locked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through_hold_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_unknown: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With it the mutation has one effect, however often it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The number of instances that was agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_count: Option<u64>,
    /// Whether only what would happen is returned.
    pub dry_run: bool,
}

/// Which earlier release is undone or retried, and how.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUpInput {
    pub release_id: String,
    #[serde(flatten)]
    pub terms: Terms,
}

#[derive(Clone, Debug, Serialize)]
pub struct FollowUpVariables {
    pub input: FollowUpInput,
    #[serde(flatten)]
    pub page: PlanPage,
}

/// Which targets of the plan are returned; none by default.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanPage {
    /// How many, at most 200.
    pub plan_targets: u32,
    /// The cursor after which they begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_after: Option<String>,
}

/// What is to be released. Members that an action does not have stay `None`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartVariables {
    pub service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Only instances that run this version now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<String>,
    /// Whether instances that run the version already take part, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reapply: Option<bool>,
    pub hosts: HostSelection,
    /// The port of new instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The tag of new instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(flatten)]
    pub terms: Terms,
    #[serde(flatten)]
    pub page: PlanPage,
}

/// Which hosts; exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostSelection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostnames: Option<Vec<String>>,
    /// All of them hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<Label>>,
}

/// How a release moves over its instances, where that differs from the server's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unreachable: Option<Amount>,
    /// `STOP`, `CONTINUE`, `PAUSE` or `UNDO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
    /// Whether an undo because of failures withdraws the version, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdraw_on_undo: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_label: Option<PerLabel>,
    /// An empty list means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waves: Option<Vec<WaveInput>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waves_by: Option<WavesByInput>,
    /// `BY_HOSTNAME`, `AS_GIVEN` or `UNHEALTHY_FIRST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Hosts with one of these labels go first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Vec<Label>>,
}

/// How many instances may be moved, or unavailable, that have the same value of a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PerLabel {
    pub key: String,
    pub count: u32,
}

/// A wave of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaveInput {
    /// How many instances have moved when it is over, those of earlier waves included.
    pub up_to: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soak_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_after: Option<bool>,
}

/// A wave for each value of a label of the hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WavesByInput {
    pub key: String,
    /// The values whose waves come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soak_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_soak_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_after_first: Option<bool>,
}

/// A number of instances, or a share of those that are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Amount {
    Count(u32),
    Percent(u32),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// `None` on a dry run that made none.
    pub release: Option<StartedRelease>,
    pub accepted_count: u64,
    /// Up to 200 of the instances that take part, as they are now; none for an installation.
    #[serde(default)]
    pub accepted: Vec<AcceptedInstance>,
    /// Up to 200 of the instances that do not; none for an installation.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    #[serde(default)]
    pub skipped_count: u64,
    /// `None` only if the mutation was refused.
    pub plan: Option<Plan>,
    /// Whether an earlier request with the same key made the release.
    pub replayed: bool,
}

/// What a release does, or would do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub rollout: Pace,
    /// At least one.
    pub waves: Vec<PlannedWave>,
    /// How many may end as failed before a limit stops the release.
    pub worst_case_failures: u64,
    pub warnings: Vec<PlanWarning>,
    /// Those of the requested page.
    pub targets: Page<PlannedTarget>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedWave {
    pub number: u64,
    pub size: u64,
    /// `None` without a limit of its own.
    pub max_failures: Option<u64>,
    pub soak_seconds: u64,
    pub pause_after: bool,
    /// What its hosts have in common, where waves go by a label.
    pub label: Option<Label>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PlanWarning {
    /// A word such as `NO_WORKER`.
    pub code: String,
    pub message: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTarget {
    #[serde(rename(deserialize = "host"), deserialize_with = "hostname")]
    pub hostname: String,
    pub wave: u64,
    #[serde(deserialize_with = "optional_name")]
    pub from_version: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    pub to_version: Option<String>,
}

/// How a release moves, with all defaults filled in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    pub max_parallel: u64,
    pub max_failures: u64,
    /// `STOP`, `CONTINUE`, `PAUSE` or `UNDO`.
    pub on_failure: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct StartedRelease {
    pub id: String,
    /// The place in the event log just before its first event.
    pub cursor: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct AcceptedInstance {
    pub version: Option<Named>,
}

/// An instance that was selected and left out.
#[derive(Clone, Debug, Deserialize)]
pub struct Skipped {
    pub reason: SkipReason,
    pub instance: SkippedInstance,
    pub locks: Vec<Lock>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SkippedInstance {
    pub host: HostRef,
    pub version: Option<Named>,
}

words! {
    /// Why an instance is left out.
    SkipReason {
        Locked = "LOCKED",
        AlreadyAtVersion = "ALREADY_AT_VERSION",
        UnknownState = "UNKNOWN_STATE",
        NotNewer = "NOT_NEWER",
        NotOlder = "NOT_OLDER",
        NotInstalled = "NOT_INSTALLED",
        VersionUnavailable = "VERSION_UNAVAILABLE",
        MovedSince = "MOVED_SINCE",
    }
}

impl ReleaseAction {
    /// The command that starts such a release.
    pub fn verb(&self) -> Option<&'static str> {
        match self {
            ReleaseAction::Install => Some("install"),
            ReleaseAction::Upgrade => Some("upgrade"),
            ReleaseAction::Revert => Some("revert"),
            ReleaseAction::Uninstall => Some("uninstall"),
            ReleaseAction::Other(_) => None,
        }
    }
}
