//! The caller.

use crate::operation::operation;
use crate::{NoVariables, Payload};
use serde::Deserialize;

operation! {
    /// Returns who the caller is.
    query Viewer(NoVariables) -> Payload<ViewerData>
}

/// The caller of a request.
#[derive(Clone, Debug, Deserialize)]
pub struct ViewerData {
    pub name: String,
    /// `VIEWER`, `BUILDER`, `OPERATOR` or `ADMIN`.
    pub role: String,
}
