use super::{INSTANCE, InstanceFilter, InstanceOrder, NODE};
use crate::catalog::host::LABELS;
use crate::domain::Kind;
use crate::read::Where;
use crate::read::declare::{INT, ListFilter, Object, TEXT, TIME, ascending, column, filter, id, list, many, ordered};
use crate::store::db::rows::{Bind, CellKind};
use crate::wire::ApiError;
use async_graphql::InputObject;

pub static HOST: Object = Object::new(
    "Host",
    "A machine that services run on.",
    "host",
    &[
        id(),
        column("hostname", "Unique name of the machine.", &TEXT, "hostname"),
        column("address", "Where executors reach it: an IP address or a DNS name.", &TEXT, "address"),
        list("labels", "Labels, sorted by key.", &LABEL, "host_label", "host_id", "").at_most(10),
        column("createdAt", "When it was registered.", &TIME, "created_at"),
        column("removedAt", "When it was removed; null while it is there.", &TIME, "removed_at").nullable(),
        many("instances", "What runs on it.", &INSTANCE, "host_id").args(&[
            filter::<InstanceFilter>("Which instances; all unless given."),
            ordered::<InstanceOrder>("In which order; by hostname unless given."),
        ]),
    ],
)
.node(Kind::Host, &NODE)
.listed("@.removed_at IS NULL")
.order(ascending("HOSTNAME", &[("hostname", CellKind::Text)]));

static LABEL: Object = Object::new(
    "Label",
    "A key and a value attached to a host.",
    "host_label",
    &[column("key", "Key, unique on its host.", &TEXT, "key"), column("value", "Value.", &TEXT, "value")],
)
.key("key");

pub static LABEL_COUNT: Object = Object::new(
    "LabelCount",
    "So many hosts have this label.",
    "",
    &[
        column("key", "Key.", &TEXT, "key"),
        column("value", "Value.", &TEXT, "value"),
        column("hostCount", "How many hosts.", &INT, "host_count"),
    ],
)
.key("value")
.order(ascending("KEY", &[("key", CellKind::Text)]));

/// Which hosts. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct HostFilter {
    /// Hostname begins with this, case-sensitive.
    pub hostname_starts_with: Option<String>,
    /// Has all of these labels.
    pub labels: Option<Vec<LabelInput>>,
}

/// A label to set or to look for.
#[derive(InputObject, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelInput {
    /// Key, 1 to 63 characters.
    pub key: String,
    /// Value, at most 63 characters.
    pub value: String,
}

impl ListFilter for HostFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.prefix("@.hostname", self.hostname_starts_with);
        labels(list, "@.id", self.labels);
        Ok(())
    }
}

/// The host that this column names has all of these labels; an empty list matches none. The hosts of each are looked up
/// once, and the list is read in its own order: how many of its rows are on them, no index tells.
pub(super) fn labels(list: &mut Where, host: &str, labels: Option<Vec<LabelInput>>) {
    let Some(mut labels) = labels else { return };
    labels.sort();
    labels.dedup();
    if labels.is_empty() || labels.len() > LABELS {
        return list.and("FALSE", []);
    }
    let has = format!("{{unindexed {host}}} IN (SELECT x.host_id FROM host_label x WHERE x.key = $ AND x.value = $)");
    for label in labels {
        list.and(&has, [Bind::Text(label.key), Bind::Text(label.value)]);
    }
}
