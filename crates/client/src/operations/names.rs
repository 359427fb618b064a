//! Names that exist, for suggestions and completion.

use super::{HostRef, Named, Nodes};
use crate::operation::operation;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns names of services and hosts, and of the versions of one service.
    query Names(NamesVariables) -> NamesData
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct NamesVariables {
    /// The service whose versions are named.
    pub service: String,
    /// What `similar_hosts` begin with.
    pub begin: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamesData {
    pub services: Option<Nodes<Named>>,
    pub service: Option<VersionNames>,
    pub hosts: Option<Nodes<HostRef>>,
    pub similar_hosts: Option<Nodes<HostRef>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct VersionNames {
    pub versions: Nodes<Named>,
}
