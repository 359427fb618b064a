//! The output of releases: what executors wrote.

use super::Page;
use crate::Payload;
use crate::operation::operation;
use crate::word::words;
use serde::{Deserialize, Serialize};

operation! {
    /// Returns a page of the output of a release or of one target, oldest line first.
    query OutputPage(OutputPageVariables) -> Payload<Option<WithLog>>
}

operation! {
    /// The output of a release, line by line, until the release is over.
    subscription ReleaseOutput(ReleaseOutputVariables) -> Payload<LogLine>
}

/// Either `first` or `last`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputPageVariables {
    /// The release or the target.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseOutputVariables {
    pub id: String,
    /// Only the output of this target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Only lines after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Begins with this many of the newest lines; it is ignored with `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u32>,
}

/// What has output.
#[derive(Clone, Debug, Deserialize)]
pub struct WithLog {
    /// `None` if the id is of something else.
    pub log: Option<Page<LogLine>>,
}

/// A line of output.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    pub cursor: String,
    pub target_id: String,
    pub hostname: String,
    pub attempt: u32,
    pub stream: LogStream,
    pub text: String,
    pub at: String,
}

words! {
    /// The stream that a line came from.
    LogStream { Stdout = "STDOUT", Stderr = "STDERR", System = "SYSTEM" }
}
