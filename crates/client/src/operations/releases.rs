//! The list of releases.

use super::Page;
use super::list::{ListVariables, name, optional_name};
use super::pause::Pause;
use super::release::{Progress, ReleaseAction, ReleaseStatus};
use crate::Payload;
use crate::operation::operation;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns a page of the releases, newest first.
    query Releases(ListVariables<ReleaseFilter>) -> Payload<Page<ListedRelease>>, with ReleaseFields
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_versions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedRelease {
    pub id: String,
    #[serde(deserialize_with = "name")]
    pub service: String,
    pub action: ReleaseAction,
    #[serde(deserialize_with = "optional_name")]
    pub target_version: Option<String>,
    pub origin: String,
    pub executor: String,
    pub status: ReleaseStatus,
    pub progress: Progress,
    pub reason: String,
    pub created_by: String,
    pub created_at: String,
    pub deadline_at: String,
    /// `None` if it is not paused.
    pub pause: Option<Pause>,
    pub started_at: Option<String>,
    pub cancel_requested_at: Option<String>,
    pub cancel_reason: Option<String>,
    pub stopped_at: Option<String>,
    /// Why it was not undone, though somebody requested that.
    pub undo_message: Option<String>,
    pub finished_at: Option<String>,
}
