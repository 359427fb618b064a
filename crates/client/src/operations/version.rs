//! Versions of services, and their builds.

use super::Page;
use super::list::{Input, ServiceListVariables, name};
use crate::Payload;
use crate::operation::operation;
use crate::word::words;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns a page of the versions of a service, newest first.
    query Versions(ServiceListVariables<VersionFilter>) -> Payload<Option<VersionsOfService>>, with VersionFields
}

operation! {
    repeatable mutation CreateVersion(Input<CreateVersionInput>) -> Payload<VersionPayload>, with VersionFields
}

operation! {
    /// Repeating a report is no error.
    repeatable mutation ReportBuild(Input<ReportBuildInput>) -> Payload<VersionPayload>, with VersionFields
}

operation! {
    mutation WithdrawVersion(Input<WithdrawVersionInput>) -> Payload<VersionPayload>, with VersionFields
}

operation! {
    mutation ReinstateVersion(Input<VersionName>) -> Payload<VersionPayload>, with VersionFields
}

operation! {
    mutation RemoveVersion(Input<VersionName>) -> Payload<VersionPayload>, with VersionFields
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_statuses: Option<Vec<String>>,
}

/// Members that are `None` have the server's defaults.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateVersionInput {
    pub service: String,
    pub name: String,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_status: Option<BuildStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    pub idempotency_key: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReportBuildInput {
    pub service: String,
    pub version: String,
    pub status: BuildStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct WithdrawVersionInput {
    pub service: String,
    pub version: String,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct VersionName {
    pub service: String,
    pub version: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct VersionsOfService {
    pub versions: Page<Version>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct VersionPayload {
    /// `None` only if the mutation was refused.
    pub version: Option<Version>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    pub id: String,
    #[serde(deserialize_with = "name")]
    pub service: String,
    pub name: String,
    pub description: String,
    #[serde(rename = "ref")]
    pub source: String,
    pub build_status: BuildStatus,
    pub artifact: Option<String>,
    pub build_message: Option<String>,
    pub withdrawal: Option<Withdrawal>,
    pub created_at: String,
    pub created_by: String,
    pub built_at: Option<String>,
    pub removed_at: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Withdrawal {
    pub reason: String,
    pub by: String,
    pub at: String,
}

words! {
    /// The status of a build.
    BuildStatus {
        Pending = "PENDING",
        Building = "BUILDING",
        Succeeded = "SUCCEEDED",
        Failed = "FAILED",
        TimedOut = "TIMED_OUT",
        Duplicate = "DUPLICATE",
    }
}
