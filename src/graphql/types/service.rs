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
        column("language", "Language it is written in, empty when not said.", &TEXT, ROW.language),
        column("description", "What the service is for, empty when nobody wrote it down.", &TEXT, ROW.description),
        column(
            "executor",
            "Name of the executor, from the server's configuration, that carries out its releases.",
            &TEXT,
            ROW.executor,
        ),
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("createdBy", "Who registered it.", &TEXT, ROW.created_by),
        column("updatedAt", "When it was last changed.", &TIME, ROW.updated_at),
        column("updatedBy", "Who last changed it.", &TEXT, ROW.updated_by),
        list("freezes", "Freezes that stand, oldest first; empty when it may be released.", &HOLD)
            .of_parent(hold::ROW.service_id)
            .condition(term!("{row}.instance_id IS NULL AND {in_force {row}}"))
            .order(OLDEST_FIRST)
            .at_most(5),
        column("removedAt", "When it was removed; null while it is there.", &TIME, ROW.removed_at).nullable(),
        find("version", "One of its versions, by name.", &VERSION)
            .of_parent(version::ROW.service_id)
            .condition(term!("{row}.name = {arg name}"))
            .args(&[arg::<String>("name", "Name of the version.")]),
        connection("versions", "Its versions, newest first unless ordered otherwise.", &VERSION)
            .of_parent(version::ROW.service_id)
            .args(&[
                filter::<VersionFilter>("Which versions; all unless given."),
                ordered::<VersionOrder>("In which order; newest first unless given."),
            ]),
        connection("instances", "Its instances.", &INSTANCE).of_parent(instance::ROW.service_id).args(&[
            filter::<InstanceFilter>("Which instances; all unless given."),
            ordered::<InstanceOrder>("In which order; by hostname unless given."),
        ]),
        connection("releases", "Its releases, newest first.", &RELEASE)
            .of_parent(release::ROW.service_id)
            .args(&[filter::<ReleaseFilter>("Which releases; all unless given.")]),
        list(
            "instanceCounts",
            "Its instances in groups by version and status; empty groups are left out.",
            &INSTANCE_COUNT,
        )
        .of_parent(instance::ROW.service_id)
        .from_query(term!(
            "SELECT {row}.service_id, {row}.version_id, COALESCE({row}.version_id, 0) AS version_place, {row}.status, \
             CAST(count(*) AS bigint) AS count FROM instance {row} \
             WHERE {row}.service_id {parents}{conditions} GROUP BY {row}.service_id, {row}.version_id, {row}.status"
        ))
        .at_most(50)
        .args(&[filter::<InstanceFilter>("Which instances; all unless given.")]),
        connection("availableHosts", "Hosts without an instance of it.", &HOST)
            .where_parent(term!(
                "NOT EXISTS (SELECT 1 FROM instance x WHERE x.service_id = {parent} AND x.host_id = {row}.id \
                 AND x.status <> 'REMOVED')"
            ))
            .args(&[filter::<HostFilter>("Which hosts; all unless given.")]),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(ascending("NAME", &[ROW.name]));

/// Which services. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ServiceFilter {
    /// Name begins with this, case-sensitive.
    pub name_starts_with: Option<String>,
    /// With an instance in one of these states.
    pub instance_statuses: Option<Vec<InstanceStatus>>,
    /// Frozen, or not.
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
