//! Mutations that ask workers to do something with instances outside of a release.

use super::prelude::*;
use super::references;
use crate::catalog::instance_request;
use crate::graphql::types::INSTANCE;

/// The instances that were asked about.
const INSTANCES_FIELD: Field = supplied_ids(
    "instances",
    "The instances, in the order of the input; empty when there are user errors.",
    &INSTANCE,
    PAYLOAD.instances,
)
.as_many_as(&["input.instanceIds", "input.instances"]);

/// Input of undrainInstances.
#[derive(InputObject)]
pub struct UndrainInstancesInput {
    /// The instances, by id, at most 1000: drained, and in no open release. All or none are put back. Pass either `instanceIds` or `instances`.
    instance_ids: Option<Vec<ID>>,
    /// The instances, by the names of their services and hosts, for example `web/host-1`.
    instances: Option<Vec<String>>,
}

pub(super) static UNDRAIN_INSTANCES: Mutation = Mutation {
    name: "undrainInstances",
    about: "Asks a worker to put instances back into service, with the step UNDRAIN of their executors. `drainedSince` becomes null once that has succeeded; if it fails, the instance stays as it is, and the worker's log says why. A release that begins on an instance withdraws the request.",
    right: Right::Operate,
    payload: payload_of("UndrainInstancesPayload", "Result of undrainInstances.", &[INSTANCES_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: UndrainInstancesInput| {
        async move {
            let instances = references::instances(input.instance_ids, input.instances);
            answer(instance_request::undrain_instances(app, &request, &instances).await, requested)
        }
        .boxed()
    }),
};

/// Input of probeInstances.
#[derive(InputObject)]
pub struct ProbeInstancesInput {
    /// The instances, by id, at most 1000. All or none are probed. Pass either `instanceIds` or `instances`.
    instance_ids: Option<Vec<ID>>,
    /// The instances, by the names of their services and hosts, for example `web/host-1`.
    instances: Option<Vec<String>>,
}

pub(super) static PROBE_INSTANCES: Mutation = Mutation {
    name: "probeInstances",
    about: "Asks a worker to look now which version runs, with the probe of the instances' executors. `observedVersion` and `observedAt` have the answer. An instance in an open release is probed after it.",
    right: Right::Operate,
    payload: payload_of("ProbeInstancesPayload", "Result of probeInstances.", &[INSTANCES_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: ProbeInstancesInput| {
        async move {
            let instances = references::instances(input.instance_ids, input.instances);
            answer(instance_request::probe_instances(app, &request, &instances).await, requested)
        }
        .boxed()
    }),
};

fn requested(instances: Vec<i64>) -> SuppliedRow {
    SuppliedRow::new().ids(PAYLOAD.instances, instances)
}
