use super::host::{LabelInput, has_label, hostname_prefix, labels};
use super::node::{HOST_NAME, HOST_NODE, INSTANCE_NODE, NODE, SERVICE_NAME, SERVICE_NODE, VERSION_NAME, VERSION_NODE};
use super::order::OrderDirection;
use super::{EVENT, HOST, INSTANCE_EVENT, LOCK, SERVICE, TARGET, VERSION, lock};
use crate::domain::health::Health;
use crate::domain::instance::InstanceStatus;
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, INT, Leaf, ListFilter, ListOrder, NEWEST_FIRST, Object, Order, TEXT, TIME, Term, ascending, column,
    columns, connection, id, list, one, term, word_leaf,
};
use crate::wire::ApiError;
use async_graphql::{Enum, ID, InputObject};

pub(super) static STATUS: Leaf = word_leaf::<InstanceStatus>();
static HEALTH: Leaf = word_leaf::<Health>();

/// Whether the instance is locked, by an open release target or by a hold in force.
const LOCKED: Term = term!(
    "(EXISTS (SELECT 1 FROM release_target l WHERE l.instance_id = {row}.id AND {open l}) \
    OR EXISTS (SELECT 1 FROM hold l WHERE l.instance_id = {row}.id AND {in_force l}) \
    OR EXISTS (SELECT 1 FROM hold l WHERE l.host_id = {row}.host_id AND {in_force l} AND {row}.status <> 'REMOVED'))"
);
/// The same, to look for: the query starts from what is locked, since most instances are free.
const IS_LOCKED: Term = term!(
    "{row}.id IN (SELECT l.instance_id FROM release_target l WHERE {open l} \
    UNION ALL SELECT l.instance_id FROM hold l WHERE l.instance_id IS NOT NULL AND {in_force l} \
    UNION ALL SELECT x.id FROM hold l JOIN instance x ON x.host_id = l.host_id AND x.status <> 'REMOVED' \
    WHERE l.host_id IS NOT NULL AND {in_force l})"
);

/// Whether a hold is in force on the instance or on its host.
const IS_HELD: Term = term!(
    "{row}.id IN (SELECT l.instance_id FROM hold l WHERE l.instance_id IS NOT NULL AND {in_force l} \
    UNION ALL SELECT x.id FROM hold l JOIN instance x ON x.host_id = l.host_id AND x.status <> 'REMOVED' \
    WHERE l.host_id IS NOT NULL AND {in_force l})"
);

columns! {
    pub ROW: InstanceRow {
        id: Int,
        service_id: Int,
        host_id: Int,
        folded_hostname: Text,
        version_id: Int,
        port: Int,
        tag: Text,
        weight: Int,
        description: Text,
        maintenance: Bool,
        status: Text,
        drained_since: Time,
        observed_version: Text,
        observed_at: Time,
        locked: Bool = LOCKED,
        last_target: Int = term!("(SELECT max(l.id) FROM release_target l WHERE l.instance_id = {row}.id)"),
        revision: Int,
        updated_at: Time,
        updated_by: Text,
        confirmed_at: Time,
        health: Text,
        health_at: Time,
    }
}
columns! { COUNT_ROW: InstanceCountRow { version_id: Int, version_place: Int, status: Text, count: Int } }

const BY_HOSTNAME: Order = ascending("HOSTNAME", &[ROW.folded_hostname]);

pub static INSTANCE: Object = Object::node(
    "Instance",
    "A service on a host, at one version.",
    INSTANCE_NODE,
    ROW.id,
    &[
        id(),
        one("service", "The service.", &SERVICE, ROW.service_id),
        one("host", "The host.", &HOST, ROW.host_id),
        one(
            "version",
            "The version that it runs; null until the first installation has succeeded.",
            &VERSION,
            ROW.version_id,
        )
        .nullable(),
        column("port", "Port that it listens on; null if none was given.", &INT, ROW.port).nullable(),
        column("tag", "Any tag, for example an environment; null if none was given.", &TEXT, ROW.tag).nullable(),
        column("weight", "Share of traffic, 0 to 1000.", &INT, ROW.weight),
        column("description", "Description.", &TEXT, ROW.description),
        column(
            "maintenance",
            "Whether someone is working on it. For information only: it does not prevent releases.",
            &BOOLEAN,
            ROW.maintenance,
        ),
        column("status", "Current status.", &STATUS, ROW.status),
        column(
            "drainedSince",
            "Since when the instance is out of service, because a release took it out with the step DRAIN and did not put it back; null while it is in service.",
            &TIME,
            ROW.drained_since,
        )
        .nullable(),
        column(
            "observedVersion",
            "Version that really ran when the executor's probe was last answered outside of a release; empty if nothing ran, null before the first answer.",
            &TEXT,
            ROW.observed_version,
        )
        .nullable(),
        column("observedAt", "When the probe was last answered outside of a release; null before the first answer.", &TIME, ROW.observed_at)
            .nullable(),
        column(
            "health",
            "Whether it is healthy by the health check of the executor; null before the first verdict. While a release soaks, its instances are checked, and unhealthy ones until they are healthy again. It becomes null when a release starts on the instance, and when a caller confirms what runs there.",
            &HEALTH,
            ROW.health,
        )
        .nullable(),
        column("healthAt", "Since when that is so; null while health is.", &TIME, ROW.health_at).nullable(),
        column("locked", "Whether the instance is locked, by an open release target or by a hold in force on it or on its host.", &BOOLEAN, ROW.locked),
        list(
            "locks",
            "What locks the instance: the release first, then the holds on it and on its host, oldest first. Empty if it is not locked.",
            &LOCK,
        )
        .of_parent(lock::ROW.instance_id)
        .at_most(3),
        column("revision", "Number of the last event of this instance. Every event increases it by one.", &INT, ROW.revision),
        column("updatedAt", "When the last event of this instance happened.", &TIME, ROW.updated_at),
        column("updatedBy", "Name of the caller or worker that caused the last event.", &TEXT, ROW.updated_by),
        column("confirmedAt", "When a caller last said what runs there; null if none ever did.", &TIME, ROW.confirmed_at).nullable(),
        one(
            "lastTarget",
            "The newest release target of this instance: it shows what the instance waits for, or why it failed. Null if no release has ever included the instance.",
            &TARGET,
            ROW.last_target,
        )
        .nullable(),
        connection("events", "History of the instance, newest event first.", &INSTANCE_EVENT)
            .of_parent(EVENT.instance_id)
            .order(NEWEST_FIRST),
    ],
)
.implements(&NODE)
.listed(term!("{row}.status <> 'REMOVED'"))
.order(BY_HOSTNAME);

pub static INSTANCE_COUNT: Object = Object::without_table(
    "InstanceCount",
    "A number of instances of a service that have the same version and the same status.",
    &[
        one("version", "The version that they run; null if they have none.", &VERSION, COUNT_ROW.version_id).nullable(),
        column("status", "Their status.", &STATUS, COUNT_ROW.status),
        column("count", "Number of instances.", &INT, COUNT_ROW.count),
    ],
)
.key(COUNT_ROW.status)
.listed(term!("{row}.status <> 'REMOVED'"))
.order(ascending("VERSION", &[COUNT_ROW.version_place]));

/// Conditions on instances. An instance is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct InstanceFilter {
    /// Of one of these services.
    pub service_ids: Option<Vec<ID>>,
    /// Of one of the services with these names. Each name must exist.
    pub services: Option<Vec<String>>,
    /// At one of these versions.
    pub version_ids: Option<Vec<ID>>,
    /// At a version with one of these names, of any service. Each name must exist.
    pub versions: Option<Vec<String>>,
    /// On one of these hosts.
    pub host_ids: Option<Vec<ID>>,
    /// On one of the hosts with these names. Each name must exist.
    pub hostnames: Option<Vec<String>>,
    /// With one of these statuses. Removed instances are returned only if REMOVED is among them.
    pub statuses: Option<Vec<InstanceStatus>>,
    /// With one of these tags.
    pub tags: Option<Vec<String>>,
    /// On a host whose name starts with this text. Case makes no difference.
    pub hostname_starts_with: Option<String>,
    /// On a host that has all of these labels.
    pub host_labels: Option<Vec<LabelInput>>,
    /// True: locked, by an open release target or by a hold in force. False: not locked.
    pub locked: Option<bool>,
    /// True: a hold is in force on the instance or on its host. False: none is; a release may still lock it.
    pub held: Option<bool>,
    /// True: out of service (drainedSince). False: in service.
    pub drained: Option<bool>,
    /// True: the probe saw another version than the one on record, three times in a row. False: it did not, or it never answered.
    pub drifted: Option<bool>,
    /// With one of these verdicts of the last health checks. Instances without one are left out.
    pub health: Option<Vec<Health>>,
}

impl ListFilter for InstanceFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.ids(ROW.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        list.names(ROW.service_id, SERVICE_NAME, "filter.services", self.services);
        list.ids(ROW.version_id, VERSION_NODE, "filter.versionIds", self.version_ids)?;
        let at_named = term!("{row}.version_id IN (SELECT x.id FROM version x WHERE x.name {any_value})");
        list.names_where(at_named, VERSION_NAME, "filter.versions", self.versions);
        list.ids(ROW.host_id, HOST_NODE, "filter.hostIds", self.host_ids)?;
        list.names(ROW.host_id, HOST_NAME, "filter.hostnames", self.hostnames);
        // Only who asks for what is gone gets it.
        if self.statuses.as_ref().is_some_and(|statuses| statuses.contains(&InstanceStatus::Removed)) {
            list.unlisted();
        }
        list.indexed_words(ROW.status, self.statuses);
        list.texts(ROW.tag, self.tags);
        list.prefix(ROW.folded_hostname, hostname_prefix(self.hostname_starts_with));
        labels(list, has_label!("host_id"), self.host_labels);
        if let Some(locked) = self.locked {
            match locked {
                true => list.and(IS_LOCKED, []),
                false => list.and_either(LOCKED, false),
            }
        }
        if let Some(held) = self.held {
            list.and_either(IS_HELD, held);
        }
        match self.drained {
            Some(true) => list.and(term!("{row}.drained_since IS NOT NULL"), []),
            Some(false) => list.and(term!("{row}.drained_since IS NULL"), []),
            None => {}
        }
        match self.drifted {
            Some(true) => list.and(term!("{row}.drifted_since IS NOT NULL"), []),
            Some(false) => list.and(term!("{row}.drifted_since IS NULL"), []),
            None => {}
        }
        list.indexed_words(ROW.health, self.health);
        Ok(())
    }
}

/// The values that instances can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum InstanceOrderField {
    /// Name of the host.
    Hostname,
    /// The time of the last event of the instance.
    UpdatedAt,
}

/// Order of instances.
#[derive(InputObject, Clone, Debug)]
pub struct InstanceOrder {
    /// The value to order by.
    pub field: InstanceOrderField,
    /// The direction.
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
