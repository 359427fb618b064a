use super::SERVICE;
use super::node::{FREEZE_WINDOW_NODE, NODE};
use crate::domain::Timestamp;
use crate::domain::calendar::{Days, Weekday, WeeklyWindow, clock};
use crate::read::declare::{
    BOOLEAN, Column, Computed, Inputs, Leaf, Object, TEXT, TIME, column, columns, computed, id, leaf, list, term,
};
use crate::store::db::rows::CellKind;
use crate::wire::{ApiError, json};

columns! {
    ROW: FreezeWindowRow {
        id: Int,
        time_zone: Text,
        days: Int,
        from_minute: Int,
        to_minute: Int,
        reason: Text = term!("(SELECT x.reason FROM hold x WHERE x.id = {row}.id)"),
        includes_reverts: Bool = term!("(SELECT x.includes_reverts FROM hold x WHERE x.id = {row}.id)"),
        created_by: Text = term!("(SELECT x.created_by FROM hold x WHERE x.id = {row}.id)"),
        created_at: Time = term!("(SELECT x.created_at FROM hold x WHERE x.id = {row}.id)"),
        removed_at: Time = term!("(SELECT x.ended_at FROM hold x WHERE x.id = {row}.id)"),
        has_services: Int = term!("(SELECT min(x.service_id) FROM freeze_window_service x WHERE x.window_id = {row}.id)"),
        now: Time = term!("{begun}"),
    }
}

columns! {
    /// What the services of windows have beside.
    FROZEN: FrozenServiceRow { window_id: Int }
}

/// Days, kept as bits.
static DAYS: Leaf = leaf::<Vec<Weekday>>(CellKind::Int, |cell, out| {
    let days = Days::from_bits(cell.int().unwrap_or_default()).list().map(|day| format!("\"{day}\""));
    out.extend_from_slice(format!("[{}]", days.collect::<Vec<_>>().join(",")).as_bytes());
});
/// A time of day, kept in minutes.
static CLOCK: Leaf =
    leaf::<String>(CellKind::Int, |cell, out| json::string(&clock(cell.int().unwrap_or_default()), out));

/// What the calendar of a window is read from, and whether it was removed.
const CALENDAR: &[Column] = &[ROW.time_zone, ROW.days, ROW.from_minute, ROW.to_minute, ROW.removed_at, ROW.now];

/// Returns the calendar and the present instant, or `None` if the window was removed.
fn calendar(inputs: &Inputs<'_>) -> Result<Option<(WeeklyWindow, Timestamp)>, ApiError> {
    if !inputs.is_null(ROW.removed_at)? {
        return Ok(None);
    }
    let int = |column| Ok::<i64, ApiError>(inputs.int(column)?.unwrap_or_default());
    let calendar = WeeklyWindow {
        time_zone: inputs.text(ROW.time_zone)?.unwrap_or_default().to_owned(),
        days: Days::from_bits(int(ROW.days)?),
        from_minute: int(ROW.from_minute)?,
        to_minute: int(ROW.to_minute)?,
    };
    Ok(Some((calendar, Timestamp(int(ROW.now)?))))
}

fn open(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let open = calendar(inputs)?.is_some_and(|(calendar, now)| calendar.is_open(now));
    Ok(Some(Computed::Bool(open)))
}

fn opens_at(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let opening = calendar(inputs)?.and_then(|(calendar, now)| calendar.next_opening(now));
    Ok(opening.map(|at| Computed::Text(at.to_string())))
}

fn closes_at(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let closing = calendar(inputs)?.and_then(|(calendar, now)| calendar.next_closing(now));
    Ok(closing.map(|at| Computed::Text(at.to_string())))
}

pub static FREEZE_WINDOW: Object = Object::node(
    "FreezeWindow",
    "A freeze by a weekly calendar. While it is open, new releases of its services are refused. It is open while the wall clock of its time zone shows a time in it.",
    FREEZE_WINDOW_NODE,
    ROW.id,
    &[
        id(),
        list(
            "services",
            "The services that it freezes, without removed ones; null if it freezes every service.",
            &SERVICE,
        )
        .of_parent(FROZEN.window_id)
        .from_query(term!(
            "SELECT {row}.*, x.window_id FROM freeze_window_service x JOIN service {row} ON {row}.id = x.service_id \
             WHERE x.window_id {parents}{conditions}"
        ))
        .at_most(20)
        .present(ROW.has_services),
        column("timeZone", "Name of its time zone in the IANA time zone database.", &TEXT, ROW.time_zone),
        column("days", "The days on which it begins, Monday first.", &DAYS, ROW.days),
        column("from", "When it begins on these days, as HH:MM.", &CLOCK, ROW.from_minute),
        column(
            "to",
            "When it ends, as HH:MM, up to 24:00; on the next day if this is before it begins.",
            &CLOCK,
            ROW.to_minute,
        ),
        column("includesReverts", "Whether it also refuses reverts.", &BOOLEAN, ROW.includes_reverts),
        column("reason", "Why it was created.", &TEXT, ROW.reason),
        column("createdBy", "Name of the caller who created it.", &TEXT, ROW.created_by),
        column("createdAt", "When it was created.", &TIME, ROW.created_at),
        computed("open", "Whether it is open now. A removed one never is.", &BOOLEAN, CALENDAR, open),
        computed("opensAt", "When it opens next; null if it never closes, or was removed.", &TIME, CALENDAR, opens_at)
            .nullable(),
        computed("closesAt", "When it closes next; null if it never closes, or was removed.", &TIME, CALENDAR, closes_at)
            .nullable(),
    ],
)
.implements(&NODE)
.listed(term!("EXISTS (SELECT 1 FROM hold x WHERE x.id = {row}.id AND x.ended_at IS NULL)"));
