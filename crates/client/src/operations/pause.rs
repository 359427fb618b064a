//! Releases that are paused and go on.

use super::list::Input;
use super::releases::ListedRelease;
use crate::Payload;
use crate::operation::operation;
use crate::word::words;
use serde::{Deserialize, Serialize};

operation! {
    /// Pauses a release. A release that is paused already stays so.
    repeatable mutation PauseRelease(Input<PauseInput>) -> Payload<ReleasePayload>, with ReleaseFields
}

operation! {
    /// Lets a paused release go on. Not repeated by the client: the release may have come to its next pause.
    mutation ResumeRelease(Input<ResumeInput>) -> Payload<ReleasePayload>, with ReleaseFields
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseInput {
    pub release_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeInput {
    pub release_id: String,
    /// `NEXT_PAUSE` or `END`.
    pub to: String,
    pub skip_soak: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ReleasePayload {
    /// `None` only if the mutation was refused.
    pub release: Option<ListedRelease>,
}

/// Why a release is paused.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Pause {
    pub reason: PauseReason,
    pub since: String,
    pub by: String,
    pub message: String,
}

words! {
    /// Why a release is paused.
    PauseReason {
        Requested = "REQUESTED",
        Wave = "WAVE",
        Failures = "FAILURES",
        Unreachable = "UNREACHABLE",
    }
}
