//! Mutations of freeze windows.

use super::prelude::*;
use super::references;
use crate::catalog::window;
use crate::domain::calendar::Weekday;
use crate::graphql::types::FREEZE_WINDOW;

/// Input of createFreezeWindow.
#[derive(InputObject)]
pub struct CreateFreezeWindowInput {
    /// The services to freeze, by id, at most 1000. Pass `serviceIds`, `services`, or neither for every service.
    service_ids: Option<Vec<ID>>,
    /// The services to freeze, by name, at most 1000.
    services: Option<Vec<String>>,
    /// Name of a time zone in the IANA time zone database, for example `Europe/Berlin`.
    time_zone: String,
    /// The days on which the window begins, each once.
    days: Vec<Weekday>,
    /// When it begins, as HH:MM by the wall clock of the time zone.
    from: String,
    /// When it ends, as HH:MM, up to 24:00. If this is before it begins, it ends on the next day.
    to: String,
    /// Whether to refuse reverts, too. An automatic revert after a failure is never refused.
    #[graphql(default)]
    include_reverts: bool,
    /// Why.
    reason: String,
}

pub(super) static CREATE_FREEZE_WINDOW: Mutation = Mutation {
    name: "createFreezeWindow",
    about: "Refuses new releases of some or all services at certain times of each week.",
    right: Right::Operate,
    payload: payload_of(
        "CreateFreezeWindowPayload",
        "Result of createFreezeWindow.",
        &[
            one(
                "freezeWindow",
                "The new freeze window; null when there are user errors.",
                &FREEZE_WINDOW,
                PAYLOAD.freeze_window_id,
            )
            .nullable(),
            USER_ERRORS,
        ],
    ),
    run: &action(|app, request, input: CreateFreezeWindowInput| {
        async move {
            let CreateFreezeWindowInput { service_ids, services, time_zone, days, from, to, include_reverts, reason } =
                input;
            let services = references::services(service_ids, services);
            let input = window::CreateWindow { services, time_zone, days, from, to, include_reverts, reason };
            answer(window::create(app, &request, &input).await, |id| {
                SuppliedRow::new().int(PAYLOAD.freeze_window_id, id)
            })
        }
        .boxed()
    }),
};

/// Input of removeFreezeWindow.
#[derive(InputObject)]
pub struct RemoveFreezeWindowInput {
    /// The freeze window.
    freeze_window_id: ID,
}

pub(super) static REMOVE_FREEZE_WINDOW: Mutation = Mutation {
    name: "removeFreezeWindow",
    about: "Removes a freeze window: it freezes nothing any more.",
    right: Right::Operate,
    payload: payload_of("RemoveFreezeWindowPayload", "Result of removeFreezeWindow.", &[USER_ERRORS]),
    run: &action(|app, request, input: RemoveFreezeWindowInput| {
        async move { answer(window::remove(app, &request, &input.freeze_window_id.0).await, |()| SuppliedRow::new()) }
            .boxed()
    }),
};
