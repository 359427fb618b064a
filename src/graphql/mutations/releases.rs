//! Mutations that start releases, and the one that gives them up.

use super::choosing::{HostSelection, MovesInput, RolloutInput, rollout};
use super::prelude::*;
use super::started::{FIRST, MOVED, RELEASE_FIELD, REPLAYED, start};
use crate::domain::release::OnLocked;
use crate::graphql::types::{HOST, RELEASE};
use crate::read::declare::{INT, column};
use crate::release::cancel::cancel;
use crate::release::request::Facts;
use crate::release::{self, Aim};

pub struct InstallInstances;

/// Input of installInstances.
#[derive(InputObject)]
pub struct InstallInstancesInput {
    /// The service.
    service_id: ID,
    /// Version to install.
    version_id: ID,
    /// Hosts that do not have the service yet.
    hosts: HostSelection,
    /// Port of the new instances.
    port: Option<i32>,
    /// Tag of the new instances.
    tag: Option<String>,
    /// Weight of the new instances.
    #[graphql(default = 100)]
    weight: i32,
    /// Description of the new instances.
    #[graphql(default)]
    description: String,
    /// Whether to take hosts whose interrupted installation left the instance UNKNOWN, too.
    #[graphql(default)]
    include_unknown: bool,
    /// Freezes that this release may go through: one's own, or any for an ADMIN.
    through_hold_ids: Option<Vec<ID>>,
    /// How to move over the hosts.
    rollout: Option<RolloutInput>,
    /// Why.
    reason: Option<String>,
    /// 1 to 255 characters: the same key of the same caller answers with the same release, for 7 days.
    idempotency_key: Option<String>,
    /// Refuse with STALE when another number would take part: the one that a dry run showed.
    expected_count: Option<i32>,
    /// Only tell what would happen. Neither reads nor stores an idempotency key.
    #[graphql(default)]
    dry_run: bool,
}

static INSTALL_PAYLOAD: Object = payload_of(
    "InstallInstancesPayload",
    "Result of installInstances.",
    &[
        RELEASE_FIELD,
        picked("acceptedHosts", "Hosts that take part, in the order they are moved.", &HOST, "accepted_hosts")
            .args(FIRST),
        column("acceptedCount", "How many take part.", &INT, "accepted_count"),
        REPLAYED,
        USER_ERRORS,
    ],
);

impl Mutation for InstallInstances {
    const NAME: &'static str = "installInstances";
    const ABOUT: &'static str = "Starts a release that puts a version on hosts.";
    const RIGHT: Right = Right::Operate;
    type Input = InstallInstancesInput;

    fn payload() -> &'static Object {
        &INSTALL_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: InstallInstancesInput) -> Result<Given, ApiError> {
        let facts = Facts {
            port: input.port.map(i64::from),
            tag: input.tag,
            weight: input.weight.into(),
            description: input.description,
        };
        let asked = release::Request {
            change: request.clone(),
            aim: Aim::Install { version_id: input.version_id.0, facts },
            service_id: input.service_id.0,
            hosts: input.hosts.into(),
            on_locked: OnLocked::Reject,
            include_unknown: input.include_unknown,
            through_hold_ids: texts(input.through_hold_ids.unwrap_or_default()),
            rollout: rollout(input.rollout),
            reason: input.reason,
            expected_count: input.expected_count.map(i64::from),
            dry_run: input.dry_run,
        };
        start(app, &asked).await
    }
}

pub struct UpgradeInstances;

/// Input of upgradeInstances.
#[derive(InputObject)]
pub struct UpgradeInstancesInput {
    /// The service.
    service_id: ID,
    /// Version to move to.
    version_id: ID,
    /// Only instances that run this version now.
    current_version_id: Option<ID>,
    #[graphql(flatten)]
    moves: MovesInput,
}

static UPGRADE_PAYLOAD: Object = payload_of("UpgradeInstancesPayload", "Result of upgradeInstances.", MOVED);

impl Mutation for UpgradeInstances {
    const NAME: &'static str = "upgradeInstances";
    const ABOUT: &'static str = "Checks, locks and starts a release that moves instances to a newer version.";
    const RIGHT: Right = Right::Operate;
    type Input = UpgradeInstancesInput;

    fn payload() -> &'static Object {
        &UPGRADE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: UpgradeInstancesInput) -> Result<Given, ApiError> {
        let UpgradeInstancesInput { service_id, version_id, current_version_id, moves } = input;
        let current_version_id = current_version_id.map(|id| id.0);
        let aim = Aim::Upgrade { version_id: version_id.0, current_version_id };
        start(app, &moves.asked(request, service_id, aim)).await
    }
}

pub struct RevertInstances;

/// Input of revertInstances.
#[derive(InputObject)]
pub struct RevertInstancesInput {
    /// The service.
    service_id: ID,
    /// Version to go back to.
    version_id: ID,
    /// Only instances that run this version now.
    current_version_id: Option<ID>,
    #[graphql(flatten)]
    moves: MovesInput,
}

static REVERT_PAYLOAD: Object = payload_of("RevertInstancesPayload", "Result of revertInstances.", MOVED);

impl Mutation for RevertInstances {
    const NAME: &'static str = "revertInstances";
    const ABOUT: &'static str = "Checks, locks and starts a release that moves instances to an older version.";
    const RIGHT: Right = Right::Operate;
    type Input = RevertInstancesInput;

    fn payload() -> &'static Object {
        &REVERT_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: RevertInstancesInput) -> Result<Given, ApiError> {
        let RevertInstancesInput { service_id, version_id, current_version_id, moves } = input;
        let current_version_id = current_version_id.map(|id| id.0);
        let aim = Aim::Revert { version_id: version_id.0, current_version_id };
        start(app, &moves.asked(request, service_id, aim)).await
    }
}

pub struct UninstallInstances;

/// Input of uninstallInstances.
#[derive(InputObject)]
pub struct UninstallInstancesInput {
    /// The service.
    service_id: ID,
    #[graphql(flatten)]
    moves: MovesInput,
}

static UNINSTALL_PAYLOAD: Object = payload_of("UninstallInstancesPayload", "Result of uninstallInstances.", MOVED);

impl Mutation for UninstallInstances {
    const NAME: &'static str = "uninstallInstances";
    const ABOUT: &'static str = "Starts a release that removes instances.";
    const RIGHT: Right = Right::Operate;
    type Input = UninstallInstancesInput;

    fn payload() -> &'static Object {
        &UNINSTALL_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: UninstallInstancesInput) -> Result<Given, ApiError> {
        start(app, &input.moves.asked(request, input.service_id, Aim::Uninstall)).await
    }
}

pub struct CancelRelease;

/// Input of cancelRelease.
#[derive(InputObject)]
pub struct CancelReleaseInput {
    /// The release.
    release_id: ID,
    /// Also stop targets that are under way; otherwise they end first.
    #[graphql(default)]
    stop_running: bool,
    /// Why.
    reason: Option<String>,
}

static CANCEL_PAYLOAD: Object = payload_of(
    "CancelReleasePayload",
    "Result of cancelRelease.",
    &[one("release", "The release; null when there are user errors.", &RELEASE, "release_id").nullable(), USER_ERRORS],
);

impl Mutation for CancelRelease {
    const NAME: &'static str = "cancelRelease";
    const ABOUT: &'static str = "Gives up what a release has not begun.";
    const RIGHT: Right = Right::Operate;
    type Input = CancelReleaseInput;

    fn payload() -> &'static Object {
        &CANCEL_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: CancelReleaseInput) -> Result<Given, ApiError> {
        let CancelReleaseInput { release_id, stop_running, reason } = input;
        let canceled = cancel(app, request, &release_id, stop_running, reason.as_deref()).await;
        payload(canceled, |release| Given::new().int("release_id", release))
    }
}
