//! Instances, and the holds on them.

use super::list::{Input, Label, ListVariables, name, optional_name};
use super::{HostRef, Page};
use crate::Payload;
use crate::operation::operation;
use crate::word::words;
use serde::{Deserialize, Serialize, Serializer};

operation! {
    /// Returns a page of the instances, by hostname.
    query Instances(ListVariables<InstanceFilter>) -> Payload<Page<Instance>>, with InstanceFields
}

operation! {
    repeatable mutation HoldInstances(Input<HoldInput>) -> Payload<InstancesAndHolds>, with InstanceFields
}

operation! {
    mutation EndHolds(Input<EndHoldsInput>) -> Payload<InstancesAndHolds>, with InstanceFields
}

operation! {
    /// Asks a worker to put instances back into service.
    repeatable mutation UndrainInstances(Input<NamedInstances>) -> Payload<InstancesPayload>, with InstanceFields
}

operation! {
    /// Asks a worker to look which version runs.
    repeatable mutation ProbeInstances(Input<NamedInstances>) -> Payload<InstancesPayload>, with InstanceFields
}

operation! {
    mutation ConfirmInstance(Input<ConfirmInput>) -> Payload<InstancePayload>, with InstanceFields
}

operation! {
    /// Records what runs on several hosts, on all or on none.
    mutation ConfirmInstances(Input<ConfirmInstancesInput>) -> Payload<InstancesPayload>, with InstanceFields
}

operation! {
    /// Records what already runs on a fleet.
    repeatable mutation AdoptInstances(Input<AdoptInput>) -> Payload<Adopted>
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostnames: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Vec<String>>,
    /// All of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host_labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldInput {
    /// Names such as `web/host-1`.
    pub instances: Vec<String>,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub idempotency_key: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct NamedInstances {
    /// Names such as `web/host-1`.
    pub instances: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EndHoldsInput {
    /// Names such as `web/host-1`.
    pub instances: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ConfirmInput {
    /// A name such as `web/host-1`.
    pub instance: String,
    pub found: FoundInput,
}

#[derive(Clone, Debug, Serialize)]
pub struct ConfirmInstancesInput {
    pub instances: Vec<ConfirmInput>,
}

/// What already runs on hosts.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdoptInput {
    pub service: String,
    pub version: String,
    pub hosts: AdoptedHosts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A dry run has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    pub dry_run: bool,
}

/// The hosts whose instances are recorded.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AdoptedHosts {
    Hostnames(Vec<String>),
    /// All of them.
    Labels(Vec<Label>),
}

/// How many instances were recorded, or would be.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Adopted {
    pub count: u64,
    pub replayed: bool,
}

/// What runs on a host.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FoundInput {
    /// The version with this name.
    Version(String),
    /// Always true.
    Nothing(bool),
}

#[derive(Clone, Debug, Deserialize)]
pub struct InstancesPayload {
    pub instances: Vec<Instance>,
}

/// Instances, and holds on them that were set or ended.
#[derive(Clone, Debug, Deserialize)]
pub struct InstancesAndHolds {
    pub instances: Vec<Instance>,
    pub holds: Vec<HoldRef>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct InstancePayload {
    /// `None` only if the mutation was refused.
    pub instance: Option<Instance>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    pub id: String,
    #[serde(deserialize_with = "name")]
    pub service: String,
    #[serde(flatten)]
    pub host: HostOfInstance,
    #[serde(deserialize_with = "optional_name")]
    pub version: Option<String>,
    pub port: Option<u16>,
    pub tag: Option<String>,
    pub weight: i64,
    pub description: String,
    pub maintenance: bool,
    pub status: InstanceStatus,
    pub drained_since: Option<String>,
    /// `None` before the first verdict.
    pub health: Option<Health>,
    pub health_at: Option<String>,
    /// The version that a probe found last; empty if nothing ran.
    pub observed_version: Option<String>,
    pub observed_at: Option<String>,
    pub confirmed_at: Option<String>,
    pub locked: bool,
    pub locks: Vec<Lock>,
    pub revision: u64,
    pub updated_at: String,
    pub updated_by: String,
}

/// The host of an instance: its name, and the labels that lists can be filtered by.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(from = "WithHost")]
pub struct HostOfInstance {
    pub hostname: String,
    pub labels: Vec<Label>,
}

#[derive(Deserialize)]
struct WithHost {
    host: HostParts,
}

#[derive(Deserialize)]
struct HostParts {
    hostname: String,
    labels: Vec<Label>,
}

impl From<WithHost> for HostOfInstance {
    fn from(WithHost { host }: WithHost) -> HostOfInstance {
        HostOfInstance { hostname: host.hostname, labels: host.labels }
    }
}

/// What keeps releases off an instance.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Lock {
    pub reason: String,
    pub by: String,
    pub since: String,
    pub until: Option<String>,
    /// The hold or the release; scripts see its id.
    #[serde(serialize_with = "id_alone")]
    pub holder: LockHolder,
}

/// A hold or a release that locks an instance.
#[derive(Clone, Debug, Deserialize)]
pub struct LockHolder {
    #[serde(rename = "__typename")]
    pub kind: HolderKind,
    pub id: String,
    /// The host that a hold is on; `None` if it is on the instance.
    pub host: Option<HostRef>,
}

impl Lock {
    /// Whether a release locks the instance.
    pub fn is_release(&self) -> bool {
        self.holder.kind == HolderKind::Release
    }
}

words! {
    /// What locks an instance.
    HolderKind { Hold = "Hold", Release = "Release" }
}

fn id_alone<S: Serializer>(holder: &LockHolder, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&holder.id)
}

/// A hold that was set or ended.
#[derive(Clone, Debug, Deserialize)]
pub struct HoldRef {
    pub id: String,
    pub until: Option<String>,
    /// What it is on, unless it is a freeze: an instance or a host.
    pub instance: Option<IdRef>,
    pub host: Option<IdRef>,
}

/// What only has an id.
#[derive(Clone, Debug, Deserialize)]
pub struct IdRef {
    pub id: String,
}

words! {
    /// What the health checks of soaks say of an instance.
    Health { Healthy = "HEALTHY", Unhealthy = "UNHEALTHY" }
}

words! {
    /// The status of an instance.
    InstanceStatus {
        Running = "RUNNING",
        Installing = "INSTALLING",
        Upgrading = "UPGRADING",
        Reverting = "REVERTING",
        Uninstalling = "UNINSTALLING",
        InstallFailed = "INSTALL_FAILED",
        UpgradeFailed = "UPGRADE_FAILED",
        RevertFailed = "REVERT_FAILED",
        UninstallFailed = "UNINSTALL_FAILED",
        Unknown = "UNKNOWN",
        Removed = "REMOVED",
    }
}
