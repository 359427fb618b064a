//! Freezes: holds on a whole service, or on all, which refuse new releases (R17).

use super::event::fleet_event;
use super::hold_checks::{bounded, check_until, in_force, refuse_others};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Replay, Request};
use crate::domain::event::{About, FleetEventKind, ServiceEventKind, service_event};
use crate::domain::hold::Hold;
use crate::domain::reference::Reference;
use crate::domain::{Kind, Problems, Timestamp, name};
use crate::store::fleet;
use crate::store::hold::{self, NewHold};

/// A service to freeze.
#[derive(Clone, Debug)]
pub struct Freeze {
    pub service: Reference,
    pub reason: String,
    pub until: Option<Timestamp>,
    pub include_reverts: bool,
}

/// A service to unfreeze.
#[derive(Clone, Debug)]
pub struct Unfreeze {
    pub service: Reference,
    /// Only these freezes; by default all in force.
    pub hold_ids: Option<Vec<String>>,
}

/// A service, and freezes of it that were set or ended, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub service: i64,
    /// Oldest first.
    pub holds: Vec<i64>,
}

/// Freezes a service: after the answer no release of it is accepted. Releases under way go on.
pub async fn freeze(app: &App, request: &Request, freeze: &Freeze) -> Answer<Frozen> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = freezing(&mut change, freeze).await;
    change.conclude(outcome).await
}

async fn freezing(change: &mut Change<'_>, freeze: &Freeze) -> Result<Done<Frozen>, Failure> {
    let mut problems = Problems::default();
    if let Replay::Made(holds) = change.replay(&mut problems).await? {
        let holds: Vec<i64> = holds.iter().map(|id| id.number).collect();
        let row = hold::by_ids(&mut change.tx, &holds).await?.pop();
        let service = row.and_then(|hold| hold.service_id).unwrap_or_default();
        return Ok(Done::replayed(Frozen { service, holds }));
    }
    let service = change.service(&freeze.service, &mut problems).await?;
    problems.collect(name::needed("reason", &freeze.reason, name::MAX_REASON));
    problems.collect(check_until(freeze.until, change.now));
    let service = problems.ok_with(service)?;
    let new = NewHold { reason: &freeze.reason, until: freeze.until };
    let id =
        hold::freeze(&mut change.tx, Some(service.id), &new, freeze.include_reverts, change.by, change.now).await?;
    let about = About::Freeze(id);
    change.record(service_event((service.id, &service.name), ServiceEventKind::Frozen, about, change.by));
    Ok(Done::made(Frozen { service: service.id, holds: vec![id] }, vec![Kind::Hold.id(id)]))
}

/// Ends freezes of a service: those named, by default all in force. A named freeze that has ended already is no
/// error, and not in the answer. A freeze of another service, or a hold on an instance, is `INVALID`.
pub async fn unfreeze(app: &App, request: &Request, unfreeze: &Unfreeze) -> Answer<Frozen> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = unfreezing(&mut change, unfreeze).await;
    change.conclude(outcome).await
}

async fn unfreezing(change: &mut Change<'_>, unfreeze: &Unfreeze) -> Result<Done<Frozen>, Failure> {
    let mut problems = Problems::default();
    let service = change.service(&unfreeze.service, &mut problems).await?;
    let freezes = match (&unfreeze.hold_ids, &service) {
        (None, None) => Vec::new(),
        (None, Some(service)) => hold::on_service(&mut change.tx, service.id).await?,
        (Some(texts), service) => {
            let of = service.as_ref().map(|service| service.id);
            let fits = |hold: &Hold| {
                hold.is_freeze() && hold.service_id.is_some_and(|frozen| of.is_none_or(|id| id == frozen))
            };
            let texts = bounded("holdIds", texts, &mut problems);
            let holds = change.holds("holdIds", texts, &mut problems).await?;
            let message = "These holds are not freezes of this service alone. Name freezes of it, or omit holdIds.";
            refuse_others(&holds, fits, message, &mut problems);
            holds
        }
    };
    let service = problems.ok_with(service)?;
    let ended = hold::end(&mut change.tx, &in_force(&freezes, change.now), change.by, change.now).await?;
    for id in &ended {
        let about = About::Freeze(*id);
        change.record(service_event((service.id, &service.name), ServiceEventKind::Unfrozen, about, change.by));
    }
    let changed = ended.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::changed(Frozen { service: service.id, holds: ended }, changed))
}

/// A freeze of every service.
#[derive(Clone, Debug)]
pub struct FleetFreeze {
    pub reason: String,
    pub until: Option<Timestamp>,
    pub include_reverts: bool,
}

/// Freezes every service, and returns the number of the freeze: after the answer no release is accepted. Releases under way
/// go on.
pub async fn freeze_fleet(app: &App, request: &Request, freeze: &FleetFreeze) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = freezing_fleet(&mut change, freeze).await;
    change.conclude(outcome).await
}

async fn freezing_fleet(change: &mut Change<'_>, freeze: &FleetFreeze) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    fleet::lock_freezes(&mut change.tx).await?;
    change.refresh_clock().await?;
    problems.collect(name::needed("reason", &freeze.reason, name::MAX_REASON));
    problems.collect(check_until(freeze.until, change.now));
    problems.into_result()?;
    let new = NewHold { reason: &freeze.reason, until: freeze.until };
    let id = hold::freeze(&mut change.tx, None, &new, freeze.include_reverts, change.by, change.now).await?;
    change.record(fleet_event(FleetEventKind::Frozen, Some(id), change.by));
    Ok(Done::changed(id, vec![Kind::Hold.id(id)]))
}

/// Ends all freezes of the fleet that are in force. If there are none, it changes nothing. Freezes of services and freeze
/// windows stay.
pub async fn unfreeze_fleet(app: &App, request: &Request) -> Answer<()> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = unfreezing_fleet(&mut change).await;
    change.conclude(outcome).await
}

async fn unfreezing_fleet(change: &mut Change<'_>) -> Result<Done<()>, Failure> {
    fleet::lock_freezes(&mut change.tx).await?;
    change.refresh_clock().await?;
    let freezes = hold::on_fleet(&mut change.tx).await?;
    let ended = hold::end(&mut change.tx, &in_force(&freezes, change.now), change.by, change.now).await?;
    for id in &ended {
        change.record(fleet_event(FleetEventKind::Unfrozen, Some(*id), change.by));
    }
    Ok(Done::changed((), ended.iter().map(|id| Kind::Hold.id(*id)).collect()))
}
