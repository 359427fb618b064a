//! The mutation that records what already runs on a fleet.

use super::choosing::HostSelection;
use super::prelude::*;
use super::references::{AdoptedVersionFields, ServiceFields};
use super::started::{FIRST, REPLAYED};
use crate::domain::instance::InstanceSettings;
use crate::graphql::types::{INSTANCE, with_problems};
use crate::read::declare::{INT, column};
use crate::release::adopt::{Adopted, Adoption, adopt};

/// Input of adoptInstances.
#[derive(InputObject)]
pub struct AdoptInstancesInput {
    #[graphql(flatten)]
    service: ServiceFields,
    #[graphql(flatten)]
    version: AdoptedVersionFields,
    /// Hosts that have no instance of the service, at most 10000. All or none are recorded.
    hosts: HostSelection,
    /// Port of the instances.
    port: Option<i32>,
    /// Tag of the instances.
    tag: Option<String>,
    /// Weight of the instances.
    #[graphql(default = 100)]
    weight: i32,
    /// Description of the instances.
    #[graphql(default)]
    description: String,
    /// Why; kept in the audit log.
    reason: Option<String>,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same instances.
    idempotency_key: Option<String>,
    /// Only return what would happen. Neither reads nor stores an idempotency key.
    #[graphql(default)]
    dry_run: bool,
}

pub(super) static ADOPT_INSTANCES: Mutation = Mutation {
    name: "adoptInstances",
    about: "Records what already runs on a fleet: an instance on each of the hosts, at a version that may be built or not. Nothing is run.",
    right: Right::Operate,
    payload: payload_of(
        "AdoptInstancesPayload",
        "Result of adoptInstances.",
        &[
            supplied_ids(
                "instances",
                "The new instances, by hostname; empty on a dry run and when there are user errors.",
                &INSTANCE,
                PAYLOAD.instances,
            )
            .args(FIRST),
            column("count", "How many were recorded, or would be.", &INT, PAYLOAD.accepted_count),
            REPLAYED,
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: AdoptInstancesInput| {
        async move {
            let adoption = Adoption {
                change: request,
                service: input.service.into(),
                version: input.version.into(),
                hosts: input.hosts.into(),
                settings: InstanceSettings {
                    port: input.port.map(i64::from),
                    tag: input.tag,
                    weight: input.weight.into(),
                    description: input.description,
                },
                reason: input.reason,
                dry_run: input.dry_run,
            };
            Ok(match adopt(app, &adoption).await? {
                Ok(Adopted { instances, count, replayed }) => SuppliedRow::new()
                    .ids(PAYLOAD.instances, instances)
                    .int(PAYLOAD.accepted_count, count as i64)
                    .truth(PAYLOAD.replayed, replayed),
                Err(problems) => {
                    let row = SuppliedRow::new().int(PAYLOAD.accepted_count, 0).truth(PAYLOAD.replayed, false);
                    with_problems(row, &problems.0)
                }
            })
        }
        .boxed()
    }),
};
