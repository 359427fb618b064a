//! Mutations of hosts.

use super::prelude::*;
use crate::catalog::host;
use crate::graphql::types::{HOST, LabelInput};

pub struct CreateHosts;

/// Input of createHosts.
#[derive(InputObject)]
pub struct CreateHostsInput {
    /// Hosts to register, 1 to 1000. All or none are registered.
    hosts: Vec<HostInput>,
}

static CREATE_PAYLOAD: Object = payload_of(
    "CreateHostsPayload",
    "Result of createHosts.",
    &[
        picked("hosts", "The new hosts, in the order of the input; empty when there are user errors.", &HOST, "hosts")
            .as_many_as(&["input.hosts"]),
        USER_ERRORS,
    ],
);

impl Mutation for CreateHosts {
    const NAME: &'static str = "createHosts";
    const ABOUT: &'static str = "Registers hosts.";
    const RIGHT: Right = Right::Administer;
    type Input = CreateHostsInput;

    fn payload() -> &'static Object {
        &CREATE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: CreateHostsInput) -> Result<Given, ApiError> {
        let hosts: Vec<host::New> = input.hosts.into_iter().map(new).collect();
        payload(host::create(app, request, &hosts).await, |ids| Given::new().ids("hosts", ids))
    }
}

/// One host to register.
#[derive(InputObject)]
pub struct HostInput {
    /// Unique name of the machine.
    hostname: String,
    /// Where executors reach it: an IP address or a DNS name.
    address: String,
    /// Labels.
    labels: Option<Vec<LabelInput>>,
}

pub struct UpdateHost;

/// Input of updateHost. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateHostInput {
    /// The host.
    host_id: ID,
    /// Where executors reach it: an IP address or a DNS name.
    address: Option<String>,
    /// All of its labels from now on.
    labels: Option<Vec<LabelInput>>,
}

static UPDATE_PAYLOAD: Object = payload_of(
    "UpdateHostPayload",
    "Result of updateHost.",
    &[one("host", "The host; null when there are user errors.", &HOST, "host_id").nullable(), USER_ERRORS],
);

impl Mutation for UpdateHost {
    const NAME: &'static str = "updateHost";
    const ABOUT: &'static str = "Changes what is recorded about a host.";
    const RIGHT: Right = Right::Administer;
    type Input = UpdateHostInput;

    fn payload() -> &'static Object {
        &UPDATE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: UpdateHostInput) -> Result<Given, ApiError> {
        let UpdateHostInput { host_id, address, labels: given } = input;
        let edits = host::Edits { host_id: host_id.0, address, labels: given.map(labels) };
        payload(host::update(app, request, &edits).await, the_host)
    }
}

pub struct RemoveHost;

/// Input of removeHost.
#[derive(InputObject)]
pub struct RemoveHostInput {
    /// The host.
    host_id: ID,
}

static REMOVE_PAYLOAD: Object = payload_of(
    "RemoveHostPayload",
    "Result of removeHost.",
    &[one("host", "The host; null when there are user errors.", &HOST, "host_id").nullable(), USER_ERRORS],
);

impl Mutation for RemoveHost {
    const NAME: &'static str = "removeHost";
    const ABOUT: &'static str = "Removes a host without instances; its name is free again.";
    const RIGHT: Right = Right::Administer;
    type Input = RemoveHostInput;

    fn payload() -> &'static Object {
        &REMOVE_PAYLOAD
    }

    async fn run(app: &App, request: &Request, input: RemoveHostInput) -> Result<Given, ApiError> {
        payload(host::remove(app, request, &input.host_id).await, the_host)
    }
}

fn new(input: HostInput) -> host::New {
    let HostInput { hostname, address, labels: given } = input;
    host::New { hostname, address, labels: labels(given.unwrap_or_default()) }
}

fn labels(inputs: Vec<LabelInput>) -> Vec<host::Label> {
    inputs.into_iter().map(|LabelInput { key, value }| host::Label { key, value }).collect()
}

fn the_host(id: i64) -> Given {
    Given::new().int("host_id", id)
}
