//! Mutations of versions.

use super::prelude::*;
use crate::catalog::version;
use crate::domain::version::{Build, BuildStatus};
use crate::graphql::types::VERSION;

pub struct CreateVersion;

/// Input of createVersion.
#[derive(InputObject)]
pub struct CreateVersionInput {
    /// The service.
    service_id: ID,
    /// Name, unique in its service.
    name: String,
    /// Source it is built from.
    #[graphql(default)]
    r#ref: String,
    /// What is new in it.
    #[graphql(default)]
    description: String,
    /// State of its build; any, for those who register builds afterwards.
    #[graphql(default_with = "BuildStatus::Pending")]
    build_status: BuildStatus,
    /// Where the artifact lies; required with SUCCEEDED.
    artifact: Option<String>,
    /// 1 to 255 characters: the same key of the same caller answers with the same version, for 7 days.
    idempotency_key: Option<String>,
}

static CREATE_PAYLOAD: Object = payload_of(
    "CreateVersionPayload",
    "Result of createVersion.",
    &[
        one("version", "The new version; null when there are user errors.", &VERSION, "version_id").nullable(),
        USER_ERRORS,
    ],
);

impl Mutation for CreateVersion {
    const NAME: &'static str = "createVersion";
    const ABOUT: &'static str = "Registers a version.";
    const RIGHT: Right = Right::Build;
    type Input = CreateVersionInput;

    fn payload() -> &'static Object {
        &CREATE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: CreateVersionInput) -> Result<Given, ApiError> {
        let CreateVersionInput { service_id, name, r#ref, description, build_status, artifact, .. } = input;
        let new =
            version::New { service_id: service_id.0, name, reference: r#ref, description, build_status, artifact };
        payload(version::create(app, request, &new).await, the_version)
    }
}

pub struct ReportBuild;

/// Input of reportBuild.
#[derive(InputObject)]
pub struct ReportBuildInput {
    /// The version.
    version_id: ID,
    /// New state of the build. A final state is never left; the same report once more is no error.
    status: BuildStatus,
    /// Where the artifact lies; required with SUCCEEDED.
    artifact: Option<String>,
    /// Why the build did not succeed.
    message: Option<String>,
}

static REPORT_PAYLOAD: Object = payload_of(
    "ReportBuildPayload",
    "Result of reportBuild.",
    &[one("version", "The version; null when there are user errors.", &VERSION, "version_id").nullable(), USER_ERRORS],
);

impl Mutation for ReportBuild {
    const NAME: &'static str = "reportBuild";
    const ABOUT: &'static str = "Records how the build of a version went.";
    const RIGHT: Right = Right::Build;
    type Input = ReportBuildInput;

    fn payload() -> &'static Object {
        &REPORT_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: ReportBuildInput) -> Result<Given, ApiError> {
        let ReportBuildInput { version_id, status, artifact, message } = input;
        let report = version::Report { version_id: version_id.0, build: Build { status, artifact, message } };
        payload(version::report(app, request, &report).await, the_version)
    }
}

pub struct WithdrawVersion;

/// Input of withdrawVersion.
#[derive(InputObject)]
pub struct WithdrawVersionInput {
    /// The version.
    version_id: ID,
    /// Why.
    reason: String,
}

static WITHDRAW_PAYLOAD: Object = payload_of(
    "WithdrawVersionPayload",
    "Result of withdrawVersion.",
    &[one("version", "The version; null when there are user errors.", &VERSION, "version_id").nullable(), USER_ERRORS],
);

impl Mutation for WithdrawVersion {
    const NAME: &'static str = "withdrawVersion";
    const ABOUT: &'static str = "Takes a version out of the choice, for example because it proved bad.";
    const RIGHT: Right = Right::Operate;
    type Input = WithdrawVersionInput;

    fn payload() -> &'static Object {
        &WITHDRAW_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: WithdrawVersionInput) -> Result<Given, ApiError> {
        payload(version::withdraw(app, request, &input.version_id, &input.reason).await, the_version)
    }
}

pub struct ReinstateVersion;

/// Input of reinstateVersion.
#[derive(InputObject)]
pub struct ReinstateVersionInput {
    /// The version.
    version_id: ID,
}

static REINSTATE_PAYLOAD: Object = payload_of(
    "ReinstateVersionPayload",
    "Result of reinstateVersion.",
    &[one("version", "The version; null when there are user errors.", &VERSION, "version_id").nullable(), USER_ERRORS],
);

impl Mutation for ReinstateVersion {
    const NAME: &'static str = "reinstateVersion";
    const ABOUT: &'static str = "Makes a withdrawn version a choice again.";
    const RIGHT: Right = Right::Operate;
    type Input = ReinstateVersionInput;

    fn payload() -> &'static Object {
        &REINSTATE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: ReinstateVersionInput) -> Result<Given, ApiError> {
        payload(version::reinstate(app, request, &input.version_id).await, the_version)
    }
}

pub struct RemoveVersion;

/// Input of removeVersion.
#[derive(InputObject)]
pub struct RemoveVersionInput {
    /// The version.
    version_id: ID,
}

static REMOVE_PAYLOAD: Object = payload_of(
    "RemoveVersionPayload",
    "Result of removeVersion.",
    &[one("version", "The version; null when there are user errors.", &VERSION, "version_id").nullable(), USER_ERRORS],
);

impl Mutation for RemoveVersion {
    const NAME: &'static str = "removeVersion";
    const ABOUT: &'static str = "Removes a version that nothing runs or moves to; its name is free again.";
    const RIGHT: Right = Right::Administer;
    type Input = RemoveVersionInput;

    fn payload() -> &'static Object {
        &REMOVE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: RemoveVersionInput) -> Result<Given, ApiError> {
        payload(version::remove(app, request, &input.version_id).await, the_version)
    }
}

fn the_version(id: i64) -> Given {
    Given::new().int("version_id", id)
}
