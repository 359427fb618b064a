use super::host::{LabelInput, labels};
use super::order::OrderDirection;
use super::{HOST, INSTANCE_EVENT, LOCK, NODE, SERVICE, TARGET, VERSION};
use crate::domain::Kind;
use crate::domain::instance::InstanceStatus;
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, INT, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, ascending, column, id, list, many, one,
    text_leaf,
};
use crate::store::db::rows::CellKind;
use crate::wire::ApiError;
use async_graphql::{Enum, ID, InputObject};

pub(super) static STATUS: Leaf = text_leaf::<InstanceStatus>();

/// Whether a release or a hold has it.
const LOCKED: &str = "(EXISTS (SELECT 1 FROM release_target l WHERE l.instance_id = @.id AND {open l}) \
    OR EXISTS (SELECT 1 FROM hold l WHERE l.instance_id = @.id AND {in_force l}))";
/// The same, to look for: what is locked is found by itself, since most instances are free.
const IS_LOCKED: &str = "@.id IN (SELECT l.instance_id FROM release_target l WHERE {open l} \
    UNION ALL SELECT l.instance_id FROM hold l WHERE l.instance_id IS NOT NULL AND {in_force l})";

const BY_HOSTNAME: Order = ascending("HOSTNAME", &[("hostname", CellKind::Text)]);

pub static INSTANCE: Object = Object::new(
    "Instance",
    "One service on one host, at one version.",
    "instance",
    &[
        id(),
        one("service", "The service.", &SERVICE, "service_id"),
        one("host", "The host.", &HOST, "host_id"),
        one(
            "version",
            "The version it runs; null while the first installation has not ended well.",
            &VERSION,
            "version_id",
        )
        .nullable(),
        column("port", "Port it listens on; null when not said.", &INT, "port").nullable(),
        column("tag", "Free tag, for example an environment.", &TEXT, "tag").nullable(),
        column("weight", "Share of traffic, 0 to 1000.", &INT, "weight"),
        column("description", "Description.", &TEXT, "description"),
        column(
            "maintenance",
            "Whether somebody works on it; for people to see, it stops no release.",
            &BOOLEAN,
            "maintenance",
        ),
        column("status", "What it is doing.", &STATUS, "status"),
        column("locked", "Whether a release or a hold has it.", &BOOLEAN, LOCKED),
        list(
            "locks",
            "Who has it: the release first, then holds, oldest first; empty when it is free.",
            &LOCK,
            "instance_lock",
            "instance_id",
            "",
        )
        .at_most(3),
        column("revision", "Grows by one with every event of this instance.", &INT, "revision"),
        column("updatedAt", "When its last event happened.", &TIME, "updated_at"),
        column("updatedBy", "Who caused its last event.", &TEXT, "updated_by"),
        one(
            "lastTarget",
            "Its newest part in a release, open while that has it: what it waits for, or why it failed; null before the first.",
            &TARGET,
            "(SELECT max(l.id) FROM release_target l WHERE l.instance_id = @.id)",
        )
        .nullable(),
        many("events", "Its history, newest first.", &INSTANCE_EVENT, "instance_id").newest_first(),
    ],
)
.node(Kind::Instance, &NODE)
.listed("@.status <> 'REMOVED'")
.order(BY_HOSTNAME);

pub static INSTANCE_COUNT: Object = Object::new(
    "InstanceCount",
    "So many instances of a service are alike.",
    "",
    &[
        one("version", "The version they run; null for those that have none.", &VERSION, "version_id").nullable(),
        column("status", "What they are doing.", &STATUS, "status"),
        column("count", "How many.", &INT, "count"),
    ],
)
.key("status")
.listed("@.status <> 'REMOVED'")
.order(ascending("VERSION", &[("version_place", CellKind::Int)]));

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
        list.ids("@.service_id {any $}", Kind::Service, "filter.serviceIds", self.service_ids)?;
        list.ids("@.version_id {any $}", Kind::Version, "filter.versionIds", self.version_ids)?;
        list.ids("@.host_id {any $}", Kind::Host, "filter.hostIds", self.host_ids)?;
        // Only who asks for what is gone gets it.
        if self.statuses.as_ref().is_some_and(|statuses| statuses.contains(&InstanceStatus::Removed)) {
            list.unlisted();
        }
        list.indexed_words("@.status", self.statuses);
        list.texts("@.tag", self.tags);
        list.prefix("@.hostname", self.hostname_starts_with);
        labels(list, "@.host_id", self.host_labels);
        if let Some(locked) = self.locked {
            match locked {
                true => list.and(IS_LOCKED, []),
                false => list.and(&format!("NOT {LOCKED}"), []),
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
            InstanceOrderField::UpdatedAt => ascending("UPDATED_AT", &[("updated_at", CellKind::Time)]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
