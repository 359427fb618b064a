//! Mutations that start releases, and the one that cancels them.

use super::choosing::{HostSelection, MovesInput, RolloutInput, rollout};
use super::planned::PLAN_FIELD;
use super::prelude::*;
use super::references::{CurrentVersionFields, ServiceFields, TargetVersionFields};
use super::started::{ACCEPTED_COUNT, FIRST, MOVED, RELEASE_FIELD, REPLAYED, ROLLOUT_FIELD, start};
use crate::domain::instance::InstanceSettings;
use crate::domain::release::OnLocked;
use crate::domain::release::selection::Included;
use crate::graphql::types::{HOST, RELEASE};
use crate::release::cancel::{Cancellation, cancel};
use crate::release::{self, Aim};

/// Input of installInstances.
#[derive(InputObject)]
pub struct InstallInstancesInput {
    #[graphql(flatten)]
    service: ServiceFields,
    #[graphql(flatten)]
    version: TargetVersionFields,
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
    /// Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release.
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
            ACCEPTED_COUNT,
            ROLLOUT_FIELD,
            PLAN_FIELD,
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
                aim: Aim::Install { version: input.version.into(), settings },
                service: input.service.into(),
                hosts: input.hosts.into(),
                on_locked: OnLocked::Reject,
                included: Included { unknown: input.include_unknown, reapply: false },
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
    #[graphql(flatten)]
    service: ServiceFields,
    #[graphql(flatten)]
    version: TargetVersionFields,
    #[graphql(flatten)]
    current_version: CurrentVersionFields,
    /// Whether to include instances that run the version already: a machine that was rebuilt, a version that was changed by hand.
    #[graphql(default)]
    reapply: bool,
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
            let UpgradeInstancesInput { service, version, current_version, reapply, moves } = input;
            let aim = Aim::Upgrade { version: version.into(), current_version: current_version.into() };
            start(app, &moves.release(request, service, aim, reapply)).await
        }
        .boxed()
    }),
};

/// Input of revertInstances.
#[derive(InputObject)]
pub struct RevertInstancesInput {
    #[graphql(flatten)]
    service: ServiceFields,
    #[graphql(flatten)]
    version: TargetVersionFields,
    #[graphql(flatten)]
    current_version: CurrentVersionFields,
    /// Whether to include instances that run the version already: a machine that was rebuilt, a version that was changed by hand.
    #[graphql(default)]
    reapply: bool,
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
            let RevertInstancesInput { service, version, current_version, reapply, moves } = input;
            let aim = Aim::Revert { version: version.into(), current_version: current_version.into() };
            start(app, &moves.release(request, service, aim, reapply)).await
        }
        .boxed()
    }),
};

/// Input of uninstallInstances.
#[derive(InputObject)]
pub struct UninstallInstancesInput {
    #[graphql(flatten)]
    service: ServiceFields,
    #[graphql(flatten)]
    moves: MovesInput,
}

pub(super) static UNINSTALL_INSTANCES: Mutation = Mutation {
    name: "uninstallInstances",
    about: "Starts a release that removes instances.",
    right: Right::Operate,
    payload: payload_of("UninstallInstancesPayload", "Result of uninstallInstances.", MOVED),
    run: &action(|app, request, input: UninstallInstancesInput| {
        async move { start(app, &input.moves.release(request, input.service, Aim::Uninstall, false)).await }.boxed()
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
    /// Whether to undo the release once it has ended, like undoRelease with includeUnknown. `undoWaitsFor` lists the targets that still run.
    #[graphql(default)]
    then_undo: bool,
    /// Why.
    reason: Option<String>,
}

pub(super) static CANCEL_RELEASE: Mutation = Mutation {
    name: "cancelRelease",
    about: "Cancels a release: targets that have not started never do. A release that was canceled, or is being canceled, gives the same answer.",
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
            let CancelReleaseInput { release_id, stop_running, then_undo, reason } = input;
            let cancellation = Cancellation { release_id: release_id.0, stop_running, then_undo, reason };
            let canceled = cancel(app, &request, &cancellation).await;
            answer(canceled, |release| SuppliedRow::new().int(PAYLOAD.release_id, release))
        }
        .boxed()
    }),
};
