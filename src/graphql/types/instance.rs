use super::host::{LabelInput, has_label, labels};
use super::node::{HOST_NODE, INSTANCE_NODE, NODE, SERVICE_NODE, VERSION_NODE};
use super::order::OrderDirection;
use super::{EVENT, HOST, INSTANCE_EVENT, LOCK, SERVICE, TARGET, VERSION, lock};
use crate::domain::instance::InstanceStatus;
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, INT, Leaf, ListFilter, ListOrder, NEWEST_FIRST, Object, Order, TEXT, TIME, Term, ascending, column,
    columns, connection, id, list, one, term, text_leaf,
};
use crate::wire::ApiError;
use async_graphql::{Enum, ID, InputObject};

pub(super) static STATUS: Leaf = text_leaf::<InstanceStatus>();

/// Whether a release or a hold has it.
const LOCKED: Term = term!(
    "(EXISTS (SELECT 1 FROM release_target l WHERE l.instance_id = {row}.id AND {open l}) \
    OR EXISTS (SELECT 1 FROM hold l WHERE l.instance_id = {row}.id AND {in_force l}))"
);
/// The same, to look for: the query starts from what is locked, since most instances are free.
const IS_LOCKED: Term = term!(
    "{row}.id IN (SELECT l.instance_id FROM release_target l WHERE {open l} \
    UNION ALL SELECT l.instance_id FROM hold l WHERE l.instance_id IS NOT NULL AND {in_force l})"
);

columns! {
    pub ROW: InstanceRow {
        id: Int,
        service_id: Int,
        host_id: Int,
        hostname: Text,
        version_id: Int,
        port: Int,
        tag: Text,
        weight: Int,
        description: Text,
        maintenance: Bool,
        status: Text,
        locked: Bool = LOCKED,
        last_target: Int = term!("(SELECT max(l.id) FROM release_target l WHERE l.instance_id = {row}.id)"),
        revision: Int,
        updated_at: Time,
        updated_by: Text,
    }
}
columns! { COUNT_ROW: InstanceCountRow { version_id: Int, version_place: Int, status: Text, count: Int } }

const BY_HOSTNAME: Order = ascending("HOSTNAME", &[ROW.hostname]);

pub static INSTANCE: Object = Object::node(
    "Instance",
    "One service on one host, at one version.",
    INSTANCE_NODE,
    ROW.id,
    &[
        id(),
        one("service", "The service.", &SERVICE, ROW.service_id),
        one("host", "The host.", &HOST, ROW.host_id),
        one(
            "version",
            "The version it runs; null while the first installation has not ended well.",
            &VERSION,
            ROW.version_id,
        )
        .nullable(),
        column("port", "Port it listens on; null when not said.", &INT, ROW.port).nullable(),
        column("tag", "Free tag, for example an environment.", &TEXT, ROW.tag).nullable(),
        column("weight", "Share of traffic, 0 to 1000.", &INT, ROW.weight),
        column("description", "Description.", &TEXT, ROW.description),
        column(
            "maintenance",
            "Whether somebody works on it; for people to see, it stops no release.",
            &BOOLEAN,
            ROW.maintenance,
        ),
        column("status", "What it is doing.", &STATUS, ROW.status),
        column("locked", "Whether a release or a hold has it.", &BOOLEAN, ROW.locked),
        list(
            "locks",
            "Who has it: the release first, then holds, oldest first; empty when it is free.",
            &LOCK,
        )
        .of_parent(lock::ROW.instance_id)
        .at_most(3),
        column("revision", "Grows by one with every event of this instance.", &INT, ROW.revision),
        column("updatedAt", "When its last event happened.", &TIME, ROW.updated_at),
        column("updatedBy", "Who caused its last event.", &TEXT, ROW.updated_by),
        one(
            "lastTarget",
            "Its newest part in a release, open while that has it: what it waits for, or why it failed; null before the first.",
            &TARGET,
            ROW.last_target,
        )
        .nullable(),
        connection("events", "Its history, newest first.", &INSTANCE_EVENT)
            .of_parent(EVENT.instance_id)
            .order(NEWEST_FIRST),
    ],
)
.implements(&NODE)
.listed(term!("{row}.status <> 'REMOVED'"))
.order(BY_HOSTNAME);

pub static INSTANCE_COUNT: Object = Object::without_table(
    "InstanceCount",
    "So many instances of a service are alike.",
    &[
        one("version", "The version they run; null for those that have none.", &VERSION, COUNT_ROW.version_id)
            .nullable(),
        column("status", "What they are doing.", &STATUS, COUNT_ROW.status),
        column("count", "How many.", &INT, COUNT_ROW.count),
    ],
)
.key(COUNT_ROW.status)
.listed(term!("{row}.status <> 'REMOVED'"))
.order(ascending("VERSION", &[COUNT_ROW.version_place]));

/// Which instances. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct InstanceFilter {
    /// Of one of these services.
    pub service_ids: Option<Vec<ID>>,
    /// At one of these versions.
    pub version_ids: Option<Vec<ID>>,
    /// On one of these hosts.
    pub host_ids: Option<Vec<ID>>,
    /// In one of these states.
    pub statuses: Option<Vec<InstanceStatus>>,
    /// With one of these tags.
    pub tags: Option<Vec<String>>,
    /// On a host whose name begins with this, case-sensitive.
    pub hostname_starts_with: Option<String>,
    /// On a host that has all of these labels.
    pub host_labels: Option<Vec<LabelInput>>,
    /// Locked, or free.
    pub locked: Option<bool>,
}

impl ListFilter for InstanceFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.ids(ROW.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        list.ids(ROW.version_id, VERSION_NODE, "filter.versionIds", self.version_ids)?;
        list.ids(ROW.host_id, HOST_NODE, "filter.hostIds", self.host_ids)?;
        // Only who asks for what is gone gets it.
        if self.statuses.as_ref().is_some_and(|statuses| statuses.contains(&InstanceStatus::Removed)) {
            list.unlisted();
        }
        list.indexed_words(ROW.status, self.statuses);
        list.texts(ROW.tag, self.tags);
        list.prefix(ROW.hostname, self.hostname_starts_with);
        labels(list, has_label!("host_id"), self.host_labels);
        if let Some(locked) = self.locked {
            match locked {
                true => list.and(IS_LOCKED, []),
                false => list.and_either(LOCKED, false),
            }
        }
        Ok(())
    }
}

/// What instances can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum InstanceOrderField {
    /// Name of the host.
    Hostname,
    /// When their last event happened.
    UpdatedAt,
}

/// Order of instances.
#[derive(InputObject, Clone, Debug)]
pub struct InstanceOrder {
    /// By what.
    pub field: InstanceOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl ListOrder for InstanceOrder {
    fn order(self) -> Order {
        let by = match self.field {
            InstanceOrderField::Hostname => BY_HOSTNAME,
            InstanceOrderField::UpdatedAt => ascending("UPDATED_AT", &[ROW.updated_at]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
