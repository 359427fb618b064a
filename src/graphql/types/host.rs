use super::node::{HOST_NODE, NODE};
use super::order::OrderDirection;
use super::{EVENT, HOLD, INSTANCE, INSTANCE_EVENT, InstanceFilter, InstanceOrder, hold, instance};
use crate::catalog::host::MAX_LABELS;
use crate::domain::instance::InstanceStatus;
use crate::domain::name::folded_hostname;
use crate::read::Where;
use crate::read::declare::{
    INT, ListFilter, ListOrder, NEWEST_FIRST, OLDEST_FIRST, Object, Order, TEXT, TIME, Term, ascending, column,
    columns, connection, filter, id, list, ordered, term,
};
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::{Enum, InputObject};

columns! {
    pub ROW: HostRow { id: Int, hostname: Text, folded_hostname: Text, address: Text, created_at: Time, removed_at: Time }
}
columns! { pub LABEL_ROW: LabelRow { host_id: Int, key: Text, value: Text } }
columns! { LABEL_COUNT_ROW: LabelCountRow { key: Text, value: Text, host_count: Int } }

const BY_HOSTNAME: Order = ascending("HOSTNAME", &[ROW.folded_hostname]);

pub static HOST: Object = Object::node(
    "Host",
    "A machine that services run on.",
    HOST_NODE,
    ROW.id,
    &[
        id(),
        column("hostname", "Unique name of the host, in the spelling in which it was registered. Case and one trailing dot make no difference.", &TEXT, ROW.hostname),
        column("address", "IP address or DNS name at which executors reach the host.", &TEXT, ROW.address),
        list("labels", "Labels, sorted by key.", &LABEL).of_parent(LABEL_ROW.host_id).at_most(10),
        list("holds", "Holds in force on the host, oldest first. Empty if it is not held; its instances may have holds of their own.", &HOLD)
            .of_parent(hold::ROW.host_id)
            .condition(term!("{in_force {row}}"))
            .order(OLDEST_FIRST)
            .at_most(3),
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("removedAt", "When it was removed; null if it was not removed.", &TIME, ROW.removed_at).nullable(),
        connection("instances", "Instances on this host.", &INSTANCE).of_parent(instance::ROW.host_id).args(&[
            filter::<InstanceFilter>("Which instances to return; all by default."),
            ordered::<InstanceOrder>("Order of the list; by hostname by default."),
        ]),
        connection("events", "Events of the instances on this host, newest first.", &INSTANCE_EVENT)
            .of_parent(EVENT.host_id)
            .order(NEWEST_FIRST),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(BY_HOSTNAME);

pub static LABEL: Object = Object::new(
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
    /// The hostname is one of these. Case makes no difference. Names that do not exist match nothing.
    pub hostnames: Option<Vec<String>>,
    /// The hostname starts with this text. Case makes no difference.
    pub hostname_starts_with: Option<String>,
    /// The hostname contains this text. Case makes no difference.
    pub name_contains: Option<String>,
    /// The host has all of these labels.
    pub labels: Option<Vec<LabelInput>>,
    /// At least one instance on the host has one of these statuses.
    pub instance_statuses: Option<Vec<InstanceStatus>>,
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
        let hostnames = self.hostnames.map(|names| names.iter().map(|name| folded_hostname(name)).collect());
        list.indexed_texts(ROW.folded_hostname, hostnames);
        list.prefix(ROW.folded_hostname, hostname_prefix(self.hostname_starts_with));
        list.contains(ROW.hostname, self.name_contains);
        if let Some(statuses) = self.instance_statuses {
            list.and(with_instances(&statuses), [Bind::words(&statuses)]);
        }
        labels(list, has_label!("id"), self.labels);
        Ok(())
    }
}

/// The beginning of a hostname as hostnames are compared.
pub(super) fn hostname_prefix(prefix: Option<String>) -> Option<String> {
    prefix.map(|prefix| prefix.to_ascii_lowercase())
}

/// An instance on the host has one of these statuses. Most hosts have a running instance, so that the first hosts of the
/// list are looked at one by one; instances with other statuses are few, and are found first.
fn with_instances(statuses: &[InstanceStatus]) -> Term {
    let is_usual = |status: &InstanceStatus| matches!(status, InstanceStatus::Running | InstanceStatus::Removed);
    if statuses.iter().any(is_usual) {
        term!("EXISTS (SELECT 1 FROM instance x WHERE x.host_id = {row}.id AND x.status {any_value})")
    } else {
        term!("{row}.id IN (SELECT x.host_id FROM instance x WHERE x.status {any_value})")
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

/// The values that hosts can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostOrderField {
    /// Hostname. Case makes no difference.
    Hostname,
    /// The time of registration.
    CreatedAt,
}

/// Order of hosts.
#[derive(InputObject, Clone, Debug)]
pub struct HostOrder {
    /// The value to order by.
    pub field: HostOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl ListOrder for HostOrder {
    fn order(self) -> Order {
        let by = match self.field {
            HostOrderField::Hostname => BY_HOSTNAME,
            HostOrderField::CreatedAt => ascending("CREATED_AT", &[ROW.created_at]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
