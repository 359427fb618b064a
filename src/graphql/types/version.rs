use super::order::OrderDirection;
use super::{INSTANCE, InstanceFilter, InstanceOrder, NODE, SERVICE};
use crate::domain::version::{BuildStatus, Version, VersionAction, enabled};
use crate::domain::{Kind, Word};
use crate::read::declare::{
    BOOLEAN, Computed, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, arg, column, computed, descending,
    embedded, filter, id, id_arg, many, one, ordered, text_leaf,
};
use crate::read::{Args, Scene, Where, number};
use crate::store::db::rows::{Bind, Cell, CellKind};
use crate::wire::{ApiError, Reason};
use async_graphql::{Enum, ID, InputObject};

/// They are registered in the order of their ids.
const BY_REGISTRATION: Order = descending("CREATED_AT", &[]);

static BUILD_STATUS: Leaf = text_leaf::<BuildStatus>();

pub static VERSION: Object = Object::new(
    "Version",
    "One build of a service. Versions are ordered by when they were registered.",
    "version",
    &[
        id(),
        one("service", "The service it is a build of.", &SERVICE, "service_id"),
        column("name", "Name, unique in its service.", &TEXT, "name"),
        column("description", "What is new in it, empty when not said.", &TEXT, "description"),
        column("ref", "Source it was built from, for example a commit.", &TEXT, "ref"),
        column("buildStatus", "State of its build. Only SUCCEEDED can be released.", &BUILD_STATUS, "build_status"),
        column("artifact", "Where the built artifact lies; null until the build succeeded.", &TEXT, "artifact")
            .nullable(),
        column("buildMessage", "Why the build did not succeed; null otherwise.", &TEXT, "build_message").nullable(),
        embedded("withdrawal", "Why, by whom and when it was withdrawn; null when it was not.", &WITHDRAWAL)
            .present("withdrawn_reason"),
        column("createdAt", "When it was registered.", &TIME, "created_at"),
        column("createdBy", "Who registered it.", &TEXT, "created_by"),
        column("builtAt", "When the build ended; null while it has not.", &TIME, "built_at").nullable(),
        column("removedAt", "When it was removed; null while it is there.", &TIME, "removed_at").nullable(),
        computed(
            "enabled",
            "Whether this version may be chosen as the target of the action for instances now at currentVersion: successfully built, neither withdrawn nor removed, of the same service, and newer (UPGRADE) or older (REVERT). Never against itself. Null, with an error, when currentVersion is not a version of this service.",
            &BOOLEAN,
            &[
                ("id", CellKind::Int),
                ("service_id", CellKind::Int),
                ("build_status", CellKind::Text),
                ("withdrawn_at", CellKind::Time),
                ("removed_at", CellKind::Time),
                ("(SELECT c.service_id FROM version c WHERE c.id = :currentVersion)", CellKind::Int),
            ],
            is_enabled,
        )
        .nullable()
        .args(&[
            arg::<VersionAction>("action", "What would be done."),
            id_arg("currentVersion", "Version the instances run now.", Kind::Version),
        ]),
        many("instances", "Instances that run this version.", &INSTANCE, "version_id").args(&[
            filter::<InstanceFilter>("Which instances; all unless given."),
            ordered::<InstanceOrder>("In which order; by hostname unless given."),
        ]),
    ],
)
.node(Kind::Version, &NODE)
.listed("@.removed_at IS NULL")
.order(BY_REGISTRATION);

static WITHDRAWAL: Object = Object::new(
    "Withdrawal",
    "Why a version is no longer a choice.",
    "",
    &[
        column("reason", "Why.", &TEXT, "withdrawn_reason"),
        column("by", "Name of the caller who withdrew it.", &TEXT, "withdrawn_by"),
        column("at", "When.", &TIME, "withdrawn_at"),
    ],
);

/// R2, with what is wrong about `currentVersion` as an error.
fn is_enabled(needs: &[Cell<'_>], args: &Args, _: &Scene) -> Result<Option<Computed>, ApiError> {
    let &[id, service, status, withdrawn, removed, current_service] = needs else { return Ok(None) };
    let (Some(id), Some(service_id)) = (id.int(), service.int()) else { return Ok(None) };
    let Some(current_id) = args.number("currentVersion") else { return Ok(None) };
    let Some(build_status) = status.text().and_then(BuildStatus::from_word) else { return Ok(None) };
    let current = Kind::Version.id(current_id);
    let Some(current_service) = current_service.int() else {
        let message = format!("There is no version {current}.");
        return Err(ApiError::id("currentVersion", Reason::NotFound, message));
    };
    if current_service != service_id {
        let message = format!("{current} is a version of another service.");
        return Err(ApiError::id("currentVersion", Reason::OtherService, message));
    }
    let (withdrawn, removed) = (withdrawn != Cell::Null, removed != Cell::Null);
    let version = Version { id, service_id, build_status, withdrawn, removed };
    let current = Version { id: current_id, ..version };
    Ok(Some(Computed::Truth(enabled(args.get::<VersionAction>("action")?, &version, &current))))
}

/// Which versions. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct VersionFilter {
    /// Name begins with this, case-sensitive.
    pub name_starts_with: Option<String>,
    /// Build in one of these states.
    pub build_statuses: Option<Vec<BuildStatus>>,
    /// Only versions enabled for this action and current version.
    pub enabled_for: Option<EnabledFor>,
    /// That an instance runs, or that none does.
    pub in_use: Option<bool>,
}

/// An action against a current version.
#[derive(InputObject, Clone, Debug)]
pub struct EnabledFor {
    /// What would be done.
    pub action: VersionAction,
    /// Version the instances run now.
    pub current_version_id: ID,
}

impl ListFilter for VersionFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.prefix("@.name", self.name_starts_with);
        list.words("@.build_status", self.build_statuses);
        if let Some(EnabledFor { action, current_version_id }) = self.enabled_for {
            let argument = "filter.enabledFor.currentVersionId";
            let current = number(Kind::Version, argument, &current_version_id)?;
            list.of_service(argument, current);
            list.and("@.build_status = 'SUCCEEDED' AND @.withdrawn_at IS NULL AND @.removed_at IS NULL", []);
            let order = match action {
                VersionAction::Upgrade => "@.id > $",
                VersionAction::Revert => "@.id < $",
            };
            list.and(order, [Bind::Int(current)]);
        }
        if let Some(in_use) = self.in_use {
            list.and_either(
                "EXISTS (SELECT 1 FROM instance x WHERE x.version_id = @.id AND x.status <> 'REMOVED')",
                in_use,
            );
        }
        Ok(())
    }
}

/// What versions can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionOrderField {
    /// When they were registered.
    CreatedAt,
    /// Name.
    Name,
}

/// Order of versions.
#[derive(InputObject, Clone, Debug)]
pub struct VersionOrder {
    /// By what.
    pub field: VersionOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Desc")]
    pub direction: OrderDirection,
}

impl ListOrder for VersionOrder {
    fn order(self) -> Order {
        let by = match self.field {
            VersionOrderField::CreatedAt => BY_REGISTRATION,
            VersionOrderField::Name => descending("NAME", &[("name", CellKind::Text)]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
