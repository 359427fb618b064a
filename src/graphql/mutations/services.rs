//! Mutations of services and of their freezes.

use super::prelude::*;
use crate::catalog::{freeze, service};
use crate::graphql::types::{HOLD, SERVICE};

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
            let CreateServiceInput { name, language, description, executor } = input;
            let new = service::ServiceInput { name, language, description, executor };
            answer(service::create(app, &request, &new).await, the_service)
        }
        .boxed()
    }),
};

/// Input of updateService. Fields that are left out stay as they are.
#[derive(InputObject)]
pub struct UpdateServiceInput {
    /// The service.
    service_id: ID,
    /// Language it is written in, at most 63 characters.
    language: Option<String>,
    /// What the service is for, at most 1000 characters.
    description: Option<String>,
    /// Name of an executor in the server's configuration. Releases in progress keep their executor.
    executor: Option<String>,
}

pub(super) static UPDATE_SERVICE: Mutation = Mutation {
    name: "updateService",
    about: "Changes what is recorded about a service.",
    right: Right::Administer,
    payload: payload_of("UpdateServicePayload", "Result of updateService.", &[SERVICE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: UpdateServiceInput| {
        async move {
            let UpdateServiceInput { service_id, language, description, executor } = input;
            let edits = service::ServiceEdit { service_id: service_id.0, language, description, executor };
            answer(service::update(app, &request, &edits).await, the_service)
        }
        .boxed()
    }),
};

/// Input of removeService.
#[derive(InputObject)]
pub struct RemoveServiceInput {
    /// The service.
    service_id: ID,
}

pub(super) static REMOVE_SERVICE: Mutation = Mutation {
    name: "removeService",
    about: "Removes a service without instances; its name is free again.",
    right: Right::Administer,
    payload: payload_of("RemoveServicePayload", "Result of removeService.", &[SERVICE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: RemoveServiceInput| {
        async move { answer(service::remove(app, &request, &input.service_id).await, the_service) }.boxed()
    }),
};

/// Input of freezeService.
#[derive(InputObject)]
pub struct FreezeServiceInput {
    /// The service.
    service_id: ID,
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
            let FreezeServiceInput { service_id, reason, until, include_reverts, .. } = input;
            let freeze =
                freeze::Freeze { service_id: service_id.0, reason, until: until.map(|until| until.0), include_reverts };
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
    /// The service.
    service_id: ID,
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
            let unfreeze = freeze::Unfreeze { service_id: input.service_id.0, hold_ids: input.hold_ids.map(texts) };
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
