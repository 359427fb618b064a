//! The end of holds: its events, and the holds and freezes that expire (R17).

use super::event::{About, InstanceEventDraft, service_event};
use crate::domain::Timestamp;
use crate::domain::event::{BY_LOCKKEEPER, InstanceEventKind, NewEvent, ServiceEventKind};
use crate::domain::hold::Hold;
use crate::store::instance::{self, Instance};
use crate::store::{Db, Result, Tx, events, hold, service};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most holds that one transaction ends because they expired.
const BATCH: usize = 1000;

/// What several holds on one instance are to each other while they end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Each locks the instance until it is its turn to end.
    OneByOne,
    /// All of them have expired: none locks the instance any more.
    AllAtOnce,
}

/// Holds of instances that were just ended.
pub struct EndedHolds<'a> {
    pub holds: &'a [Hold],
    /// The ids of those that this change ended, sorted.
    pub ended: &'a [i64],
    /// Their instances, locked.
    pub instances: Vec<Instance>,
    pub ending: Ending,
}

/// Records revisions of the instances, and returns one event for each hold that was ended, oldest first.
pub async fn record_ends(tx: &mut Tx, ended: EndedHolds<'_>, by: &str, at: Timestamp) -> Result<Vec<NewEvent>> {
    let EndedHolds { holds, ended, instances, ending } = ended;
    let on: HashMap<i64, i64> = holds.iter().filter_map(|hold| Some((hold.id, hold.instance_id?))).collect();
    let touched: Vec<i64> = ended.iter().map(|hold| on[hold]).collect();
    instance::add_revisions(tx, &touched, by, at).await?;
    let locked = instance::locked(tx, &touched).await?;
    let mut left: HashMap<i64, usize> = HashMap::new();
    for id in &touched {
        *left.entry(*id).or_default() += 1;
    }
    let mut instances: HashMap<i64, Instance> = instances.into_iter().map(|instance| (instance.id, instance)).collect();
    let mut events = Vec::with_capacity(ended.len());
    for (hold, id) in ended.iter().zip(&touched) {
        let others = left.get_mut(id).map_or(0, |left| {
            *left -= 1;
            *left
        });
        let Some(instance) = instances.get_mut(id) else { continue };
        instance.revision += 1;
        let draft = InstanceEventDraft {
            locked: locked.contains(id) || (ending == Ending::OneByOne && others > 0),
            hold_id: Some(*hold),
            ..InstanceEventDraft::of(instance, InstanceEventKind::Hold)
        };
        events.push(draft.caused_by(by));
    }
    Ok(events)
}

/// Ends holds and freezes that have expired, and appends their events. Returns how many there were. Whether they are in
/// force does not depend on this (R17).
pub async fn end_expired(db: &Db) -> Result<u64> {
    if !hold::any_due(db).await? {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let due = hold::due(&mut tx, now, BATCH).await?;
    let (holds, freezes): (Vec<Hold>, Vec<Hold>) = due.into_iter().partition(|hold| hold.instance_id.is_some());
    let mut new_events = end_freezes(&mut tx, &freezes).await?;
    let instance_ids: BTreeSet<i64> = holds.iter().filter_map(|hold| hold.instance_id).collect();
    let instances = instance::lock(&mut tx, &instance_ids.into_iter().collect::<Vec<_>>()).await?;
    let ids: Vec<i64> = holds.iter().map(|hold| hold.id).collect();
    let ended = hold::expire(&mut tx, &ids).await?;
    let at = tx.now().await?;
    let ended = EndedHolds { holds: &holds, ended: &ended, instances, ending: Ending::AllAtOnce };
    new_events.extend(record_ends(&mut tx, ended, BY_LOCKKEEPER, at).await?);
    if !new_events.is_empty() {
        events::append(&mut tx, at, &new_events).await?;
    }
    tx.commit().await?;
    Ok(new_events.len() as u64)
}

async fn end_freezes(tx: &mut Tx, due: &[Hold]) -> Result<Vec<NewEvent>> {
    let mut names = BTreeMap::new();
    for service_id in due.iter().map(|freeze| freeze.service_id).collect::<BTreeSet<_>>() {
        if let Some(service) = service::lock(tx, service_id).await? {
            names.insert(service_id, service.name);
        }
    }
    let ids: Vec<i64> = due.iter().map(|freeze| freeze.id).collect();
    let ended = hold::expire(tx, &ids).await?;
    let events = due.iter().filter(|freeze| ended.binary_search(&freeze.id).is_ok()).filter_map(|freeze| {
        let service = (freeze.service_id, names.get(&freeze.service_id)?.as_str());
        Some(service_event(service, ServiceEventKind::Unfrozen, About::Freeze(freeze.id), BY_LOCKKEEPER))
    });
    Ok(events.collect())
}
