//! The audit log.

use super::Page;
use super::list::ListVariables;
use crate::Payload;
use crate::operation::operation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

operation! {
    /// Returns a page of the audit log, newest first.
    query Audit(ListVariables<AuditFilter>) -> Payload<Option<Page<AuditEntry>>>
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// An attempt to change something.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub id: String,
    pub at: String,
    pub caller: String,
    pub credential: String,
    pub operation: String,
    pub outcome: String,
    pub input: Value,
    pub result: Vec<String>,
    pub request_id: Option<String>,
    pub address: Option<String>,
    pub count: u64,
}
