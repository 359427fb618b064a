//! What the targets of a release wait for.

use super::Page;
use super::list::hostname;
use super::release::{ReleaseStatus, TargetStatus, TargetsVariables};
use crate::operation::operation;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns a page of the targets of a release, in the order in which they start, with what they wait for.
    query ReleaseWaits(TargetsVariables) -> WaitsData
}

#[derive(Clone, Debug, Deserialize)]
pub struct WaitsData {
    /// `None` if the id refers to nothing.
    pub release: Option<MaybeWaiting>,
}

/// What an id of any type refers to.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum MaybeWaiting {
    Release(Box<WaitingRelease>),
    /// Something that is no release.
    Other {},
}

#[derive(Clone, Debug, Deserialize)]
pub struct WaitingRelease {
    pub id: String,
    pub status: ReleaseStatus,
    pub targets: Page<WaitingTarget>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingTarget {
    #[serde(rename(deserialize = "host"), deserialize_with = "hostname")]
    pub hostname: String,
    pub wave: u64,
    pub status: TargetStatus,
    /// What would have to change first comes first; empty for a target that has started or is about to start.
    pub waits_for: Vec<Wait>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// A word such as `HOST_BUSY`.
    pub kind: String,
    pub message: String,
    /// When it ends, where that is known.
    pub until: Option<String>,
}
