//! Mutations of what is recorded about instances, and of the holds on them.

use super::prelude::*;
use super::references::{self, InstanceFields};
use crate::catalog::{hold, instance};
use crate::domain::Edit;
use crate::domain::instance::SettingsEdit;
use crate::graphql::types::{HOLD, INSTANCE};
use async_graphql::MaybeUndefined;

/// What was changed.
pub(super) const INSTANCE_FIELD: Field =
    one("instance", "The instance; null when there are user errors.", &INSTANCE, PAYLOAD.instance_id).nullable();

/// Input of updateInstance. Fields that are left out stay as they are.
#[derive(InputObject)]
pub struct UpdateInstanceInput {
    #[graphql(flatten)]
    instance: InstanceFields,
    /// Port, 1 to 65535; null removes it.
    port: MaybeUndefined<i32>,
    /// Tag, at most 63 characters; null removes it.
    tag: MaybeUndefined<String>,
    /// Share of traffic, 0 to 1000.
    weight: Option<i32>,
    /// Description, at most 1000 characters.
    description: Option<String>,
    /// Whether the instance is in maintenance.
    maintenance: Option<bool>,
    /// Revision that the caller has seen. The error is STALE if the instance has changed since.
    expected_revision: Option<i32>,
}

pub(super) static UPDATE_INSTANCE: Mutation = Mutation {
    name: "updateInstance",
    about: "Changes what is recorded about an instance: port, tag, weight, description, maintenance.",
    right: Right::Operate,
    payload: payload_of("UpdateInstancePayload", "Result of updateInstance.", &[INSTANCE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: UpdateInstanceInput| {
        async move {
            let UpdateInstanceInput { instance, port, tag, weight, description, maintenance, expected_revision } =
                input;
            let edits = instance::InstanceEdit {
                instance: instance.into(),
                settings: SettingsEdit { port: edit(port), tag: edit(tag), weight: weight.map(i64::from), description },
                maintenance,
                expected_revision: expected_revision.map(i64::from),
            };
            answer(instance::update(app, &request, &edits).await, the_instance)
        }
        .boxed()
    }),
};

/// Input of holdInstances.
#[derive(InputObject)]
pub struct HoldInstancesInput {
    /// The instances, by id, at most 1000. All or none are held. Pass either `instanceIds` or `instances`.
    instance_ids: Option<Vec<ID>>,
    /// The instances, by the names of their services and hosts, for example `web/host-1`.
    instances: Option<Vec<String>>,
    /// Why.
    reason: String,
    /// When the holds end automatically; without it, they stay until they are ended.
    until: Option<DateTime>,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same holds.
    idempotency_key: Option<String>,
}

pub(super) static HOLD_INSTANCES: Mutation = Mutation {
    name: "holdInstances",
    about: "Sets a hold on each of the instances. A release in progress finishes; no new release can include them.",
    right: Right::Operate,
    payload: payload_of(
        "HoldInstancesPayload",
        "Result of holdInstances.",
        &[
            supplied_ids("instances", "The instances; empty when there are user errors.", &INSTANCE, PAYLOAD.instances)
                .as_many_as(&["input.instanceIds", "input.instances"]),
            supplied_ids("holds", "The new holds, in the order of the input.", &HOLD, PAYLOAD.holds)
                .as_many_as(&["input.instanceIds", "input.instances"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: HoldInstancesInput| {
        async move {
            let HoldInstancesInput { instance_ids, instances, reason, until, .. } = input;
            let instances = references::instances(instance_ids, instances);
            let input = hold::HoldInstances { instances, reason, until: until.map(|until| until.0) };
            answer(hold::hold_instances(app, &request, &input).await, held)
        }
        .boxed()
    }),
};

/// Input of endHolds: holds, instances, or both together, which means these holds on these instances.
#[derive(InputObject)]
pub struct EndHoldsInput {
    /// Holds to end, at most 1000. Without it, all holds in force on the instances are ended.
    hold_ids: Option<Vec<ID>>,
    /// Instances that the holds are on, by id, at most 1000. A hold in holdIds that is on another instance is an error. Pass `instanceIds`, `instances` or neither.
    instance_ids: Option<Vec<ID>>,
    /// Instances that the holds are on, by the names of their services and hosts, for example `web/host-1`.
    instances: Option<Vec<String>>,
}

pub(super) static END_HOLDS: Mutation = Mutation {
    name: "endHolds",
    about: "Ends holds on instances. A lock by a release ends only with that release; freezes are ended by unfreezeService.",
    right: Right::Operate,
    payload: payload_of(
        "EndHoldsPayload",
        "Result of endHolds.",
        &[
            supplied_ids(
                "instances",
                "The instances, in the order of the input: of its instances, or else of its holds; empty when there are user errors.",
                &INSTANCE,
                PAYLOAD.instances,
            )
            .as_many_as(&["input.instanceIds", "input.instances", "input.holdIds"]),
            supplied_ids("holds", "The holds that were ended, oldest first.", &HOLD, PAYLOAD.holds)
                .as_many_as(&["input.instanceIds", "input.instances", "input.holdIds"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: EndHoldsInput| {
        async move {
            let EndHoldsInput { hold_ids, instance_ids, instances } = input;
            let instances = references::instances(instance_ids, instances);
            let input = hold::EndHolds { hold_ids: hold_ids.map(texts), instances };
            answer(hold::end_holds(app, &request, &input).await, held)
        }
        .boxed()
    }),
};

pub(super) fn the_instance(id: i64) -> SuppliedRow {
    SuppliedRow::new().int(PAYLOAD.instance_id, id)
}

fn held(held: hold::Held) -> SuppliedRow {
    SuppliedRow::new().ids(PAYLOAD.instances, held.instances).ids(PAYLOAD.holds, held.holds)
}

/// A field that is left out stays; null clears it.
fn edit<T, U: From<T>>(field: MaybeUndefined<T>) -> Edit<U> {
    match field {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Clear,
        MaybeUndefined::Value(value) => Edit::Set(value.into()),
    }
}
