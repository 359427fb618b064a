//! What lists and mutations have in common.
//!
//! Items are deserialized from the schema's form and serialized for scripts: with the schema's names of fields, and with
//! names in place of the objects that they belong to.

use super::instance::IdRef;
use super::{HostRef, Named};
use serde::{Deserialize, Deserializer, Serialize};

/// Variables of an operation that lists all things of a kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ListVariables<F> {
    /// The size of the page, at most 200.
    pub first: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    pub filter: F,
}

/// Variables of an operation that lists things of one service.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServiceListVariables<F> {
    /// The name of the service.
    pub service: String,
    #[serde(flatten)]
    pub list: ListVariables<F>,
}

/// Variables of a mutation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Input<I> {
    pub input: I,
}

/// A label of a host.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Label {
    pub key: String,
    pub value: String,
}

/// The first of several things, and how many there are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Several<T> {
    pub nodes: Vec<T>,
    pub total_count: u64,
}

/// A freeze, of a service or of every service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Freeze {
    pub id: String,
    pub reason: String,
    pub includes_reverts: bool,
    pub created_by: String,
    pub created_at: String,
    pub until: Option<String>,
    /// The name of its service; `None` if it is a freeze of every service or a freeze window.
    #[serde(deserialize_with = "optional_name")]
    pub service: Option<String>,
    /// The id of the freeze window that it is, if it is one.
    #[serde(deserialize_with = "optional_id")]
    pub freeze_window: Option<String>,
}

impl Freeze {
    /// The id by which a release goes through it.
    pub fn through_id(&self) -> &str {
        self.freeze_window.as_ref().unwrap_or(&self.id)
    }
}

/// Deserializes an object with a name to that name.
pub fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Named::deserialize(from)?.name)
}

/// As [`name`], where there may be no object.
pub fn optional_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Named>::deserialize(from)?.map(|named| named.name))
}

/// Deserializes an object with an id, where there may be none, to that id.
pub fn optional_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<IdRef>::deserialize(from)?.map(|found| found.id))
}

/// Deserializes a host to its name.
pub fn hostname<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(HostRef::deserialize(from)?.hostname)
}
