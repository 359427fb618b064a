//! Mutations of hosts.

use super::prelude::*;
use crate::catalog::host;
use crate::graphql::types::{HOST, LabelInput};

/// What was changed.
const HOST_FIELD: Field = one("host", "The host; null when there are user errors.", &HOST, PAYLOAD.host_id).nullable();

/// Input of createHosts.
#[derive(InputObject)]
pub struct CreateHostsInput {
    /// Hosts to register, 1 to 1000. All or none are registered.
    hosts: Vec<HostInput>,
}

pub(super) static CREATE_HOSTS: Mutation = Mutation {
    name: "createHosts",
    about: "Registers hosts.",
    right: Right::Administer,
    payload: payload_of(
        "CreateHostsPayload",
        "Result of createHosts.",
        &[
            supplied_ids(
                "hosts",
                "The new hosts, in the order of the input; empty when there are user errors.",
                &HOST,
                PAYLOAD.hosts,
            )
            .as_many_as(&["input.hosts"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: CreateHostsInput| {
        async move {
            let hosts: Vec<host::HostInput> = input.hosts.into_iter().map(new).collect();
            answer(host::create(app, &request, &hosts).await, |ids| SuppliedRow::new().ids(PAYLOAD.hosts, ids))
        }
        .boxed()
    }),
};

/// One host to register.
#[derive(InputObject)]
pub struct HostInput {
    /// Unique name of the machine.
    hostname: String,
    /// Where executors reach the host: an IP address or a DNS name.
    address: String,
    /// Labels.
    labels: Option<Vec<LabelInput>>,
}

/// Input of updateHost. Fields that are left out stay as they are.
#[derive(InputObject)]
pub struct UpdateHostInput {
    /// The host.
    host_id: ID,
    /// Where executors reach the host: an IP address or a DNS name.
    address: Option<String>,
    /// All of its labels from now on.
    labels: Option<Vec<LabelInput>>,
}

pub(super) static UPDATE_HOST: Mutation = Mutation {
    name: "updateHost",
    about: "Changes what is recorded about a host.",
    right: Right::Administer,
    payload: payload_of("UpdateHostPayload", "Result of updateHost.", &[HOST_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: UpdateHostInput| {
        async move {
            let UpdateHostInput { host_id, address, labels } = input;
            let edits = host::HostEdit { host_id: host_id.0, address, labels: labels.map(label_list) };
            answer(host::update(app, &request, &edits).await, the_host)
        }
        .boxed()
    }),
};

/// Input of removeHost.
#[derive(InputObject)]
pub struct RemoveHostInput {
    /// The host.
    host_id: ID,
}

pub(super) static REMOVE_HOST: Mutation = Mutation {
    name: "removeHost",
    about: "Removes a host without instances; its name is free again.",
    right: Right::Administer,
    payload: payload_of("RemoveHostPayload", "Result of removeHost.", &[HOST_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: RemoveHostInput| {
        async move { answer(host::remove(app, &request, &input.host_id).await, the_host) }.boxed()
    }),
};

fn new(input: HostInput) -> host::HostInput {
    let HostInput { hostname, address, labels } = input;
    host::HostInput { hostname, address, labels: label_list(labels.unwrap_or_default()) }
}

fn label_list(inputs: Vec<LabelInput>) -> Vec<host::Label> {
    inputs.into_iter().map(|LabelInput { key, value }| host::Label { key, value }).collect()
}

fn the_host(id: i64) -> SuppliedRow {
    SuppliedRow::new().int(PAYLOAD.host_id, id)
}
