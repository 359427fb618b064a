//! Freeze windows: freezes of some or all services by a weekly calendar (R17).

use super::event::fleet_event;
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::calendar::{Period, Weekday, WeeklyWindow};
use crate::domain::event::FleetEventKind;
use crate::domain::reference::{self, Reference};
use crate::domain::{Kind, Problems, Timestamp, name};
use crate::store::window::{self, NewWindow};
use crate::store::{self, Db, fleet, hold};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How far ahead periods are listed, and how far at least.
const LISTED_MS: i64 = 60 * DAY_MS;
const MIN_LISTED_MS: i64 = 30 * DAY_MS;
/// The most windows whose periods one transaction lists.
const BATCH: i64 = 100;
/// The most services that one window names.
const MAX_SERVICES: usize = 1000;

/// A freeze window to be created.
#[derive(Clone, Debug)]
pub struct CreateWindow {
    /// The services that it freezes; every service if they are omitted.
    pub services: Reference<Vec<String>>,
    pub time_zone: String,
    pub days: Vec<Weekday>,
    /// `HH:MM`, as `to`.
    pub from: String,
    pub to: String,
    pub include_reverts: bool,
    pub reason: String,
}

/// Creates a freeze window, and returns its number: after the answer, no release that it refuses is accepted while it is
/// open.
pub async fn create(app: &App, request: &Request, input: &CreateWindow) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = creating(&mut change, input).await;
    change.conclude(outcome).await
}

async fn creating(change: &mut Change<'_>, input: &CreateWindow) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let services = match input.services.is_omitted() {
        true => Vec::new(),
        false => change.service_ids(MAX_SERVICES, &input.services, &mut problems).await?,
    };
    let calendar = match WeeklyWindow::parse(&input.time_zone, &input.days, &input.from, &input.to) {
        Ok(calendar) => Some(calendar),
        Err(wrong) => {
            wrong.0.into_iter().for_each(|problem| problems.add(problem));
            None
        }
    };
    problems.collect(name::needed("reason", &input.reason, name::MAX_REASON));
    let calendar = problems.ok_with(calendar)?;
    fleet::lock_freezes(&mut change.tx).await?;
    change.refresh_clock().await?;
    let new = NewWindow {
        calendar: &calendar,
        services: &services,
        reason: &input.reason,
        includes_reverts: input.include_reverts,
    };
    let id = window::insert(&mut change.tx, &new, change.by, change.now).await?;
    let until = Timestamp(change.now.0 + LISTED_MS);
    let periods: Vec<_> = calendar.periods(change.now, until).into_iter().map(|period| (id, period)).collect();
    window::list_periods(&mut change.tx, &periods, &[id], until).await?;
    change.record(fleet_event(FleetEventKind::WindowCreated, Some(id), change.by));
    Ok(Done::changed(id, vec![Kind::FreezeWindow.id(id)]))
}

/// Removes a freeze window: it freezes nothing any more. Removing one that is removed changes nothing.
pub async fn remove(app: &App, request: &Request, window_id: &str) -> Answer<()> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, window_id).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, window_id: &str) -> Result<Done<()>, Failure> {
    const FIELD: &str = "freezeWindowId";
    let id = reference::id(FIELD, Kind::FreezeWindow, window_id)?;
    fleet::lock_freezes(&mut change.tx).await?;
    change.refresh_clock().await?;
    let found = hold::by_ids(&mut change.tx, &[id]).await?;
    if !found.iter().any(|hold| hold.is_window) {
        return Err(reference::not_found(FIELD, Kind::FreezeWindow, &[window_id]).into());
    }
    let ended = hold::end(&mut change.tx, &[id], change.by, change.now).await?;
    for id in &ended {
        change.record(fleet_event(FleetEventKind::WindowRemoved, Some(*id), change.by));
    }
    Ok(Done::changed((), ended.iter().map(|id| Kind::FreezeWindow.id(*id)).collect()))
}

/// Lists when windows are open in the next weeks, for statements that only read, and deletes periods that are long over.
/// Returns how many windows it listed periods of.
pub async fn list_periods(db: &Db) -> store::Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    window::delete_periods(&mut tx, Timestamp(now.0 - DAY_MS)).await?;
    let windows = window::to_list(&mut tx, Timestamp(now.0 + MIN_LISTED_MS), BATCH).await?;
    let until = Timestamp(now.0 + LISTED_MS);
    let mut periods: Vec<(i64, Period)> = Vec::new();
    for one in &windows {
        let (calendar, from) = (one.calendar(), one.listed_until);
        // One that is open across the end of the list is in it already.
        let is_listed = calendar.is_open(Timestamp(from.0 - 1));
        let new = calendar.periods(from, until).into_iter().filter(|period| !is_listed || period.opens_at > from);
        periods.extend(new.map(|period| (one.id, period)));
    }
    let ids: Vec<i64> = windows.iter().map(|one| one.id).collect();
    if !ids.is_empty() {
        window::list_periods(&mut tx, &periods, &ids, until).await?;
    }
    tx.commit().await?;
    Ok(ids.len() as u64)
}
