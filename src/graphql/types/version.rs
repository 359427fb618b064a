use super::node::{NODE, VERSION_NODE};
use super::order::OrderDirection;
use super::{INSTANCE, InstanceFilter, InstanceOrder, SERVICE, instance};
use crate::domain::version::{BuildStatus, Version, VersionAction, VersionPlace, enabled};
use crate::domain::{Kind, Word};
use crate::read::declare::{
    BOOLEAN, Computed, Inputs, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, arg, column, columns, computed,
    connection, descending, embedded, filter, id, id_arg, one, ordered, term, word_leaf,
};
use crate::read::{Sibling, SiblingKey, Where, not_found, number};
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
        precedence: Text,
        precedence_of_current: Text = term!("(SELECT c.precedence FROM version c WHERE c.id = {arg currentVersion})"),
        service_of_current: Int = term!("(SELECT c.service_id FROM version c WHERE c.id = {arg currentVersion})"),
    }
}

/// They are registered in the order of their ids.
const BY_REGISTRATION: Order = descending("CREATED_AT", &[]);

static BUILD_STATUS: Leaf = word_leaf::<BuildStatus>();

pub static VERSION: Object = Object::node(
    "Version",
    "A build of a service. Of two versions, the one registered later is newer, unless the service has semantic versions (versionScheme).",
    VERSION_NODE,
    ROW.id,
    &[
        id(),
        one("service", "The service that it is a build of.", &SERVICE, ROW.service_id),
        column("name", "Name, unique within the service.", &TEXT, ROW.name),
        column("description", "What is new in this version; empty if no description was given.", &TEXT, ROW.description),
        column("ref", "Source that it was built from, for example a commit; empty if none was given.", &TEXT, ROW.source),
        column("buildStatus", "Status of its build. Only a version with the status SUCCEEDED can be released.", &BUILD_STATUS, ROW.build_status),
        column("artifact", "Location of the built artifact; null until the build has succeeded.", &TEXT, ROW.artifact)
            .nullable(),
        column("buildMessage", "Why the build did not succeed; null if it did, or has not finished yet.", &TEXT, ROW.build_message).nullable(),
        embedded("withdrawal", "Why, by whom and when the version was withdrawn; null if it was not.", &WITHDRAWAL)
            .present(ROW.withdrawn_reason),
        column("createdAt", "When it was registered.", &TIME, ROW.created_at),
        column("createdBy", "Name of the caller who registered it.", &TEXT, ROW.created_by),
        column("builtAt", "When the build finished; null before that.", &TIME, ROW.built_at).nullable(),
        column("removedAt", "When it was removed; null if it was not removed.", &TIME, ROW.removed_at).nullable(),
        computed(
            "enabled",
            "Whether instances at currentVersion can be moved to this version by the action. For that, this version must have a successful build, must not be withdrawn or removed, and must be newer than currentVersion (UPGRADE) or older (REVERT). False if it is currentVersion itself. Null, with an error, if currentVersion is not a version of this service.",
            &BOOLEAN,
            &[
                ROW.id,
                ROW.service_id,
                ROW.build_status,
                ROW.withdrawn_at,
                ROW.removed_at,
                ROW.service_of_current,
                ROW.precedence,
                ROW.precedence_of_current,
            ],
            is_enabled,
        )
        .nullable()
        .args(&[
            arg::<VersionAction>("action", "The action."),
            id_arg("currentVersion", "The version that the instances run now.", Kind::Version),
        ]),
        connection("instances", "Instances that run this version.", &INSTANCE)
            .of_parent(instance::ROW.version_id)
            .args(&[
            filter::<InstanceFilter>("Which instances to return; all by default."),
            ordered::<InstanceOrder>("Order of the list; by hostname by default."),
        ]),
    ],
)
.implements(&NODE)
.listed(term!("{row}.removed_at IS NULL"))
.order(BY_REGISTRATION);

static WITHDRAWAL: Object = Object::without_table(
    "Withdrawal",
    "Why a version can no longer be released.",
    &[
        column("reason", "Why it was withdrawn.", &TEXT, ROW.withdrawn_reason),
        column("by", "Name of the caller who withdrew it.", &TEXT, ROW.withdrawn_by),
        column("at", "When it was withdrawn.", &TIME, ROW.withdrawn_at),
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
    let place = |id, column| -> Result<VersionPlace, ApiError> {
        Ok(VersionPlace { precedence: inputs.text(column)?.unwrap_or_default().to_owned(), id })
    };
    let current_place = place(current_id, ROW.precedence_of_current)?;
    let version = Version { place: place(id, ROW.precedence)?, service_id, build_status, withdrawn, removed };
    let current_version = Version { place: current_place, ..version.clone() };
    Ok(Some(Computed::Bool(enabled(inputs.args.get::<VersionAction>("action")?, &version, &current_version))))
}

/// The version that instances run now, as an argument that must name one of the same service.
fn current_version(argument: &'static str, number: i64) -> Sibling {
    let parents_of = term!("SELECT service_id FROM version WHERE id = {value}");
    Sibling { kind: Kind::Version, key: SiblingKey::Number(number), argument, parent: Kind::Service, parents_of }
}

/// The same, by its name.
fn current_version_named(argument: &'static str, name: String) -> Sibling {
    let parents_of = term!("SELECT service_id FROM version WHERE name = {value} AND removed_at IS NULL");
    Sibling { kind: Kind::Version, key: SiblingKey::Name(name), argument, parent: Kind::Service, parents_of }
}

/// Conditions on versions. A version is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct VersionFilter {
    /// The name is one of these. Names that do not exist match nothing.
    pub names: Option<Vec<String>>,
    /// The name starts with this text. Case-sensitive.
    pub name_starts_with: Option<String>,
    /// The name contains this text. ASCII letters may be in either case.
    pub name_contains: Option<String>,
    /// The build has one of these statuses.
    pub build_statuses: Option<Vec<BuildStatus>>,
    /// Instances at this current version can be moved to the version by this action.
    pub enabled_for: Option<EnabledFor>,
    /// True: at least one instance runs the version. False: no instance runs it.
    pub in_use: Option<bool>,
}

/// An action, and the version that the instances run now.
#[derive(InputObject, Clone, Debug)]
pub struct EnabledFor {
    /// The action.
    pub action: VersionAction,
    /// The version that the instances run now. Either this or currentVersion must be there.
    pub current_version_id: Option<ID>,
    /// The name of the version that the instances run now, in the service whose versions are listed.
    pub current_version: Option<String>,
}

impl EnabledFor {
    /// The version that the instances run now.
    fn current(self) -> Result<Sibling, ApiError> {
        let (by_id, by_name) = ("filter.enabledFor.currentVersionId", "filter.enabledFor.currentVersion");
        match (self.current_version_id, self.current_version) {
            (Some(id), None) => Ok(current_version(by_id, number(Kind::Version, by_id, &id)?)),
            (None, Some(name)) => Ok(current_version_named(by_name, name)),
            (Some(_), Some(_)) => {
                Err(ApiError::bad(by_name, "Pass either `currentVersionId` or `currentVersion`, not both."))
            }
            (None, None) => {
                let message = "Pass the version that the instances run now, as `currentVersionId` or `currentVersion`.";
                Err(ApiError::bad(by_id, message))
            }
        }
    }
}

/// A version is newer or older than the one, `x`, for which a condition holds.
macro_rules! compared {
    ($with:literal, $is_current:literal) => {
        term!(concat!(
            "({row}.precedence, {row}.id) ",
            $with,
            " (SELECT x.precedence, x.id FROM version x WHERE ",
            $is_current,
            ")"
        ))
    };
}

impl ListFilter for VersionFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.texts(ROW.name, self.names);
        list.prefix(ROW.name, self.name_starts_with);
        list.contains(ROW.name, self.name_contains);
        list.words(ROW.build_status, self.build_statuses);
        if let Some(enabled_for) = self.enabled_for {
            let (action, current) = (enabled_for.action, enabled_for.current()?);
            let usable =
                term!("{row}.build_status = 'SUCCEEDED' AND {row}.withdrawn_at IS NULL AND {row}.removed_at IS NULL");
            list.and(usable, []);
            let order = match (action, &current.key) {
                (VersionAction::Upgrade, SiblingKey::Number(_)) => compared!(">", "x.id = {value}"),
                (VersionAction::Revert, SiblingKey::Number(_)) => compared!("<", "x.id = {value}"),
                (VersionAction::Upgrade, SiblingKey::Name(_)) => {
                    compared!(">", "x.service_id = {row}.service_id AND x.name = {value} AND x.removed_at IS NULL")
                }
                (VersionAction::Revert, SiblingKey::Name(_)) => {
                    compared!("<", "x.service_id = {row}.service_id AND x.name = {value} AND x.removed_at IS NULL")
                }
            };
            list.and(order, [current.key.value()]);
            list.sibling(current);
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

/// The values that versions can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionOrderField {
    /// The time of registration.
    CreatedAt,
    /// Name.
    Name,
    /// From older to newer, as upgrades go: by semantic version or by registration, as the service has it.
    Precedence,
}

/// Order of versions.
#[derive(InputObject, Clone, Debug)]
pub struct VersionOrder {
    /// The value to order by.
    pub field: VersionOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Desc")]
    pub direction: OrderDirection,
}

impl ListOrder for VersionOrder {
    fn order(self) -> Order {
        let by = match self.field {
            VersionOrderField::CreatedAt => BY_REGISTRATION,
            VersionOrderField::Name => descending("NAME", &[ROW.name]),
            VersionOrderField::Precedence => descending("PRECEDENCE", &[ROW.precedence]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
