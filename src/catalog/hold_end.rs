//! The end of holds: its events, and the holds and freezes that expire (R17).

use super::event::{InstanceEventDraft, fleet_event};
use crate::domain::Timestamp;
use crate::domain::event::{
    About, BY_LOCKKEEPER, FleetEventKind, InstanceEventKind, NewEvent, ServiceEventKind, service_event,
};
use crate::domain::hold::Hold;
use crate::domain::instance::InstanceStatus;
use crate::store::instance::{self, Instance};
use crate::store::{Db, Result, Tx, events, fleet, hold, host, service};
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

/// Holds of instances and hosts that were just ended.
pub struct EndedHolds<'a> {
    pub holds: &'a [Hold],
    /// The ids of those that this change ended, sorted.
    pub ended: &'a [i64],
    /// Their instances, and those on their hosts, locked. Afterwards they have their new revisions.
    pub instances: &'a mut [Instance],
    pub ending: Ending,
}

/// Records revisions of the instances, and returns the events: for each hold that was ended, oldest first, one of each
/// instance that it locked.
pub async fn record_ends(tx: &mut Tx, ended: EndedHolds<'_>, by: &str, at: Timestamp) -> Result<Vec<NewEvent>> {
    let EndedHolds { holds, ended, instances, ending } = ended;
    let released = released(holds, ended, instances);
    let touched: Vec<i64> = released.iter().map(|(_, place)| instances[*place].id).collect();
    instance::add_revisions(tx, &touched, by, at).await?;
    let locked = instance::locked(tx, &touched).await?;
    let mut left: HashMap<i64, usize> = HashMap::new();
    for id in &touched {
        *left.entry(*id).or_default() += 1;
    }
    let mut events = Vec::with_capacity(released.len());
    for (hold, place) in released {
        let instance = &mut instances[place];
        let others = left.get_mut(&instance.id).map_or(0, |left| {
            *left -= 1;
            *left
        });
        instance.revision += 1;
        let draft = InstanceEventDraft {
            locked: locked.contains(&instance.id) || (ending == Ending::OneByOne && others > 0),
            hold_id: Some(hold),
            ..InstanceEventDraft::of(instance, InstanceEventKind::Hold)
        };
        events.push(draft.caused_by(by));
    }
    Ok(events)
}

/// Each hold that was ended, with the place of each instance that it locked: the one that it is on, even if it is removed,
/// or those on its host.
fn released(holds: &[Hold], ended: &[i64], instances: &[Instance]) -> Vec<(i64, usize)> {
    let holds: HashMap<i64, &Hold> = holds.iter().map(|hold| (hold.id, hold)).collect();
    let mut by_id: HashMap<i64, usize> = HashMap::new();
    let mut by_host: HashMap<i64, Vec<usize>> = HashMap::new();
    for (place, instance) in instances.iter().enumerate() {
        by_id.insert(instance.id, place);
        if instance.status != InstanceStatus::Removed {
            by_host.entry(instance.host_id).or_default().push(place);
        }
    }
    let mut released = Vec::new();
    for id in ended {
        let Some(hold) = holds.get(id) else { continue };
        let on = hold.instance_id.and_then(|instance| by_id.get(&instance)).into_iter();
        let on_host = hold.host_id.and_then(|host| by_host.get(&host)).into_iter().flatten();
        released.extend(on.chain(on_host).map(|place| (*id, *place)));
    }
    released
}

/// Ends holds and freezes that have expired, and appends their events. Returns how many holds and freezes there were.
/// Whether they are in force does not depend on this (R17).
pub async fn end_expired(db: &Db) -> Result<u64> {
    if !hold::any_due(db).await? {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let due = hold::due(&mut tx, now, BATCH).await?;
    let (freezes, holds): (Vec<Hold>, Vec<Hold>) = due.into_iter().partition(Hold::is_freeze);
    let (mut new_events, thawed) = end_freezes(&mut tx, &freezes).await?;
    let mut instances = lock_held(&mut tx, &holds).await?;
    let ids: Vec<i64> = holds.iter().map(|hold| hold.id).collect();
    let ended = hold::expire(&mut tx, &ids).await?;
    let count = thawed + ended.len();
    let at = tx.now().await?;
    let ended = EndedHolds { holds: &holds, ended: &ended, instances: &mut instances, ending: Ending::AllAtOnce };
    new_events.extend(record_ends(&mut tx, ended, BY_LOCKKEEPER, at).await?);
    if !new_events.is_empty() {
        events::append(&mut tx, at, &new_events).await?;
    }
    tx.commit().await?;
    Ok(count as u64)
}

/// Locks the hosts that holds are on, then the instances that holds lock, all at once, since locks are taken in the order
/// of ids.
async fn lock_held(tx: &mut Tx, holds: &[Hold]) -> Result<Vec<Instance>> {
    let hosts: BTreeSet<i64> = holds.iter().filter_map(|hold| hold.host_id).collect();
    let hosts: Vec<i64> = hosts.into_iter().collect();
    host::lock_all(tx, &hosts).await?;
    let mut ids: BTreeSet<i64> = holds.iter().filter_map(|hold| hold.instance_id).collect();
    ids.extend(instance::on_hosts(tx, &hosts).await?);
    instance::lock(tx, &ids.into_iter().collect::<Vec<_>>()).await
}

/// Ends freezes of services and of the fleet. Returns their events, and how many it ended.
async fn end_freezes(tx: &mut Tx, due: &[Hold]) -> Result<(Vec<NewEvent>, usize)> {
    if due.iter().any(|freeze| freeze.service_id.is_none()) {
        fleet::lock_freezes(tx).await?;
    }
    let mut names = BTreeMap::new();
    for service_id in due.iter().filter_map(|freeze| freeze.service_id).collect::<BTreeSet<_>>() {
        if let Some(service) = service::lock(tx, service_id).await? {
            names.insert(service_id, service.name);
        }
    }
    let ids: Vec<i64> = due.iter().map(|freeze| freeze.id).collect();
    let ended = hold::expire(tx, &ids).await?;
    let events = due.iter().filter(|freeze| ended.binary_search(&freeze.id).is_ok()).filter_map(|freeze| {
        let Some(service_id) = freeze.service_id else {
            return Some(fleet_event(FleetEventKind::Unfrozen, Some(freeze.id), BY_LOCKKEEPER));
        };
        let service = (service_id, names.get(&service_id)?.as_str());
        Some(service_event(service, ServiceEventKind::Unfrozen, About::Freeze(freeze.id), BY_LOCKKEEPER))
    });
    Ok((events.collect(), ended.len()))
}
