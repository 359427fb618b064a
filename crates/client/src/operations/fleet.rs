//! The fleet as a whole: its suspension, its freezes, and windows in which services are frozen.

use super::list::{Freeze, Input};
use crate::operation::operation;
use crate::{NoVariables, Payload};
use serde::{Deserialize, Deserializer, Serialize};

operation! {
    /// Returns the suspension of the fleet, or `None` if it is not suspended.
    query CurrentSuspension(NoVariables) -> Payload<Option<Suspension>>
}

operation! {
    /// Suspends the fleet. If it is suspended, that stays as it is.
    repeatable mutation SuspendFleet(Input<SuspendInput>) -> Payload<SuspendPayload>
}

operation! {
    /// Ends the suspension of the fleet, if it is suspended.
    repeatable mutation ResumeFleet(NoVariables) -> Payload<NoPayload>
}

operation! {
    /// Freezes every service.
    mutation FreezeFleet(Input<FreezeFleetInput>) -> Payload<FreezePayload>
}

operation! {
    /// Ends all freezes of every service.
    repeatable mutation UnfreezeFleet(NoVariables) -> Payload<NoPayload>
}

operation! {
    /// Returns all freeze windows.
    query FreezeWindows(NoVariables) -> Payload<Vec<FreezeWindow>>, with FreezeWindowFields
}

operation! {
    /// Freezes services by a weekly calendar.
    mutation CreateFreezeWindow(Input<WindowInput>) -> Payload<WindowPayload>, with FreezeWindowFields
}

operation! {
    /// Removes a freeze window.
    mutation RemoveFreezeWindow(Input<WindowId>) -> Payload<NoPayload>
}

#[derive(Clone, Debug, Serialize)]
pub struct SuspendInput {
    pub reason: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreezeFleetInput {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub include_reverts: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowInput {
    /// The names of the services, or `None` for every service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<String>>,
    pub time_zone: String,
    /// Words such as `FRIDAY`.
    pub days: Vec<String>,
    /// `HH:MM`
    pub from: String,
    /// `HH:MM`
    pub to: String,
    pub include_reverts: bool,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowId {
    pub freeze_window_id: String,
}

/// Nothing is started anywhere.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Suspension {
    pub reason: String,
    pub by: String,
    pub since: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SuspendPayload {
    /// `None` only if the mutation was refused.
    pub suspension: Option<Suspension>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct FreezePayload {
    /// `None` only if the mutation was refused.
    pub freeze: Option<Freeze>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowPayload {
    /// `None` only if the mutation was refused.
    pub freeze_window: Option<FreezeWindow>,
}

/// A mutation that returns nothing but its errors.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct NoPayload {}

/// A freeze by a weekly calendar.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreezeWindow {
    pub id: String,
    /// The names of its services, or `None` for every service.
    #[serde(deserialize_with = "optional_names")]
    pub services: Option<Vec<String>>,
    pub time_zone: String,
    /// The days on which it begins.
    pub days: Vec<String>,
    pub from: String,
    pub to: String,
    pub includes_reverts: bool,
    pub reason: String,
    pub created_by: String,
    pub created_at: String,
    /// Whether it is open now.
    pub open: bool,
    pub opens_at: Option<String>,
    pub closes_at: Option<String>,
}

fn optional_names<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let named = Option::<Vec<super::Named>>::deserialize(from)?;
    Ok(named.map(|named| named.into_iter().map(|named| named.name).collect()))
}
