//! Mutations of holds on hosts.

use super::prelude::*;
use super::references;
use crate::catalog::host_hold;
use crate::graphql::types::{HOLD, HOST};

/// Input of holdHosts.
#[derive(InputObject)]
pub struct HoldHostsInput {
    /// The hosts, by id, at most 1000. All or none are held. Pass either `hostIds` or `hostnames`.
    host_ids: Option<Vec<ID>>,
    /// The hosts, by name, at most 1000.
    hostnames: Option<Vec<String>>,
    /// Why.
    reason: String,
    /// When the holds end automatically; without it, they stay until they are ended.
    until: Option<DateTime>,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same holds.
    idempotency_key: Option<String>,
}

/// The lists that name hosts.
const NAMED: &[&str] = &["input.hostIds", "input.hostnames"];
/// The lists that name holds or hosts.
const NAMED_TO_END: &[&str] = &["input.hostIds", "input.hostnames", "input.holdIds"];

pub(super) static HOLD_HOSTS: Mutation = Mutation {
    name: "holdHosts",
    about: "Sets a hold on each of the hosts, or on none. It locks every instance on the host: a release in progress finishes, no new release can include the instance, and nothing is installed on the host.",
    right: Right::Operate,
    payload: payload_of(
        "HoldHostsPayload",
        "Result of holdHosts.",
        &[
            supplied_ids(
                "hosts",
                "The hosts, in the order of the input; empty when there are user errors.",
                &HOST,
                PAYLOAD.hosts,
            )
            .as_many_as(NAMED),
            supplied_ids("holds", "The new holds, in the order of the hosts.", &HOLD, PAYLOAD.holds).as_many_as(NAMED),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: HoldHostsInput| {
        async move {
            let HoldHostsInput { host_ids, hostnames, reason, until, .. } = input;
            let input = host_hold::HoldHosts {
                hosts: references::hosts(host_ids, hostnames),
                reason,
                until: until.map(|until| until.0),
            };
            answer(host_hold::hold_hosts(app, &request, &input).await, held)
        }
        .boxed()
    }),
};

/// Input of unholdHosts: holds, hosts, or both together, which means these holds on these hosts.
#[derive(InputObject)]
pub struct UnholdHostsInput {
    /// Hosts that the holds are on, by id, at most 1000. A hold in holdIds that is on another host is an error. Pass `hostIds`, `hostnames` or neither.
    host_ids: Option<Vec<ID>>,
    /// Hosts that the holds are on, by name, at most 1000.
    hostnames: Option<Vec<String>>,
    /// Holds to end, at most 1000. Without it, all holds in force on the hosts are ended.
    hold_ids: Option<Vec<ID>>,
}

pub(super) static UNHOLD_HOSTS: Mutation = Mutation {
    name: "unholdHosts",
    about: "Ends holds on hosts. Holds on their instances stay.",
    right: Right::Operate,
    payload: payload_of(
        "UnholdHostsPayload",
        "Result of unholdHosts.",
        &[
            supplied_ids(
                "hosts",
                "The hosts, in the order of the input: of its hosts, or else of its holds; empty when there are user errors.",
                &HOST,
                PAYLOAD.hosts,
            )
            .as_many_as(NAMED_TO_END),
            supplied_ids("holds", "The holds that were ended, oldest first.", &HOLD, PAYLOAD.holds)
                .as_many_as(NAMED_TO_END),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: UnholdHostsInput| {
        async move {
            let UnholdHostsInput { host_ids, hostnames, hold_ids } = input;
            let input = host_hold::UnholdHosts { hosts: references::hosts(host_ids, hostnames), hold_ids: hold_ids.map(texts) };
            answer(host_hold::unhold_hosts(app, &request, &input).await, held)
        }
        .boxed()
    }),
};

fn held(held: host_hold::HeldHosts) -> SuppliedRow {
    SuppliedRow::new().ids(PAYLOAD.hosts, held.hosts).ids(PAYLOAD.holds, held.holds)
}
