//! Mutations of the fleet as a whole: its suspension and its freezes.

use super::prelude::*;
use crate::catalog::{freeze, suspension};
use crate::graphql::types::{HOLD, SUSPENSION};

/// Input of suspendFleet.
#[derive(InputObject)]
pub struct SuspendFleetInput {
    /// Why.
    reason: String,
}

pub(super) static SUSPEND_FLEET: Mutation = Mutation {
    name: "suspendFleet",
    about: "Stops the start of targets of all releases, undos included, until resumeFleet. After the answer nothing is started. What runs goes on, and releases are still accepted. If the fleet is suspended already, that suspension stays.",
    right: Right::Administer,
    payload: payload_of(
        "SuspendFleetPayload",
        "Result of suspendFleet.",
        &[
            one("suspension", "The suspension; null when there are user errors.", &SUSPENSION, PAYLOAD.suspension_id)
                .nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: SuspendFleetInput| {
        async move {
            answer(suspension::suspend(app, &request, &input.reason).await, |id| {
                SuppliedRow::new().int(PAYLOAD.suspension_id, id)
            })
        }
        .boxed()
    }),
};

pub(super) static RESUME_FLEET: Mutation = Mutation {
    name: "resumeFleet",
    about: "Ends the suspension of the fleet. If it is not suspended, this changes nothing.",
    right: Right::Administer,
    payload: payload_of("ResumeFleetPayload", "Result of resumeFleet.", &[USER_ERRORS]),
    run: &action_without_input(|app, request| {
        async move { answer(suspension::resume(app, &request).await, |()| SuppliedRow::new()) }.boxed()
    }),
};

/// Input of freezeFleet.
#[derive(InputObject)]
pub struct FreezeFleetInput {
    /// Why.
    reason: String,
    /// When the freeze ends automatically; without it, it stays until it is ended.
    until: Option<DateTime>,
    /// Whether to refuse reverts, too. An automatic revert after a failure is never refused.
    #[graphql(default)]
    include_reverts: bool,
}

pub(super) static FREEZE_FLEET: Mutation = Mutation {
    name: "freezeFleet",
    about: "Refuses new releases of every service.",
    right: Right::Operate,
    payload: payload_of(
        "FreezeFleetPayload",
        "Result of freezeFleet.",
        &[
            one("freeze", "The new freeze; null when there are user errors.", &HOLD, PAYLOAD.hold_id).nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: FreezeFleetInput| {
        async move {
            let FreezeFleetInput { reason, until, include_reverts } = input;
            let freeze = freeze::FleetFreeze { reason, until: until.map(|until| until.0), include_reverts };
            answer(freeze::freeze_fleet(app, &request, &freeze).await, |id| SuppliedRow::new().int(PAYLOAD.hold_id, id))
        }
        .boxed()
    }),
};

pub(super) static UNFREEZE_FLEET: Mutation = Mutation {
    name: "unfreezeFleet",
    about: "Ends all freezes that freezeFleet set. Freezes of single services and freeze windows stay.",
    right: Right::Operate,
    payload: payload_of("UnfreezeFleetPayload", "Result of unfreezeFleet.", &[USER_ERRORS]),
    run: &action_without_input(|app, request| {
        async move { answer(freeze::unfreeze_fleet(app, &request).await, |()| SuppliedRow::new()) }.boxed()
    }),
};
