use super::node::{NODE, SERVICE_NODE};
use super::{HOLD, HOST, HostFilter, INSTANCE, INSTANCE_COUNT, InstanceFilter, InstanceOrder, RELEASE, ReleaseFilter};
use super::{VERSION, VersionFilter, VersionOrder, hold, instance, release, version};
use crate::domain::instance::InstanceStatus;
use crate::read::Where;
use crate::read::declare::{
    ListFilter, OLDEST_FIRST, Object, TEXT, TIME, arg, ascending, column, columns, connection, filter, find, id, list,
    ordered, term,
};
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::InputObject;

columns! {
    pub ROW: ServiceRow {
        id: Int,
        name: Text,
        language: Text,
        description: Text,
        executor: Text,
        created_at: Time,
        created_by: Text,
        updated_at: Time,
        updated_by: Text,
        removed_at: Time,
    }
}

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
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("createdBy", "Name of the caller who registered it.", &TEXT, ROW.created_by),
        column("updatedAt", "When it was changed last.", &TIME, ROW.updated_at),
        column("updatedBy", "Name of the caller who changed it last.", &TEXT, ROW.updated_by),
        list("freezes", "Freezes in force, oldest first. Empty if the service is not frozen.", &HOLD)
            .of_parent(hold::ROW.service_id)
            .condition(term!("{row}.instance_id IS NULL AND {in_force {row}}"))
            .order(OLDEST_FIRST)
            .at_most(5),
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
        connection("releases", "Releases of the service, newest first.", &RELEASE)
            .of_parent(release::ROW.service_id)
            .args(&[filter::<ReleaseFilter>("Which releases to return; all by default.")]),
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
            .args(&[filter::<HostFilter>("Which hosts to return; all by default.")]),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(ascending("NAME", &[ROW.name]));

/// Conditions on services. A service is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ServiceFilter {
    /// The name starts with this text. Case-sensitive.
    pub name_starts_with: Option<String>,
    /// At least one instance of the service has one of these statuses.
    pub instance_statuses: Option<Vec<InstanceStatus>>,
    /// True: a freeze is in force. False: no freeze is in force.
    pub frozen: Option<bool>,
}

impl ListFilter for ServiceFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.prefix(ROW.name, self.name_starts_with);
        if let Some(statuses) = self.instance_statuses {
            let with =
                term!("EXISTS (SELECT 1 FROM instance x WHERE x.service_id = {row}.id AND x.status {any_value})");
            list.and(with, [Bind::words(&statuses)]);
        }
        if let Some(frozen) = self.frozen {
            let is_frozen = term!(
                "EXISTS (SELECT 1 FROM hold x WHERE x.service_id = {row}.id AND x.instance_id IS NULL AND {in_force x})"
            );
            list.and_either(is_frozen, frozen);
        }
        Ok(())
    }
}
