//! Mutations of services and of their freezes.

use super::prelude::*;
use crate::catalog::{freeze, service};
use crate::graphql::types::{HOLD, SERVICE};

pub struct CreateService;

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

static CREATE_PAYLOAD: Object = payload_of(
    "CreateServicePayload",
    "Result of createService.",
    &[
        one("service", "The new service; null when there are user errors.", &SERVICE, "service_id").nullable(),
        USER_ERRORS,
    ],
);

impl Mutation for CreateService {
    const NAME: &'static str = "createService";
    const ABOUT: &'static str = "Registers a service.";
    const RIGHT: Right = Right::Administer;
    type Input = CreateServiceInput;

    fn payload() -> &'static Object {
        &CREATE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: CreateServiceInput) -> Result<Given, ApiError> {
        let CreateServiceInput { name, language, description, executor } = input;
        let new = service::New { name, language, description, executor };
        payload(service::create(app, request, &new).await, the_service)
    }
}

pub struct UpdateService;

/// Input of updateService. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateServiceInput {
    /// The service.
    service_id: ID,
    /// Language it is written in, at most 63 characters.
    language: Option<String>,
    /// What the service is for, at most 1000 characters.
    description: Option<String>,
    /// Name of an executor in the server's configuration. Releases under way keep theirs.
    executor: Option<String>,
}

static UPDATE_PAYLOAD: Object = payload_of(
    "UpdateServicePayload",
    "Result of updateService.",
    &[one("service", "The service; null when there are user errors.", &SERVICE, "service_id").nullable(), USER_ERRORS],
);

impl Mutation for UpdateService {
    const NAME: &'static str = "updateService";
    const ABOUT: &'static str = "Changes what is recorded about a service.";
    const RIGHT: Right = Right::Administer;
    type Input = UpdateServiceInput;

    fn payload() -> &'static Object {
        &UPDATE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: UpdateServiceInput) -> Result<Given, ApiError> {
        let UpdateServiceInput { service_id, language, description, executor } = input;
        let edits = service::Edits { service_id: service_id.0, language, description, executor };
        payload(service::update(app, request, &edits).await, the_service)
    }
}

pub struct RemoveService;

/// Input of removeService.
#[derive(InputObject)]
pub struct RemoveServiceInput {
    /// The service.
    service_id: ID,
}

static REMOVE_PAYLOAD: Object = payload_of(
    "RemoveServicePayload",
    "Result of removeService.",
    &[one("service", "The service; null when there are user errors.", &SERVICE, "service_id").nullable(), USER_ERRORS],
);

impl Mutation for RemoveService {
    const NAME: &'static str = "removeService";
    const ABOUT: &'static str = "Removes a service without instances; its name is free again.";
    const RIGHT: Right = Right::Administer;
    type Input = RemoveServiceInput;

    fn payload() -> &'static Object {
        &REMOVE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: RemoveServiceInput) -> Result<Given, ApiError> {
        payload(service::remove(app, request, &input.service_id).await, the_service)
    }
}

pub struct FreezeService;

/// Input of freezeService.
#[derive(InputObject)]
pub struct FreezeServiceInput {
    /// The service.
    service_id: ID,
    /// Why.
    reason: String,
    /// When the freeze ends by itself.
    until: Option<DateTime>,
    /// Whether to refuse reverts, too. Undoing by itself after a failure is never refused.
    #[graphql(default)]
    include_reverts: bool,
    /// 1 to 255 characters: the same key of the same caller answers with the same freeze, for 7 days.
    idempotency_key: Option<String>,
}

static FREEZE_PAYLOAD: Object = payload_of(
    "FreezeServicePayload",
    "Result of freezeService.",
    &[
        one("service", "The service; null when there are user errors.", &SERVICE, "service_id").nullable(),
        one("hold", "The new freeze; null when there are user errors.", &HOLD, "hold_id").nullable(),
        USER_ERRORS,
    ],
);

impl Mutation for FreezeService {
    const NAME: &'static str = "freezeService";
    const ABOUT: &'static str = "Refuses new releases of a service.";
    const RIGHT: Right = Right::Operate;
    type Input = FreezeServiceInput;

    fn payload() -> &'static Object {
        &FREEZE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: FreezeServiceInput) -> Result<Given, ApiError> {
        let FreezeServiceInput { service_id, reason, until, include_reverts, .. } = input;
        let freeze =
            freeze::Freeze { service_id: service_id.0, reason, until: until.map(|until| until.0), include_reverts };
        payload(freeze::freeze(app, request, &freeze).await, |frozen| {
            Given::new().int("service_id", frozen.service).int("hold_id", frozen.holds.first().copied())
        })
    }
}

pub struct UnfreezeService;

/// Input of unfreezeService.
#[derive(InputObject)]
pub struct UnfreezeServiceInput {
    /// The service.
    service_id: ID,
    /// Only these freezes; else all that stand.
    hold_ids: Option<Vec<ID>>,
}

static UNFREEZE_PAYLOAD: Object = payload_of(
    "UnfreezeServicePayload",
    "Result of unfreezeService.",
    &[
        one("service", "The service; null when there are user errors.", &SERVICE, "service_id").nullable(),
        picked("holds", "The freezes that were ended.", &HOLD, "holds").at_most(20),
        USER_ERRORS,
    ],
);

impl Mutation for UnfreezeService {
    const NAME: &'static str = "unfreezeService";
    const ABOUT: &'static str = "Ends freezes.";
    const RIGHT: Right = Right::Operate;
    type Input = UnfreezeServiceInput;

    fn payload() -> &'static Object {
        &UNFREEZE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: UnfreezeServiceInput) -> Result<Given, ApiError> {
        let unfreeze = freeze::Unfreeze { service_id: input.service_id.0, hold_ids: input.hold_ids.map(texts) };
        payload(freeze::unfreeze(app, request, &unfreeze).await, |thawed| {
            Given::new().int("service_id", thawed.service).ids("holds", thawed.holds)
        })
    }
}

fn the_service(id: i64) -> Given {
    Given::new().int("service_id", id)
}
