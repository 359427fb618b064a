//! Services, and what state they are in.

use super::instance::{HoldRef, Lock};
use super::list::{Freeze, Input, ListVariables, Several, hostname, optional_name};
use super::pause::Pause;
use super::release::{Progress, ReleaseStatus};
use super::start::{Amount, PerLabel};
use super::{Nodes, Page};
use crate::Payload;
use crate::operation::operation;
use serde::{Deserialize, Deserializer, Serialize};

operation! {
    /// Returns a page of the services, by name.
    query Services(ListVariables<ServiceFilter>) -> Payload<Page<Service>>, with ServiceFields
}

operation! {
    /// Returns a page of the services with what runs where, what is being released, and what needs somebody.
    query ServiceStatus(ListVariables<ServiceFilter>) -> Payload<Page<StatusOfService>>
}

operation! {
    mutation CreateService(Input<ServiceInput>) -> Payload<ServicePayload>, with ServiceFields
}

operation! {
    repeatable mutation UpdateService(Input<ServiceInput>) -> Payload<ServicePayload>, with ServiceFields
}

operation! {
    mutation RemoveService(Input<ServiceName>) -> Payload<ServicePayload>, with ServiceFields
}

operation! {
    repeatable mutation FreezeService(Input<FreezeInput>) -> Payload<FreezePayload>, with ServiceFields
}

operation! {
    mutation UnfreezeService(Input<ServiceName>) -> Payload<UnfreezePayload>, with ServiceFields
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

/// Input of the mutations that create or change a service. Members that are `None` are not sent.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceInput {
    /// The service to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The name of a new service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// `REGISTRATION` or `SEMVER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_scheme: Option<String>,
    /// How many instances may be unavailable; `Some(None)` removes the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<Option<Amount>>,
    /// How many of them may have the same value of a label; `Some(None)` removes the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_label: Option<Option<PerLabel>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ServiceName {
    pub service: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreezeInput {
    pub service: String,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub include_reverts: bool,
    pub idempotency_key: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ServicePayload {
    /// `None` only if the mutation was refused.
    pub service: Option<Service>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct FreezePayload {
    /// `None` only if the mutation was refused.
    pub service: Option<Service>,
    pub hold: Option<HoldRef>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UnfreezePayload {
    /// `None` only if the mutation was refused.
    pub service: Option<Service>,
    /// The freezes that were ended.
    pub holds: Vec<HoldRef>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub id: String,
    pub name: String,
    pub language: String,
    pub description: String,
    pub executor: String,
    pub version_scheme: String,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
    pub updated_by: String,
    pub removed_at: Option<String>,
    /// In force.
    pub freezes: Vec<Freeze>,
}

/// How many instances may be unavailable at a time, and how many are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// `None` for any number.
    pub max_unavailable: Option<u64>,
    pub spent: u64,
}

/// The state that a service is in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusOfService {
    pub name: String,
    pub executor: String,
    pub freezes: Vec<Freeze>,
    /// `None` if the service has no budget.
    pub budget: Option<Budget>,
    pub instance_counts: Vec<InstanceCount>,
    /// The newest open releases.
    pub releases: Nodes<OpenRelease>,
    /// Instances that failed or are `UNKNOWN`.
    pub instances: Attention,
    /// Instances that holds keep releases off.
    pub held: Several<HeldInstance>,
    /// Instances that are out of service.
    pub drained: Several<DrainedInstance>,
    /// Instances that became unhealthy during a soak.
    pub unhealthy: Several<UnhealthyInstance>,
    /// Instances that run another version than the one on record.
    pub drifting: Several<DriftingInstance>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HeldInstance {
    #[serde(rename = "host", deserialize_with = "hostname")]
    pub hostname: String,
    pub locks: Vec<Lock>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainedInstance {
    #[serde(rename = "host", deserialize_with = "hostname")]
    pub hostname: String,
    pub drained_since: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnhealthyInstance {
    #[serde(rename = "host", deserialize_with = "hostname")]
    pub hostname: String,
    pub health_at: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftingInstance {
    #[serde(rename = "host", deserialize_with = "hostname")]
    pub hostname: String,
    /// The one on record.
    #[serde(deserialize_with = "optional_name")]
    pub version: Option<String>,
    /// Empty if nothing runs.
    pub observed_version: Option<String>,
    pub observed_at: Option<String>,
}

/// How many instances have a version and a status.
#[derive(Clone, Debug, Deserialize)]
pub struct InstanceCount {
    #[serde(deserialize_with = "optional_name")]
    pub version: Option<String>,
    pub status: String,
    pub count: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenRelease {
    pub id: String,
    pub action: String,
    #[serde(deserialize_with = "optional_name")]
    pub target_version: Option<String>,
    pub status: ReleaseStatus,
    pub progress: Progress,
    pub created_at: String,
    /// `None` if it is not paused.
    pub pause: Option<Pause>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    /// The first of them.
    pub nodes: Vec<AttentionInstance>,
    /// How many there are.
    pub total_count: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttentionInstance {
    #[serde(rename = "host", deserialize_with = "hostname")]
    pub hostname: String,
    #[serde(deserialize_with = "optional_name")]
    pub version: Option<String>,
    pub status: String,
    pub updated_at: String,
    /// The release that moved it last.
    #[serde(rename = "lastTarget", deserialize_with = "release_of_target")]
    pub release: Option<String>,
}

fn release_of_target<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Target {
        release: Release,
    }
    #[derive(Deserialize)]
    struct Release {
        id: String,
    }
    Ok(Option::<Target>::deserialize(from)?.map(|target| target.release.id))
}
