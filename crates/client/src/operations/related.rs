//! What a refusal is about, by its ids.

use super::instance::Lock;
use super::release::ReleaseId;
use super::version::BuildStatus;
use super::viewer::ViewerData;
use super::{HostRef, Named, Nodes};
use crate::Payload;
use crate::operation::operation;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns who asks, and what these ids refer to.
    query Related(RelatedVariables) -> RelatedData
}

operation! {
    /// Returns who asked for the cancellation of a release.
    query Cancellation(ReleaseId) -> Payload<Nodes<CancelRequest>>
}

#[derive(Clone, Debug, Serialize)]
pub struct RelatedVariables {
    /// At most 200.
    pub ids: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RelatedData {
    pub viewer: ViewerData,
    /// In the order of the ids; `None` for what does not exist.
    pub nodes: Vec<Option<RelatedNode>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "__typename", rename_all_fields = "camelCase")]
pub enum RelatedNode {
    Hold {
        id: String,
        created_by: String,
    },
    FreezeWindow {
        created_by: String,
    },
    Instance {
        service: Named,
        host: HostRef,
        locks: Vec<Lock>,
    },
    Host {
        hostname: String,
    },
    Version {
        name: String,
        build_status: BuildStatus,
        service: Named,
    },
    Release {
        id: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelRequest {
    pub caused_by: String,
}
