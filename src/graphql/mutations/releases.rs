//! Mutations that start releases, and the one that cancels them.

use super::choosing::{HostSelection, MovesInput, RolloutInput, rollout};
use super::prelude::*;
use super::started::{FIRST, MOVED, RELEASE_FIELD, REPLAYED, start};
use crate::domain::instance::InstanceSettings;
use crate::domain::release::OnLocked;
use crate::graphql::types::{HOST, RELEASE};
use crate::read::declare::{INT, column};
use crate::release::cancel::cancel;
use crate::release::{self, Aim};

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
    /// Whether to include hosts on which an interrupted installation left the instance UNKNOWN.
    #[graphql(default)]
    include_unknown: bool,
    /// Freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN.
    through_hold_ids: Option<Vec<ID>>,
    /// How the release moves over the hosts.
    rollout: Option<RolloutInput>,
    /// Why.
    reason: Option<String>,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same release.
    idempotency_key: Option<String>,
    /// The number that a dry run returned. The error is STALE if the number of instances has changed since.
    expected_count: Option<i32>,
    /// Only return what would happen. Neither reads nor stores an idempotency key.
    #[graphql(default)]
    dry_run: bool,
}

pub(super) static INSTALL_INSTANCES: Mutation = Mutation {
    name: "installInstances",
    about: "Starts a release that puts a version on hosts.",
    right: Right::Operate,
    payload: payload_of(
        "InstallInstancesPayload",
        "Result of installInstances.",
        &[
            RELEASE_FIELD,
            supplied_ids(
                "acceptedHosts",
                "Hosts that take part, in the order in which they are moved.",
                &HOST,
                PAYLOAD.accepted_hosts,
            )
            .args(FIRST),
            column("acceptedCount", "How many take part.", &INT, PAYLOAD.accepted_count),
            REPLAYED,
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: InstallInstancesInput| {
        async move {
            let settings = InstanceSettings {
                port: input.port.map(i64::from),
                tag: input.tag,
                weight: input.weight.into(),
                description: input.description,
            };
            let release = release::ReleaseRequest {
                change: request,
                aim: Aim::Install { version_id: input.version_id.0, settings },
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
            start(app, &release).await
        }
        .boxed()
    }),
};

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

pub(super) static UPGRADE_INSTANCES: Mutation = Mutation {
    name: "upgradeInstances",
    about: "Checks, locks and starts a release that moves instances to a newer version.",
    right: Right::Operate,
    payload: payload_of("UpgradeInstancesPayload", "Result of upgradeInstances.", MOVED),
    run: &action(|app, request, input: UpgradeInstancesInput| {
        async move {
            let UpgradeInstancesInput { service_id, version_id, current_version_id, moves } = input;
            let current_version_id = current_version_id.map(|id| id.0);
            let aim = Aim::Upgrade { version_id: version_id.0, current_version_id };
            start(app, &moves.release(request, service_id, aim)).await
        }
        .boxed()
    }),
};

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

pub(super) static REVERT_INSTANCES: Mutation = Mutation {
    name: "revertInstances",
    about: "Checks, locks and starts a release that moves instances to an older version.",
    right: Right::Operate,
    payload: payload_of("RevertInstancesPayload", "Result of revertInstances.", MOVED),
    run: &action(|app, request, input: RevertInstancesInput| {
        async move {
            let RevertInstancesInput { service_id, version_id, current_version_id, moves } = input;
            let current_version_id = current_version_id.map(|id| id.0);
            let aim = Aim::Revert { version_id: version_id.0, current_version_id };
            start(app, &moves.release(request, service_id, aim)).await
        }
        .boxed()
    }),
};

/// Input of uninstallInstances.
#[derive(InputObject)]
pub struct UninstallInstancesInput {
    /// The service.
    service_id: ID,
    #[graphql(flatten)]
    moves: MovesInput,
}

pub(super) static UNINSTALL_INSTANCES: Mutation = Mutation {
    name: "uninstallInstances",
    about: "Starts a release that removes instances.",
    right: Right::Operate,
    payload: payload_of("UninstallInstancesPayload", "Result of uninstallInstances.", MOVED),
    run: &action(|app, request, input: UninstallInstancesInput| {
        async move { start(app, &input.moves.release(request, input.service_id, Aim::Uninstall)).await }.boxed()
    }),
};

/// Input of cancelRelease.
#[derive(InputObject)]
pub struct CancelReleaseInput {
    /// The release.
    release_id: ID,
    /// Whether to stop targets that are running; by default they finish.
    #[graphql(default)]
    stop_running: bool,
    /// Why.
    reason: Option<String>,
}

pub(super) static CANCEL_RELEASE: Mutation = Mutation {
    name: "cancelRelease",
    about: "Cancels a release: targets that have not started never do.",
    right: Right::Operate,
    payload: payload_of(
        "CancelReleasePayload",
        "Result of cancelRelease.",
        &[
            one("release", "The release; null when there are user errors.", &RELEASE, PAYLOAD.release_id).nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: CancelReleaseInput| {
        async move {
            let CancelReleaseInput { release_id, stop_running, reason } = input;
            let canceled = cancel(app, &request, &release_id, stop_running, reason.as_deref()).await;
            answer(canceled, |release| SuppliedRow::new().int(PAYLOAD.release_id, release))
        }
        .boxed()
    }),
};
