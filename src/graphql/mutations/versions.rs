//! Mutations of versions.

use super::prelude::*;
use super::references::{ServiceFields, VersionFields};
use crate::catalog::version;
use crate::domain::version::{Build, BuildStatus};
use crate::graphql::types::VERSION;

/// What was changed.
const VERSION_FIELD: Field =
    one("version", "The version; null when there are user errors.", &VERSION, PAYLOAD.version_id).nullable();

/// Input of createVersion.
#[derive(InputObject)]
pub struct CreateVersionInput {
    #[graphql(flatten)]
    service: ServiceFields,
    /// Name, unique in its service.
    name: String,
    /// Source it is built from.
    #[graphql(default)]
    r#ref: String,
    /// What is new in it.
    #[graphql(default)]
    description: String,
    /// State of its build; SUCCEEDED, for example, for a version that is registered after its build.
    #[graphql(default_with = "BuildStatus::Pending")]
    build_status: BuildStatus,
    /// Location of the artifact; required with SUCCEEDED.
    artifact: Option<String>,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same version.
    idempotency_key: Option<String>,
}

pub(super) static CREATE_VERSION: Mutation = Mutation {
    name: "createVersion",
    about: "Registers a version.",
    right: Right::Build,
    payload: payload_of(
        "CreateVersionPayload",
        "Result of createVersion.",
        &[
            one("version", "The new version; null when there are user errors.", &VERSION, PAYLOAD.version_id)
                .nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: CreateVersionInput| {
        async move {
            let CreateVersionInput { service, name, r#ref, description, build_status, artifact, .. } = input;
            let new = version::VersionInput {
                service: service.into(),
                name,
                reference: r#ref,
                description,
                build_status,
                artifact,
            };
            answer(version::create(app, &request, &new).await, the_version)
        }
        .boxed()
    }),
};

/// Input of reportBuild.
#[derive(InputObject)]
pub struct ReportBuildInput {
    #[graphql(flatten)]
    version: VersionFields,
    /// New state of the build. A final state cannot change; the same report again is not an error.
    status: BuildStatus,
    /// Location of the artifact; required with SUCCEEDED.
    artifact: Option<String>,
    /// Why the build failed.
    message: Option<String>,
}

pub(super) static REPORT_BUILD: Mutation = Mutation {
    name: "reportBuild",
    about: "Records how the build of a version went.",
    right: Right::Build,
    payload: payload_of("ReportBuildPayload", "Result of reportBuild.", &[VERSION_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: ReportBuildInput| {
        async move {
            let ReportBuildInput { version, status, artifact, message } = input;
            let report = version::Report { version: version.into(), build: Build { status, artifact, message } };
            answer(version::report(app, &request, &report).await, the_version)
        }
        .boxed()
    }),
};

/// Input of withdrawVersion.
#[derive(InputObject)]
pub struct WithdrawVersionInput {
    #[graphql(flatten)]
    version: VersionFields,
    /// Why.
    reason: String,
}

pub(super) static WITHDRAW_VERSION: Mutation = Mutation {
    name: "withdrawVersion",
    about: "Withdraws a version, so that no release can choose it, for example because it is faulty.",
    right: Right::Operate,
    payload: payload_of("WithdrawVersionPayload", "Result of withdrawVersion.", &[VERSION_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: WithdrawVersionInput| {
        async move {
            let WithdrawVersionInput { version, reason } = input;
            answer(version::withdraw(app, &request, &version.into(), &reason).await, the_version)
        }
        .boxed()
    }),
};

/// Input of reinstateVersion.
#[derive(InputObject)]
pub struct ReinstateVersionInput {
    #[graphql(flatten)]
    version: VersionFields,
}

pub(super) static REINSTATE_VERSION: Mutation = Mutation {
    name: "reinstateVersion",
    about: "Makes a withdrawn version available again.",
    right: Right::Operate,
    payload: payload_of("ReinstateVersionPayload", "Result of reinstateVersion.", &[VERSION_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: ReinstateVersionInput| {
        async move { answer(version::reinstate(app, &request, &input.version.into()).await, the_version) }.boxed()
    }),
};

/// Input of removeVersion.
#[derive(InputObject)]
pub struct RemoveVersionInput {
    #[graphql(flatten)]
    version: VersionFields,
}

pub(super) static REMOVE_VERSION: Mutation = Mutation {
    name: "removeVersion",
    about: "Removes a version that no instance runs and no open release moves to; its name is free again.",
    right: Right::Administer,
    payload: payload_of("RemoveVersionPayload", "Result of removeVersion.", &[VERSION_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: RemoveVersionInput| {
        async move { answer(version::remove(app, &request, &input.version.into()).await, the_version) }.boxed()
    }),
};

fn the_version(id: i64) -> SuppliedRow {
    SuppliedRow::new().int(PAYLOAD.version_id, id)
}
