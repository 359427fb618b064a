use super::node::{HOST_NODE, NODE};
use super::{INSTANCE, InstanceFilter, InstanceOrder, instance};
use crate::catalog::host::MAX_LABELS;
use crate::read::Where;
use crate::read::declare::{
    INT, ListFilter, Object, TEXT, TIME, Term, ascending, column, columns, connection, filter, id, list, ordered, term,
};
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::InputObject;

columns! {
    pub ROW: HostRow { id: Int, hostname: Text, address: Text, created_at: Time, removed_at: Time }
}
columns! { LABEL_ROW: LabelRow { host_id: Int, key: Text, value: Text } }
columns! { LABEL_COUNT_ROW: LabelCountRow { key: Text, value: Text, host_count: Int } }

pub static HOST: Object = Object::node(
    "Host",
    "A machine that services run on.",
    HOST_NODE,
    ROW.id,
    &[
        id(),
        column("hostname", "Unique name of the host.", &TEXT, ROW.hostname),
        column("address", "IP address or DNS name at which executors reach the host.", &TEXT, ROW.address),
        list("labels", "Labels, sorted by key.", &LABEL).of_parent(LABEL_ROW.host_id).at_most(10),
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("removedAt", "When it was removed; null if it was not removed.", &TIME, ROW.removed_at).nullable(),
        connection("instances", "Instances on this host.", &INSTANCE).of_parent(instance::ROW.host_id).args(&[
            filter::<InstanceFilter>("Which instances to return; all by default."),
            ordered::<InstanceOrder>("Order of the list; by hostname by default."),
        ]),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(ascending("HOSTNAME", &[ROW.hostname]));

static LABEL: Object = Object::new(
    "Label",
    "A key and a value that are attached to a host.",
    "host_label",
    LABEL_ROW.key,
    &[
        column("key", "Key, unique on the host.", &TEXT, LABEL_ROW.key),
        column("value", "Value.", &TEXT, LABEL_ROW.value),
    ],
);

pub static LABEL_COUNT: Object = Object::without_table(
    "LabelCount",
    "A label, and the number of hosts that have it.",
    &[
        column("key", "Key.", &TEXT, LABEL_COUNT_ROW.key),
        column("value", "Value.", &TEXT, LABEL_COUNT_ROW.value),
        column("hostCount", "Number of hosts that have the label.", &INT, LABEL_COUNT_ROW.host_count),
    ],
)
.key(LABEL_COUNT_ROW.value)
.order(ascending("KEY", &[LABEL_COUNT_ROW.key]));

/// Conditions on hosts. A host is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct HostFilter {
    /// The hostname starts with this text. Case-sensitive.
    pub hostname_starts_with: Option<String>,
    /// The host has all of these labels.
    pub labels: Option<Vec<LabelInput>>,
}

/// A label to set, or to search for.
#[derive(InputObject, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelInput {
    /// Key, 1 to 63 characters.
    pub key: String,
    /// Value, at most 63 characters.
    pub value: String,
}

/// The host that this column names has a label with the next two values.
macro_rules! has_label {
    ($host:literal) => {
        $crate::read::declare::term!(concat!(
            "{unindexed {row}.",
            $host,
            "} IN (SELECT x.host_id FROM host_label x WHERE x.key = {value} AND x.value = {value})"
        ))
    };
}
pub(super) use has_label;

impl ListFilter for HostFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.prefix(ROW.hostname, self.hostname_starts_with);
        labels(list, has_label!("id"), self.labels);
        Ok(())
    }
}

/// A host has all of these labels; an empty list matches none. The hosts of each are looked up once, and the list is read
/// in its own order: no index says how many of its rows are on them.
pub(super) fn labels(list: &mut Where, has_label: Term, labels: Option<Vec<LabelInput>>) {
    let Some(mut labels) = labels else { return };
    labels.sort();
    labels.dedup();
    if labels.is_empty() || labels.len() > MAX_LABELS {
        return list.and(term!("FALSE"), []);
    }
    for label in labels {
        list.and(has_label, [Bind::Text(label.key), Bind::Text(label.value)]);
    }
}
