//! Mutations of services and of their freezes.

use super::choosing::{AmountInput, PerLabelInput, RolloutInput, rollout};
use super::prelude::*;
use super::references::ServiceFields;
use crate::catalog::{freeze, service};
use crate::domain::Edit;
use crate::domain::budget::PerLabel;
use crate::domain::release::rollout::Amount;
use crate::domain::version::VersionScheme;
use crate::graphql::types::{HOLD, SERVICE};
use async_graphql::MaybeUndefined;

/// What was changed.
const SERVICE_FIELD: Field =
    one("service", "The service; null when there are user errors.", &SERVICE, PAYLOAD.service_id).nullable();

/// Input of createService.
#[derive(InputObject)]
pub struct CreateServiceInput {
    /// Unique name: lower-case letters, digits and hyphens, 1 to 63 characters.
    name: String,
    /// Language it is written in.
    #[graphql(default)]
    language: String,
    /// What the service is for.
    #[graphql(default)]
    description: String,
    /// Name of an executor in the server's configuration.
    executor: String,
    /// What decides which of two of its versions is newer.
    #[graphql(default_with = "VersionScheme::Registration")]
    version_scheme: VersionScheme,
}

pub(super) static CREATE_SERVICE: Mutation = Mutation {
    name: "createService",
    about: "Registers a service.",
    right: Right::Administer,
    payload: payload_of(
        "CreateServicePayload",
        "Result of createService.",
        &[
            one("service", "The new service; null when there are user errors.", &SERVICE, PAYLOAD.service_id)
                .nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: CreateServiceInput| {
        async move {
            let CreateServiceInput { name, language, description, executor, version_scheme } = input;
            let new = service::ServiceInput { name, language, description, executor, version_scheme };
            answer(service::create(app, &request, &new).await, the_service)
        }
        .boxed()
    }),
};

/// Input of updateService. Fields that are left out stay as they are.
#[derive(InputObject)]
pub struct UpdateServiceInput {
    #[graphql(flatten)]
    service: ServiceFields,
    /// Language it is written in, at most 63 characters.
    language: Option<String>,
    /// What the service is for, at most 1000 characters.
    description: Option<String>,
    /// Name of an executor in the server's configuration. Releases in progress keep their executor.
    executor: Option<String>,
    /// What decides which of two of its versions is newer. It changes only while no release of the service is open.
    version_scheme: Option<VersionScheme>,
    /// How many of its instances may be unavailable at a time, over all its releases: a count, at least 1, or a share of those that have a version, rounded down to at least 1. Null removes the limit.
    max_unavailable: MaybeUndefined<AmountInput>,
    /// How many of its unavailable instances may have the same value of a label. Null removes the limit.
    max_per_label: MaybeUndefined<PerLabelInput>,
    /// What the rollouts of its releases have where a request says nothing, all of it; what is omitted comes from the configuration. Null removes all of it.
    rollout: MaybeUndefined<RolloutInput>,
}

pub(super) static UPDATE_SERVICE: Mutation = Mutation {
    name: "updateService",
    about: "Changes what is recorded about a service.",
    right: Right::Administer,
    payload: payload_of("UpdateServicePayload", "Result of updateService.", &[SERVICE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: UpdateServiceInput| {
        async move {
            let UpdateServiceInput {
                service,
                language,
                description,
                executor,
                version_scheme,
                max_unavailable,
                max_per_label,
                rollout: defaults,
            } = input;
            let edits = service::ServiceEdit {
                service: service.into(),
                language,
                description,
                executor,
                version_scheme,
                max_unavailable: edit(max_unavailable, |amount| match amount {
                    AmountInput::Count(count) => Amount::Count(count.into()),
                    AmountInput::Percent(percent) => Amount::Percent(percent.into()),
                }),
                max_per_label: edit(max_per_label, PerLabel::from),
                rollout: edit(defaults, |defaults| rollout(Some(defaults))),
            };
            answer(service::update(app, &request, &edits).await, the_service)
        }
        .boxed()
    }),
};

/// Input of removeService.
#[derive(InputObject)]
pub struct RemoveServiceInput {
    #[graphql(flatten)]
    service: ServiceFields,
}

pub(super) static REMOVE_SERVICE: Mutation = Mutation {
    name: "removeService",
    about: "Removes a service without instances; its name is free again.",
    right: Right::Administer,
    payload: payload_of("RemoveServicePayload", "Result of removeService.", &[SERVICE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: RemoveServiceInput| {
        async move { answer(service::remove(app, &request, &input.service.into()).await, the_service) }.boxed()
    }),
};

/// Input of freezeService.
#[derive(InputObject)]
pub struct FreezeServiceInput {
    #[graphql(flatten)]
    service: ServiceFields,
    /// Why.
    reason: String,
    /// When the freeze ends automatically; without it, it stays until it is ended.
    until: Option<DateTime>,
    /// Whether to refuse reverts, too. An automatic revert after a failure is never refused.
    #[graphql(default)]
    include_reverts: bool,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same freeze.
    idempotency_key: Option<String>,
}

pub(super) static FREEZE_SERVICE: Mutation = Mutation {
    name: "freezeService",
    about: "Refuses new releases of a service.",
    right: Right::Operate,
    payload: payload_of(
        "FreezeServicePayload",
        "Result of freezeService.",
        &[
            SERVICE_FIELD,
            one("hold", "The new freeze; null when there are user errors.", &HOLD, PAYLOAD.hold_id).nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: FreezeServiceInput| {
        async move {
            let FreezeServiceInput { service, reason, until, include_reverts, .. } = input;
            let until = until.map(|until| until.0);
            let freeze = freeze::Freeze { service: service.into(), reason, until, include_reverts };
            answer(freeze::freeze(app, &request, &freeze).await, |frozen| {
                SuppliedRow::new()
                    .int(PAYLOAD.service_id, frozen.service)
                    .int(PAYLOAD.hold_id, frozen.holds.first().copied())
            })
        }
        .boxed()
    }),
};

/// Input of unfreezeService.
#[derive(InputObject)]
pub struct UnfreezeServiceInput {
    #[graphql(flatten)]
    service: ServiceFields,
    /// Only these freezes; by default all that are in force.
    hold_ids: Option<Vec<ID>>,
}

pub(super) static UNFREEZE_SERVICE: Mutation = Mutation {
    name: "unfreezeService",
    about: "Ends freezes.",
    right: Right::Operate,
    payload: payload_of(
        "UnfreezeServicePayload",
        "Result of unfreezeService.",
        &[
            SERVICE_FIELD,
            supplied_ids("holds", "The freezes that were ended.", &HOLD, PAYLOAD.holds).at_most(20),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: UnfreezeServiceInput| {
        async move {
            let unfreeze = freeze::Unfreeze { service: input.service.into(), hold_ids: input.hold_ids.map(texts) };
            answer(freeze::unfreeze(app, &request, &unfreeze).await, |thawed| {
                SuppliedRow::new().int(PAYLOAD.service_id, thawed.service).ids(PAYLOAD.holds, thawed.holds)
            })
        }
        .boxed()
    }),
};

fn the_service(id: i64) -> SuppliedRow {
    SuppliedRow::new().int(PAYLOAD.service_id, id)
}

/// A field that is left out stays; null clears it.
fn edit<T, U>(field: MaybeUndefined<T>, value: impl FnOnce(T) -> U) -> Edit<U> {
    match field {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Clear,
        MaybeUndefined::Value(set) => Edit::Set(value(set)),
    }
}
