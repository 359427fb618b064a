use super::node::{NODE, SERVICE_NODE};
use super::order::OrderDirection;
use super::rollout_defaults::{ROLLOUT_DEFAULTS, ROW as DEFAULTS};
use super::{
    BUDGET, EVENT, HOLD, HOST, HostFilter, HostOrder, INSTANCE, INSTANCE_COUNT, InstanceFilter, InstanceOrder, RELEASE,
};
use super::{ReleaseFilter, ReleaseOrder, SERVICE_EVENT, VERSION, VersionFilter, VersionOrder};
use super::{budget, hold, instance, release, version};
use crate::domain::instance::InstanceStatus;
use crate::domain::version::VersionScheme;
use crate::read::Where;
use crate::read::declare::{
    Leaf, ListFilter, ListOrder, NEWEST_FIRST, OLDEST_FIRST, Object, Order, TEXT, TIME, arg, ascending, column,
    columns, connection, embedded, filter, find, id, list, ordered, term, word_leaf,
};
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::{Enum, InputObject};

columns! {
    pub ROW: ServiceRow {
        id: Int,
        name: Text,
        language: Text,
        description: Text,
        executor: Text,
        version_scheme: Text,
        created_at: Time,
        created_by: Text,
        updated_at: Time,
        updated_by: Text,
        removed_at: Time,
    }
}

static VERSION_SCHEME: Leaf = word_leaf::<VersionScheme>();
/// By name, which only removed services share.
const BY_NAME: Order = ascending("NAME", &[ROW.name]);

pub static SERVICE: Object = Object::node(
    "Service",
    "A program released as one unit.",
    SERVICE_NODE,
    ROW.id,
    &[
        id(),
        column("name", "Unique name.", &TEXT, ROW.name),
        column("language", "Programming language; empty if none was given.", &TEXT, ROW.language),
        column("description", "What the service is for; empty if no description was given.", &TEXT, ROW.description),
        column(
            "executor",
            "Name of the executor, from the server's configuration, that carries out its releases.",
            &TEXT,
            ROW.executor,
        ),
        column(
            "versionScheme",
            "What decides which of two of its versions is newer.",
            &VERSION_SCHEME,
            ROW.version_scheme,
        ),
        embedded(
            "rolloutDefaults",
            "What the rollouts of its releases have where a request says nothing; null if that is what the configuration has.",
            &ROLLOUT_DEFAULTS,
        )
        .present(DEFAULTS.rollout_text),
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("createdBy", "Name of the caller who registered it.", &TEXT, ROW.created_by),
        column("updatedAt", "When it was changed last.", &TIME, ROW.updated_at),
        column("updatedBy", "Name of the caller who changed it last.", &TEXT, ROW.updated_by),
        list(
            "freezes",
            "Freezes in force, oldest first: of the service, of every service, and freeze windows that are open. Empty if the service is not frozen.",
            &HOLD,
        )
            .from_table("service_freeze")
            .of_parent(hold::FROZEN_ROW.frozen_service_id)
            .condition(term!("{standing {row}}"))
            .order(OLDEST_FIRST)
            .at_most(5),
        find("budget", "How many of its instances may be unavailable at a time; null if there is no limit.", &BUDGET)
            .of_parent(budget::ROW.service_id),
        column("removedAt", "When it was removed; null if it was not removed.", &TIME, ROW.removed_at).nullable(),
        find("version", "One of its versions, by name.", &VERSION)
            .of_parent(version::ROW.service_id)
            .condition(term!("{row}.name = {arg name}"))
            .args(&[arg::<String>("name", "Name of the version.")]),
        connection("versions", "Versions of the service, newest first by default.", &VERSION)
            .of_parent(version::ROW.service_id)
            .args(&[
                filter::<VersionFilter>("Which versions to return; all by default."),
                ordered::<VersionOrder>("Order of the list; newest first by default."),
            ]),
        connection("instances", "Instances of the service, by hostname by default.", &INSTANCE)
            .of_parent(instance::ROW.service_id)
            .args(&[
                filter::<InstanceFilter>("Which instances to return; all by default."),
                ordered::<InstanceOrder>("Order of the list; by hostname by default."),
            ]),
        connection("releases", "Releases of the service, newest first by default.", &RELEASE)
            .of_parent(release::ROW.service_id)
            .args(&[
                filter::<ReleaseFilter>("Which releases to return; all by default."),
                ordered::<ReleaseOrder>("Order of the list; newest first by default."),
            ]),
        connection(
            "events",
            "History of the service, of its versions and of its freezes, newest event first.",
            &SERVICE_EVENT,
        )
        .of_parent(EVENT.service_id)
        .order(NEWEST_FIRST),
        list(
            "instanceCounts",
            "Numbers of its instances by version and status. Groups without instances are left out.",
            &INSTANCE_COUNT,
        )
        .of_parent(instance::ROW.service_id)
        .from_query(term!(
            "SELECT {row}.service_id, {row}.version_id, COALESCE({row}.version_id, 0) AS version_place, {row}.status, \
             CAST(count(*) AS bigint) AS count FROM instance {row} \
             WHERE {row}.service_id {parents}{conditions} GROUP BY {row}.service_id, {row}.version_id, {row}.status"
        ))
        .at_most(50)
        .args(&[filter::<InstanceFilter>("Which instances to return; all by default.")]),
        connection("availableHosts", "Hosts on which the service is not installed.", &HOST)
            .where_parent(term!(
                "NOT EXISTS (SELECT 1 FROM instance x WHERE x.service_id = {parent} AND x.host_id = {row}.id \
                 AND x.status <> 'REMOVED')"
            ))
            .args(&[
                filter::<HostFilter>("Which hosts to return; all by default."),
                ordered::<HostOrder>("Order of the list; by hostname by default."),
            ]),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(BY_NAME);

/// Conditions on services. A service is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ServiceFilter {
    /// The name is one of these. Names that do not exist match nothing.
    pub names: Option<Vec<String>>,
    /// The name starts with this text. Case-sensitive.
    pub name_starts_with: Option<String>,
    /// The name contains this text. ASCII letters may be in either case.
    pub name_contains: Option<String>,
    /// At least one instance of the service has one of these statuses.
    pub instance_statuses: Option<Vec<InstanceStatus>>,
    /// True: a freeze is in force. False: no freeze is in force.
    pub frozen: Option<bool>,
    /// True: a release of the service is PENDING, RUNNING or PAUSED. False: no release of the service is.
    pub releasing: Option<bool>,
}

impl ListFilter for ServiceFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.indexed_texts(ROW.name, self.names);
        list.prefix(ROW.name, self.name_starts_with);
        list.contains(ROW.name, self.name_contains);
        if let Some(statuses) = self.instance_statuses {
            let with =
                term!("EXISTS (SELECT 1 FROM instance x WHERE x.service_id = {row}.id AND x.status {any_value})");
            list.and(with, [Bind::words(&statuses)]);
        }
        if let Some(frozen) = self.frozen {
            let is_frozen =
                term!("EXISTS (SELECT 1 FROM service_freeze x WHERE x.frozen_service_id = {row}.id AND {standing x})");
            list.and_either(is_frozen, frozen);
        }
        if let Some(releasing) = self.releasing {
            // The query starts from what is open: a service may have any number of releases that are over.
            let is_releasing = term!("{row}.id IN (SELECT x.service_id FROM release x WHERE x.finished_at IS NULL)");
            list.and_either(is_releasing, releasing);
        }
        Ok(())
    }
}

/// The values that services can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceOrderField {
    /// Name.
    Name,
    /// The time of registration.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
}

/// Order of services.
#[derive(InputObject, Clone, Debug)]
pub struct ServiceOrder {
    /// The value to order by.
    pub field: ServiceOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl ListOrder for ServiceOrder {
    fn order(self) -> Order {
        let by = match self.field {
            ServiceOrderField::Name => BY_NAME,
            ServiceOrderField::CreatedAt => ascending("CREATED_AT", &[ROW.created_at]),
            ServiceOrderField::UpdatedAt => ascending("UPDATED_AT", &[ROW.updated_at]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
