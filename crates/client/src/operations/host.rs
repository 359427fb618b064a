//! Hosts.

use super::Page;
use super::instance::{HoldRef, Lock};
use super::list::{Input, Label, ListVariables, Several, name};
use crate::Payload;
use crate::operation::operation;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns a page of the hosts, by name.
    query Hosts(ListVariables<HostFilter>) -> Payload<Page<Host>>, with HostFields
}

operation! {
    mutation CreateHosts(Input<CreateHostsInput>) -> Payload<HostsPayload>, with HostFields
}

operation! {
    repeatable mutation UpdateHost(Input<UpdateHostInput>) -> Payload<HostPayload>, with HostFields
}

operation! {
    mutation RemoveHost(Input<RemoveHostInput>) -> Payload<HostPayload>, with HostFields
}

operation! {
    /// Registers hosts as [`CreateHosts`] does, and answers with their ids alone: they may be many.
    mutation ImportHosts(Input<CreateHostsInput>) -> Payload<ManyHostsPayload>
}

operation! {
    /// Changes up to 1,000 hosts.
    repeatable mutation UpdateHosts(Input<UpdateHostsInput>) -> Payload<ManyHostsPayload>
}

operation! {
    /// Removes up to 1,000 hosts.
    mutation RemoveHosts(Input<RemoveHostsInput>) -> Payload<ManyHostsPayload>
}

operation! {
    /// Sets a hold on hosts, and so on every instance there.
    repeatable mutation HoldHosts(Input<HoldHostsInput>) -> Payload<HostsAndHolds<Host>>, with HostFields
}

operation! {
    mutation UnholdHosts(Input<UnholdHostsInput>) -> Payload<HostsAndHolds<UnheldHost>>, with HostFields
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldHostsInput {
    pub hostnames: Vec<String>,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub idempotency_key: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct UnholdHostsInput {
    pub hostnames: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostnames: Option<Vec<String>>,
    /// All of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug, Serialize)]
pub struct CreateHostsInput {
    pub hosts: Vec<HostInput>,
}

#[derive(Clone, Debug, Serialize)]
pub struct HostInput {
    pub hostname: String,
    pub address: String,
    pub labels: Vec<Label>,
}

/// Members that are `None` stay as they are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UpdateHostInput {
    /// The name of the host.
    pub host: String,
    /// Its new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// All of its labels from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<Label>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveHostInput {
    /// The name of the host.
    pub host: String,
    /// Whether its instances are removed, too: its machine is gone.
    pub with_instances: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct UpdateHostsInput {
    pub hosts: Vec<HostChangeInput>,
}

/// Members that are `None` stay as they are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HostChangeInput {
    /// The name of the host.
    pub host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// All of its labels from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<Label>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveHostsInput {
    pub hostnames: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The ids of the hosts, in the order of the input.
#[derive(Clone, Debug, Deserialize)]
pub struct ManyHostsPayload {
    pub hosts: Vec<HostId>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HostId {
    pub id: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HostsPayload {
    pub hosts: Vec<Host>,
}

/// Hosts, and holds on them that were set or ended.
#[derive(Clone, Debug, Deserialize)]
pub struct HostsAndHolds<H> {
    pub hosts: Vec<H>,
    pub holds: Vec<HoldRef>,
}

/// A host whose holds have ended.
#[derive(Clone, Debug, Deserialize)]
pub struct UnheldHost {
    #[serde(flatten)]
    pub host: Host,
    /// Instances on it that have holds of their own.
    pub held: Several<HeldOnHost>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HeldOnHost {
    #[serde(deserialize_with = "name")]
    pub service: String,
    pub locks: Vec<Lock>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HostPayload {
    /// `None` only if the mutation was refused.
    pub host: Option<Host>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    pub id: String,
    pub hostname: String,
    pub address: String,
    pub labels: Vec<Label>,
    /// In force.
    pub holds: Vec<HostHold>,
    pub created_at: String,
    pub removed_at: Option<String>,
}

/// A hold on a host.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostHold {
    pub id: String,
    pub reason: String,
    pub created_by: String,
    pub created_at: String,
    pub until: Option<String>,
}
