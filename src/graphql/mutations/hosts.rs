//! Mutations of hosts.

use super::prelude::*;
use super::references::{self, HostFields};
use crate::catalog::{host, host_many};
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
            answer(host::create(app, &request, &hosts).await, the_hosts)
        }
        .boxed()
    }),
};

/// One host to register.
#[derive(InputObject)]
pub struct HostInput {
    /// Unique name of the machine. Case and one trailing dot make no difference; the spelling is kept.
    hostname: String,
    /// Where executors reach the host: an IP address or a DNS name.
    address: String,
    /// Labels.
    labels: Option<Vec<LabelInput>>,
}

/// Input of updateHost. Fields that are left out stay as they are.
#[derive(InputObject)]
pub struct UpdateHostInput {
    #[graphql(flatten)]
    host: HostFields,
    /// Its name from now on, also for its instances; older events keep the one that they have. Refused while a release has one of its instances.
    hostname: Option<String>,
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
            let UpdateHostInput { host, hostname, address, labels } = input;
            let edits = host::HostEdit { host: host.into(), hostname, address, labels: labels.map(label_list) };
            answer(host::update(app, &request, &edits).await, the_host)
        }
        .boxed()
    }),
};

/// Input of updateHosts.
#[derive(InputObject)]
pub struct UpdateHostsInput {
    /// Hosts to change, 1 to 1000, each once. All or none are changed.
    hosts: Vec<HostChangeInput>,
}

/// How to change one of many hosts. Fields that are left out stay as they are.
#[derive(InputObject)]
pub struct HostChangeInput {
    #[graphql(flatten)]
    host: HostFields,
    /// Where executors reach the host: an IP address or a DNS name.
    address: Option<String>,
    /// All of its labels from now on.
    labels: Option<Vec<LabelInput>>,
}

pub(super) static UPDATE_HOSTS: Mutation = Mutation {
    name: "updateHosts",
    about: "Changes what is recorded about many hosts, as updateHost does for one; it does not rename them.",
    right: Right::Administer,
    payload: payload_of(
        "UpdateHostsPayload",
        "Result of updateHosts.",
        &[
            supplied_ids(
                "hosts",
                "The hosts, in the order of the input; empty when there are user errors.",
                &HOST,
                PAYLOAD.hosts,
            )
            .as_many_as(&["input.hosts"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: UpdateHostsInput| {
        async move {
            let change = |HostChangeInput { host, address, labels }| host_many::HostChange {
                host: host.into(),
                address,
                labels: labels.map(label_list),
            };
            let changes: Vec<host_many::HostChange> = input.hosts.into_iter().map(change).collect();
            answer(host_many::update_all(app, &request, &changes).await, the_hosts)
        }
        .boxed()
    }),
};

/// Input of removeHost.
#[derive(InputObject)]
pub struct RemoveHostInput {
    #[graphql(flatten)]
    host: HostFields,
    /// Whether to remove its instances, too: the machine is gone. Holds on them and on the host end.
    #[graphql(default)]
    with_instances: bool,
    /// Why; kept in the audit log.
    reason: Option<String>,
}

pub(super) static REMOVE_HOST: Mutation = Mutation {
    name: "removeHost",
    about: "Removes a host without instances, or with all of them; its name is free again. Refused while a release has one of its instances.",
    right: Right::Administer,
    payload: payload_of("RemoveHostPayload", "Result of removeHost.", &[HOST_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: RemoveHostInput| {
        async move {
            let RemoveHostInput { host, with_instances, reason } = input;
            let removal = host::HostRemoval { host: host.into(), with_instances, reason };
            answer(host::remove(app, &request, &removal).await, the_host)
        }
        .boxed()
    }),
};

/// Input of removeHosts.
#[derive(InputObject)]
pub struct RemoveHostsInput {
    /// The hosts, by id, at most 1000. All or none are removed. Pass either `hostIds` or `hostnames`.
    host_ids: Option<Vec<ID>>,
    /// The hosts, by name, at most 1000.
    hostnames: Option<Vec<String>>,
    /// Whether to remove their instances, too: the machines are gone. Holds on them and on the hosts end.
    #[graphql(default)]
    with_instances: bool,
    /// Why; kept in the audit log.
    reason: Option<String>,
}

pub(super) static REMOVE_HOSTS: Mutation = Mutation {
    name: "removeHosts",
    about: "Removes many hosts, as removeHost does one.",
    right: Right::Administer,
    payload: payload_of(
        "RemoveHostsPayload",
        "Result of removeHosts.",
        &[
            supplied_ids(
                "hosts",
                "The hosts, in the order of the input; empty when there are user errors.",
                &HOST,
                PAYLOAD.hosts,
            )
            .as_many_as(&["input.hostIds", "input.hostnames"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: RemoveHostsInput| {
        async move {
            let RemoveHostsInput { host_ids, hostnames, with_instances, reason } = input;
            let hosts = references::hosts(host_ids, hostnames);
            let removal = host_many::HostsRemoval { hosts, with_instances, reason };
            answer(host_many::remove_all(app, &request, &removal).await, the_hosts)
        }
        .boxed()
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

fn the_hosts(ids: Vec<i64>) -> SuppliedRow {
    SuppliedRow::new().ids(PAYLOAD.hosts, ids)
}
