use super::node::{NODE, VERSION_NODE};
use super::order::OrderDirection;
use super::{INSTANCE, InstanceFilter, InstanceOrder, SERVICE, instance};
use crate::domain::version::{BuildStatus, Version, VersionAction, enabled};
use crate::domain::{Kind, Word};
use crate::read::declare::{
    BOOLEAN, Computed, Inputs, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, arg, column, columns, computed,
    connection, descending, embedded, filter, id, id_arg, one, ordered, term, text_leaf,
};
use crate::read::{Sibling, Where, not_found, number};
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::{Enum, ID, InputObject};

columns! {
    pub ROW: VersionRow {
        id: Int,
        service_id: Int,
        name: Text,
        description: Text,
        source("ref"): Text,
        build_status: Text,
        artifact: Text,
        build_message: Text,
        withdrawn_reason: Text,
        withdrawn_by: Text,
        withdrawn_at: Time,
        created_at: Time,
        created_by: Text,
        built_at: Time,
        removed_at: Time,
        service_of_current: Int = term!("(SELECT c.service_id FROM version c WHERE c.id = {arg currentVersion})"),
    }
}

/// They are registered in the order of their ids.
const BY_REGISTRATION: Order = descending("CREATED_AT", &[]);

static BUILD_STATUS: Leaf = text_leaf::<BuildStatus>();

pub static VERSION: Object = Object::node(
    "Version",
    "One build of a service. Versions are ordered by when they were registered.",
    VERSION_NODE,
    ROW.id,
    &[
        id(),
        one("service", "The service it is a build of.", &SERVICE, ROW.service_id),
        column("name", "Name, unique in its service.", &TEXT, ROW.name),
        column("description", "What is new in it, empty when not said.", &TEXT, ROW.description),
        column("ref", "Source it was built from, for example a commit.", &TEXT, ROW.source),
        column("buildStatus", "State of its build. Only SUCCEEDED can be released.", &BUILD_STATUS, ROW.build_status),
        column("artifact", "Where the built artifact lies; null until the build succeeded.", &TEXT, ROW.artifact)
            .nullable(),
        column("buildMessage", "Why the build did not succeed; null otherwise.", &TEXT, ROW.build_message).nullable(),
        embedded("withdrawal", "Why, by whom and when it was withdrawn; null when it was not.", &WITHDRAWAL)
            .present(ROW.withdrawn_reason),
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("createdBy", "Who registered it.", &TEXT, ROW.created_by),
        column("builtAt", "When the build ended; null while it has not.", &TIME, ROW.built_at).nullable(),
        column("removedAt", "When it was removed; null while it is there.", &TIME, ROW.removed_at).nullable(),
        computed(
            "enabled",
            "Whether this version may be chosen as the target of the action for instances now at currentVersion: successfully built, neither withdrawn nor removed, of the same service, and newer (UPGRADE) or older (REVERT). Never against itself. Null, with an error, when currentVersion is not a version of this service.",
            &BOOLEAN,
            &[
                ROW.id,
                ROW.service_id,
                ROW.build_status,
                ROW.withdrawn_at,
                ROW.removed_at,
                ROW.service_of_current,
            ],
            is_enabled,
        )
        .nullable()
        .args(&[
            arg::<VersionAction>("action", "What would be done."),
            id_arg("currentVersion", "Version the instances run now.", Kind::Version),
        ]),
        connection("instances", "Instances that run this version.", &INSTANCE)
            .of_parent(instance::ROW.version_id)
            .args(&[
            filter::<InstanceFilter>("Which instances; all unless given."),
            ordered::<InstanceOrder>("In which order; by hostname unless given."),
        ]),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(BY_REGISTRATION);

static WITHDRAWAL: Object = Object::without_table(
    "Withdrawal",
    "Why a version is no longer a choice.",
    &[
        column("reason", "Why.", &TEXT, ROW.withdrawn_reason),
        column("by", "Name of the caller who withdrew it.", &TEXT, ROW.withdrawn_by),
        column("at", "When.", &TIME, ROW.withdrawn_at),
    ],
);

/// R2, with what is wrong about `currentVersion` as an error.
fn is_enabled(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let build_status = inputs.text(ROW.build_status)?.and_then(BuildStatus::from_word);
    let ids = inputs.int(ROW.id)?.zip(inputs.int(ROW.service_id)?);
    let (Some((id, service_id)), Some(build_status)) = (ids, build_status) else { return Ok(None) };
    let Some(current_id) = inputs.args.number("currentVersion") else { return Ok(None) };
    let current = current_version("currentVersion", current_id);
    match inputs.int(ROW.service_of_current)? {
        None => {
            return Err(not_found(Kind::Version, "currentVersion", &Kind::Version.id(current_id).to_string()));
        }
        Some(other) if other != service_id => return Err(current.of_another()),
        Some(_) => {}
    }
    let (withdrawn, removed) = (!inputs.is_null(ROW.withdrawn_at)?, !inputs.is_null(ROW.removed_at)?);
    let version = Version { id, service_id, build_status, withdrawn, removed };
    let current = Version { id: current_id, ..version };
    Ok(Some(Computed::Bool(enabled(inputs.args.get::<VersionAction>("action")?, &version, &current))))
}

/// The version that instances run now, as an argument that must name one of the same service.
fn current_version(argument: &'static str, number: i64) -> Sibling {
    let parent_of = term!("SELECT service_id FROM version WHERE id = {value}");
    Sibling { kind: Kind::Version, number, argument, parent: Kind::Service, parent_of }
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
        list.prefix(ROW.name, self.name_starts_with);
        list.words(ROW.build_status, self.build_statuses);
        if let Some(EnabledFor { action, current_version_id }) = self.enabled_for {
            let argument = "filter.enabledFor.currentVersionId";
            let current = number(Kind::Version, argument, &current_version_id)?;
            list.sibling(current_version(argument, current));
            let usable =
                term!("{row}.build_status = 'SUCCEEDED' AND {row}.withdrawn_at IS NULL AND {row}.removed_at IS NULL");
            list.and(usable, []);
            let order = match action {
                VersionAction::Upgrade => term!("{row}.id > {value}"),
                VersionAction::Revert => term!("{row}.id < {value}"),
            };
            list.and(order, [Bind::Int(current)]);
        }
        if let Some(in_use) = self.in_use {
            list.and_either(
                term!("EXISTS (SELECT 1 FROM instance x WHERE x.version_id = {row}.id AND x.status <> 'REMOVED')"),
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
            VersionOrderField::Name => descending("NAME", &[ROW.name]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
