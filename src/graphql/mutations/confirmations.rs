//! Mutations that record what a person found on hosts.

use super::instances::{INSTANCE_FIELD, the_instance};
use super::prelude::*;
use super::references::InstanceFields;
use crate::catalog::confirm_many::confirm_all;
use crate::catalog::instance::{Finding, FoundState, confirm};
use crate::domain::reference::{FOUND_VERSION, Reference};
use crate::graphql::types::INSTANCE;
use async_graphql::OneofObject;

/// Input of confirmInstance.
#[derive(InputObject)]
pub struct ConfirmInstanceInput {
    #[graphql(flatten)]
    instance: InstanceFields,
    /// What was found on the host.
    found: FoundInput,
    /// Revision that the caller has seen. The error is STALE if the instance has changed since.
    expected_revision: Option<i32>,
}

pub(super) static CONFIRM_INSTANCE: Mutation = Mutation {
    name: "confirmInstance",
    about: "Records what really runs on a host: of an instance that is UNKNOWN or failed, that was repaired or changed by hand. A release must not lock the instance.",
    right: Right::Operate,
    payload: payload_of("ConfirmInstancePayload", "Result of confirmInstance.", &[INSTANCE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: ConfirmInstanceInput| {
        async move {
            let ConfirmInstanceInput { instance, found, expected_revision } = input;
            let finding = finding(instance, found, expected_revision);
            answer(confirm(app, &request, &finding).await, the_instance)
        }
        .boxed()
    }),
};

/// What was found on a host. Exactly one.
#[derive(OneofObject)]
pub enum FoundInput {
    /// This version runs, by id.
    VersionId(ID),
    /// This version of the instance's service runs, by name.
    Version(String),
    /// Nothing runs, and the instance is REMOVED. Only true is allowed.
    Nothing(bool),
}

/// Input of confirmInstances.
#[derive(InputObject)]
pub struct ConfirmInstancesInput {
    /// What was found, of 1 to 1000 instances, each once. All or none are recorded.
    instances: Vec<ConfirmationInput>,
}

/// What was found on the host of one instance.
#[derive(InputObject)]
pub struct ConfirmationInput {
    #[graphql(flatten)]
    instance: InstanceFields,
    /// What was found on the host.
    found: FoundInput,
    /// Revision that the caller has seen. The error is STALE if the instance has changed since.
    expected_revision: Option<i32>,
}

pub(super) static CONFIRM_INSTANCES: Mutation = Mutation {
    name: "confirmInstances",
    about: "Records what really runs on many hosts, as confirmInstance does for one.",
    right: Right::Operate,
    payload: payload_of(
        "ConfirmInstancesPayload",
        "Result of confirmInstances.",
        &[
            supplied_ids(
                "instances",
                "The instances, in the order of the input; empty when there are user errors.",
                &INSTANCE,
                PAYLOAD.instances,
            )
            .as_many_as(&["input.instances"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: ConfirmInstancesInput| {
        async move {
            let finding =
                |ConfirmationInput { instance, found, expected_revision }| finding(instance, found, expected_revision);
            let findings: Vec<Finding> = input.instances.into_iter().map(finding).collect();
            answer(confirm_all(app, &request, &findings).await, |ids| SuppliedRow::new().ids(PAYLOAD.instances, ids))
        }
        .boxed()
    }),
};

fn finding(instance: InstanceFields, found: FoundInput, expected_revision: Option<i32>) -> Finding {
    let found = match found {
        FoundInput::VersionId(id) => FoundState::Version(Reference::by_id(&FOUND_VERSION, id)),
        FoundInput::Version(name) => FoundState::Version(Reference::by_name(&FOUND_VERSION, name)),
        FoundInput::Nothing(nothing) => FoundState::Nothing(nothing),
    };
    Finding { instance: instance.into(), found, expected_revision: expected_revision.map(i64::from) }
}
