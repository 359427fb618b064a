//! Freezes: holds on a whole service, which refuse its new releases (R17).

use super::event::{About, service_event};
use super::hold_checks::{bounded, check_until, in_force, refuse_others};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Replay, Request};
use crate::domain::event::ServiceEventKind;
use crate::domain::hold::Hold;
use crate::domain::{Kind, Problems, Timestamp, name};
use crate::store::hold::{self, NewHold};

/// A service to freeze.
#[derive(Clone, Debug)]
pub struct Freeze {
    pub service_id: String,
    pub reason: String,
    pub until: Option<Timestamp>,
    pub include_reverts: bool,
}

/// A service to unfreeze.
#[derive(Clone, Debug)]
pub struct Unfreeze {
    pub service_id: String,
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
        let service = row.map_or(0, |hold| hold.service_id);
        return Ok(Done::replayed(Frozen { service, holds }));
    }
    let service = problems.collect(change.service("serviceId", &freeze.service_id).await?);
    problems.collect(name::needed("reason", &freeze.reason, name::MAX_REASON));
    problems.collect(check_until(freeze.until, change.now));
    let service = problems.ok_with(service)?;
    let new = NewHold { reason: &freeze.reason, until: freeze.until };
    let id = hold::freeze(&mut change.tx, service.id, &new, freeze.include_reverts, change.by, change.now).await?;
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
    let service = problems.collect(change.service("serviceId", &unfreeze.service_id).await?);
    let freezes = match (&unfreeze.hold_ids, &service) {
        (None, None) => Vec::new(),
        (None, Some(service)) => hold::on_service(&mut change.tx, service.id).await?,
        (Some(texts), service) => {
            let of = service.as_ref().map(|service| service.id);
            let fits = |hold: &Hold| hold.instance_id.is_none() && of.is_none_or(|id| id == hold.service_id);
            let texts = bounded("holdIds", texts, &mut problems);
            let holds = change.holds("holdIds", texts, &mut problems).await?;
            let message = "These holds are not freezes of this service. Name freezes of it, or omit holdIds.";
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
