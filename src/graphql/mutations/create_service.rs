use crate::app::App;
use crate::catalog::service::{New, create};
use crate::change::Request;
use crate::domain::caller::Right;
use crate::graphql::mutation::{Mutation, payload};
use crate::graphql::types::{MUTATION_PAYLOAD, SERVICE, USER_ERRORS};
use crate::read::declare::{Object, one};
use crate::read::{ApiError, Given};
use async_graphql::InputObject;

pub struct CreateService;

/// Input of createService.
#[derive(InputObject, Clone, Debug)]
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

static PAYLOAD: Object = Object::new(
    "CreateServicePayload",
    "Result of createService.",
    "",
    &[
        one("service", "The new service; null when there are user errors.", &SERVICE, "service_id").nullable(),
        USER_ERRORS,
    ],
)
.implements(&MUTATION_PAYLOAD);

impl Mutation for CreateService {
    const NAME: &'static str = "createService";
    const ABOUT: &'static str = "Registers a service.";
    const RIGHT: Right = Right::Administer;
    type Input = CreateServiceInput;

    fn payload() -> &'static Object {
        &PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: CreateServiceInput) -> Result<Given, ApiError> {
        let CreateServiceInput { name, language, description, executor } = input;
        let made = create(app, request, &New { name, language, description, executor }).await;
        payload(made, |service| Given::new().int("service_id", service))
    }
}
