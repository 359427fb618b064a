use super::{HOLD, HOST, HostFilter, INSTANCE, INSTANCE_COUNT, InstanceFilter, InstanceOrder, NODE, RELEASE};
use super::{ReleaseFilter, VERSION, VersionFilter, VersionOrder};
use crate::domain::Kind;
use crate::domain::instance::InstanceStatus;
use crate::read::Where;
use crate::read::declare::{
    ListFilter, Object, TEXT, TIME, arg, ascending, column, filter, find, id, list, many, ordered,
};
use crate::store::db::rows::{Bind, CellKind};
use crate::wire::ApiError;
use async_graphql::InputObject;

pub static SERVICE: Object = Object::new(
    "Service",
    "A program released as one unit.",
    "service",
    &[
        id(),
        column("name", "Unique name.", &TEXT, "name"),
        column("language", "Language it is written in, empty when not said.", &TEXT, "language"),
        column("description", "What the service is for, empty when nobody wrote it down.", &TEXT, "description"),
        column(
            "executor",
            "Name of the executor, from the server's configuration, that carries out its releases.",
            &TEXT,
            "executor",
        ),
        column("createdAt", "When it was registered.", &TIME, "created_at"),
        column("createdBy", "Who registered it.", &TEXT, "created_by"),
        column("updatedAt", "When it was last changed.", &TIME, "updated_at"),
        column("updatedBy", "Who last changed it.", &TEXT, "updated_by"),
        list(
            "freezes",
            "Freezes that stand, oldest first; empty when it may be released.",
            &HOLD,
            "hold",
            "service_id",
            "@.instance_id IS NULL AND {in_force @}",
        )
        .oldest_first()
        .at_most(5),
        column("removedAt", "When it was removed; null while it is there.", &TIME, "removed_at").nullable(),
        find("version", "One of its versions, by name.", &VERSION, Some("service_id"), "@.name = :name")
            .args(&[arg::<String>("name", "Name of the version.")]),
        many("versions", "Its versions, newest first unless ordered otherwise.", &VERSION, "service_id").args(&[
            filter::<VersionFilter>("Which versions; all unless given."),
            ordered::<VersionOrder>("In which order; newest first unless given."),
        ]),
        many("instances", "Its instances.", &INSTANCE, "service_id").args(&[
            filter::<InstanceFilter>("Which instances; all unless given."),
            ordered::<InstanceOrder>("In which order; by hostname unless given."),
        ]),
        many("releases", "Its releases, newest first.", &RELEASE, "service_id")
            .args(&[filter::<ReleaseFilter>("Which releases; all unless given.")]),
        list(
            "instanceCounts",
            "Its instances in groups by version and status; empty groups are left out.",
            &INSTANCE_COUNT,
            "(SELECT i.service_id, i.version_id, COALESCE(i.version_id, 0) AS version_place, i.status, \
             CAST(count(*) AS bigint) AS count FROM instance i \
             WHERE i.service_id {parents}{such} GROUP BY i.service_id, i.version_id, i.status)",
            "service_id",
            "",
        )
        .at_most(50)
        .args(&[filter::<InstanceFilter>("Which instances; all unless given.")]),
        many(
            "availableHosts",
            "Hosts without an instance of it.",
            &HOST,
            "NOT EXISTS (SELECT 1 FROM instance x WHERE x.service_id = ^ AND x.host_id = @.id AND x.status <> 'REMOVED')",
        )
        .args(&[filter::<HostFilter>("Which hosts; all unless given.")]),
    ],
)
.node(Kind::Service, &NODE)
.listed("@.removed_at IS NULL")
.order(ascending("NAME", &[("name", CellKind::Text)]));

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
        list.prefix("@.name", self.name_starts_with);
        if let Some(statuses) = self.instance_statuses {
            let with = "EXISTS (SELECT 1 FROM instance x WHERE x.service_id = @.id AND x.status {any $})";
            list.and(with, [Bind::words(&statuses)]);
        }
        if let Some(frozen) = self.frozen {
            let is_frozen =
                "EXISTS (SELECT 1 FROM hold x WHERE x.service_id = @.id AND x.instance_id IS NULL AND {in_force x})";
            list.and_either(is_frozen, frozen);
        }
        Ok(())
    }
}
