//! Freezes: holds on a whole service, which refuse its new releases (R17).

use super::hold::{in_time, named, refuse_others, standing};
use super::{Answer, Done, ITSELF, Stop, service, settle};
use crate::app::App;
use crate::change::{Change, Request};
use crate::domain::event::ServiceEventKind;
use crate::domain::event::{Changed, NewEvent, ServiceChange};
use crate::domain::hold::Hold;
use crate::domain::{Kind, Problems, Timestamp, name};
use crate::store::hold::{self, NewHold};
use crate::store::{self, Tx};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Only these freezes; else all that stand.
    pub hold_ids: Option<Vec<String>>,
}

/// A service, and freezes of it that were set or ended, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub service: i64,
    /// Oldest first.
    pub holds: Vec<i64>,
}

/// Freezes a service: after the answer nothing is accepted against it. What is under way ends.
pub async fn freeze(app: &App, request: &Request, freeze: &Freeze) -> Answer<Frozen> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = freezing(&mut change, freeze).await;
    settle(change, outcome).await
}

async fn freezing(change: &mut Change<'_>, freeze: &Freeze) -> Result<Done<Frozen>, Stop> {
    let mut problems = Problems::default();
    if let Some(holds) = change.replay(&mut problems).await?? {
        let row = hold::by_ids(&mut change.tx, &holds).await?.pop();
        let service = row.map_or(0, |hold| hold.service_id);
        return Ok(Done::replayed(Frozen { service, holds }));
    }
    let service = problems.take(service::locked(change, "serviceId", &freeze.service_id).await?);
    problems.take(name::needed("reason", &freeze.reason, name::REASON));
    problems.take(in_time(freeze.until, change.now));
    let service = problems.given(service)?;
    let new = NewHold { reason: &freeze.reason, until: freeze.until };
    let id = hold::freeze(&mut change.tx, service.id, &new, freeze.include_reverts, change.by, change.now).await?;
    change.tell(service::told(change, service.id, &service.name, ServiceEventKind::Frozen, None, Some(id)));
    Ok(Done::made(Frozen { service: service.id, holds: vec![id] }, &[Kind::Hold.id(id)]))
}

/// Ends freezes of a service: those named, else all that stand. A named freeze that has ended already is no
/// error, and not among the answer's. One of another service, or a hold on an instance, is `INVALID`.
pub async fn unfreeze(app: &App, request: &Request, unfreeze: &Unfreeze) -> Answer<Frozen> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = unfreezing(&mut change, unfreeze).await;
    settle(change, outcome).await
}

async fn unfreezing(change: &mut Change<'_>, unfreeze: &Unfreeze) -> Result<Done<Frozen>, Stop> {
    let mut problems = Problems::default();
    let service = problems.take(service::locked(change, "serviceId", &unfreeze.service_id).await?);
    let freezes = match (&unfreeze.hold_ids, &service) {
        (None, None) => Vec::new(),
        (None, Some(service)) => hold::on_service(&mut change.tx, service.id).await?,
        (Some(texts), service) => {
            let of = service.as_ref().map(|service| service.id);
            let belongs = |hold: &Hold| hold.instance_id.is_none() && of.is_none_or(|id| id == hold.service_id);
            let holds = named(change, texts, &mut problems).await?;
            let message = "These holds are not freezes of this service. Name freezes of it, or leave holdIds out.";
            refuse_others(&holds, belongs, message, &mut problems);
            holds
        }
    };
    let service = problems.given(service)?;
    let ended = hold::end(&mut change.tx, &standing(&freezes, change.now), change.by, change.now).await?;
    for id in &ended {
        change.tell(service::told(change, service.id, &service.name, ServiceEventKind::Unfrozen, None, Some(*id)));
    }
    let changed = ended.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::changed(Frozen { service: service.id, holds: ended }, changed))
}

/// Ends freezes that are past their `until`, and gives the events that tell it.
pub(super) async fn sweep(tx: &mut Tx, due: &[Hold]) -> store::Result<Vec<NewEvent>> {
    let mut names = BTreeMap::new();
    for service_id in due.iter().map(|freeze| freeze.service_id).collect::<BTreeSet<_>>() {
        if let Some(service) = store::service::lock(tx, service_id).await? {
            names.insert(service_id, service.name);
        }
    }
    let ids: Vec<i64> = due.iter().map(|freeze| freeze.id).collect();
    let ended = hold::expire(tx, &ids).await?;
    let told = due.iter().filter(|freeze| ended.binary_search(&freeze.id).is_ok()).filter_map(|freeze| {
        Some(NewEvent {
            service_id: freeze.service_id,
            service_name: names.get(&freeze.service_id)?.clone(),
            caused_by: ITSELF.to_owned(),
            changed: Changed::Service(ServiceChange {
                kind: ServiceEventKind::Unfrozen,
                version_id: None,
                hold_id: Some(freeze.id),
            }),
        })
    });
    Ok(told.collect())
}
