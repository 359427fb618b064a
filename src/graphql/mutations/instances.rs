//! Mutations of what is recorded about instances, and of the holds on them.

use super::prelude::*;
use crate::catalog::{hold, instance};
use crate::domain::Edit;
use crate::graphql::types::{HOLD, INSTANCE};
use async_graphql::{MaybeUndefined, OneofObject};

/// What was changed.
const INSTANCE_FIELD: Field =
    one("instance", "The instance; null when there are user errors.", &INSTANCE, "instance_id").nullable();

/// Input of updateInstance. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateInstanceInput {
    /// The instance.
    instance_id: ID,
    /// Port, 1 to 65535; null for none.
    port: MaybeUndefined<i32>,
    /// Tag, at most 63 characters; null for none.
    tag: MaybeUndefined<String>,
    /// Share of traffic, 0 to 1000.
    weight: Option<i32>,
    /// Description, at most 1000 characters.
    description: Option<String>,
    /// Whether somebody works on it.
    maintenance: Option<bool>,
    /// Revision the caller saw. The error STALE when the instance changed since.
    expected_revision: Option<i32>,
}

pub(super) static UPDATE_INSTANCE: Mutation = Mutation {
    name: "updateInstance",
    about: "Changes what is recorded about an instance: port, tag, weight, description, maintenance.",
    right: Right::Operate,
    payload: payload_of("UpdateInstancePayload", "Result of updateInstance.", &[INSTANCE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: UpdateInstanceInput| {
        async move {
            let UpdateInstanceInput { instance_id, port, tag, weight, description, maintenance, expected_revision } =
                input;
            let edits = instance::Edits {
                instance_id: instance_id.0,
                port: edit(port),
                tag: edit(tag),
                weight: weight.map(i64::from),
                description,
                maintenance,
                expected_revision: expected_revision.map(i64::from),
            };
            answer(instance::update(app, &request, &edits).await, the_instance)
        }
        .boxed()
    }),
};

/// Input of confirmInstance.
#[derive(InputObject)]
pub struct ConfirmInstanceInput {
    /// The instance: UNKNOWN or failed, and held by no release.
    instance_id: ID,
    /// What was found there.
    found: FoundInput,
    /// Revision the caller saw. The error STALE when the instance changed since.
    expected_revision: Option<i32>,
}

pub(super) static CONFIRM_INSTANCE: Mutation = Mutation {
    name: "confirmInstance",
    about: "Says what really runs where nobody knew, or after a repair by hand.",
    right: Right::Operate,
    payload: payload_of("ConfirmInstancePayload", "Result of confirmInstance.", &[INSTANCE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: ConfirmInstanceInput| {
        async move {
            let finding = instance::Finding {
                instance_id: input.instance_id.0,
                found: match input.found {
                    FoundInput::VersionId(id) => instance::Found::Version(id.0),
                    FoundInput::Nothing(nothing) => instance::Found::Nothing(nothing),
                },
                expected_revision: input.expected_revision.map(i64::from),
            };
            answer(instance::confirm(app, &request, &finding).await, the_instance)
        }
        .boxed()
    }),
};

/// What was found on a host. Exactly one.
#[derive(OneofObject)]
pub enum FoundInput {
    /// This version runs.
    VersionId(ID),
    /// Nothing runs, and the instance is REMOVED. Only true is allowed.
    Nothing(bool),
}

/// Input of lockInstances.
#[derive(InputObject)]
pub struct LockInstancesInput {
    /// The instances, at most 1000. All or none are locked.
    instance_ids: Vec<ID>,
    /// Why.
    reason: String,
    /// When the lock ends by itself.
    until: Option<DateTime>,
    /// 1 to 255 characters: the same key of the same caller answers with the same holds, for 7 days.
    idempotency_key: Option<String>,
}

pub(super) static LOCK_INSTANCES: Mutation = Mutation {
    name: "lockInstances",
    about: "Locks instances by hand. A release under way ends; no new one may take them.",
    right: Right::Operate,
    payload: payload_of(
        "LockInstancesPayload",
        "Result of lockInstances.",
        &[
            picked("instances", "The instances; empty when there are user errors.", &INSTANCE, "instances")
                .as_many_as(&["input.instanceIds"]),
            picked("holds", "The new holds, in the order of the input.", &HOLD, "holds")
                .as_many_as(&["input.instanceIds"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: LockInstancesInput| {
        async move {
            let LockInstancesInput { instance_ids, reason, until, .. } = input;
            let lock = hold::Lock { instance_ids: texts(instance_ids), reason, until: until.map(|until| until.0) };
            answer(hold::lock(app, &request, &lock).await, held)
        }
        .boxed()
    }),
};

/// Input of unlockInstances.
#[derive(InputObject)]
pub struct UnlockInstancesInput {
    /// The instances, at most 1000.
    instance_ids: Vec<ID>,
    /// Only these holds; else all that stand on the instances.
    hold_ids: Option<Vec<ID>>,
}

pub(super) static UNLOCK_INSTANCES: Mutation = Mutation {
    name: "unlockInstances",
    about: "Ends locks set by hand. A lock held by a release is ended only by that release.",
    right: Right::Operate,
    payload: payload_of(
        "UnlockInstancesPayload",
        "Result of unlockInstances.",
        &[
            picked("instances", "The instances; empty when there are user errors.", &INSTANCE, "instances")
                .as_many_as(&["input.instanceIds"]),
            picked("holds", "The holds that were ended.", &HOLD, "holds")
                .as_many_as(&["input.instanceIds", "input.holdIds"]),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: UnlockInstancesInput| {
        async move {
            let unlock = hold::Unlock { instance_ids: texts(input.instance_ids), hold_ids: input.hold_ids.map(texts) };
            answer(hold::unlock(app, &request, &unlock).await, held)
        }
        .boxed()
    }),
};

fn the_instance(id: i64) -> SuppliedRow {
    SuppliedRow::new().int("instance_id", id)
}

fn held(held: hold::Held) -> SuppliedRow {
    SuppliedRow::new().ids("instances", held.instances).ids("holds", held.holds)
}

/// What is left out stays; null clears.
fn edit<T, U: From<T>>(given: MaybeUndefined<T>) -> Edit<U> {
    match given {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Clear,
        MaybeUndefined::Value(value) => Edit::Set(value.into()),
    }
}
