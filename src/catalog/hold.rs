//! Holds: locks that people set on instances, and end (R17).

use super::event::InstanceEventDraft;
use super::hold_checks::{MAX_NAMED, bounded, check_until, in_force, refuse_others};
use super::hold_end::{EndedHolds, Ending, record_ends};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Replay, Request};
use crate::domain::event::InstanceEventKind;
use crate::domain::hold::Hold;
use crate::domain::reference::Reference;
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems, Timestamp, name};
use crate::store;
use crate::store::hold::{self, NewHold};
use crate::store::instance::{self, Instance};
use std::collections::{HashMap, HashSet};

/// Instances to hold.
#[derive(Clone, Debug)]
pub struct HoldInstances {
    pub instances: Reference<Vec<String>>,
    pub reason: String,
    pub until: Option<Timestamp>,
}

/// Holds to end: these, or those in force on these instances. Both mean these holds on these instances.
#[derive(Clone, Debug)]
pub struct EndHolds {
    pub hold_ids: Option<Vec<String>>,
    pub instances: Reference<Vec<String>>,
}

/// Instances, and holds that were set or ended on them, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// In the order of the input: of its instances, else of its holds.
    pub instances: Vec<i64>,
    /// Those that were set in the order of the input, those that were ended oldest first.
    pub holds: Vec<i64>,
}

/// Sets a hold on each of the instances, or on none. Instances of a release under way may be held, too: the release
/// goes on, and no new one takes them.
pub async fn hold_instances(app: &App, request: &Request, input: &HoldInstances) -> Answer<Held> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = hold_all(&mut change, input).await;
    change.conclude(outcome).await
}

async fn hold_all(change: &mut Change<'_>, input: &HoldInstances) -> Result<Done<Held>, Failure> {
    let mut problems = Problems::default();
    if let Replay::Made(holds) = change.replay(&mut problems).await? {
        return Ok(Done::replayed(replayed(change, &holds).await?));
    }
    problems.collect(name::needed("reason", &input.reason, name::MAX_REASON));
    problems.collect(check_until(input.until, change.now));
    let ids = change.instance_ids(MAX_NAMED, &input.instances, &mut problems).await?;
    let found = change.instances(input.instances.field(), &ids, &mut problems).await?;
    problems.into_result()?;
    let instances: HashMap<i64, Instance> = found.into_iter().map(|instance| (instance.id, instance)).collect();
    let pairs: Vec<_> = ids.iter().map(|id| (*id, instances[id].service_id)).collect();
    let new = NewHold { reason: &input.reason, until: input.until };
    let made: Vec<(i64, i64)> = hold::insert(&mut change.tx, &pairs, &new, change.by, change.now).await?;
    let made: HashMap<i64, i64> = made.into_iter().map(|(hold, instance)| (instance, hold)).collect();
    instance::add_revisions(&mut change.tx, &ids, change.by, change.now).await?;
    let holds: Vec<i64> = ids.iter().map(|id| made[id]).collect();
    for (id, hold) in ids.iter().zip(&holds) {
        let instance = &instances[id];
        let draft = InstanceEventDraft {
            revision: instance.revision + 1,
            locked: true,
            hold_id: Some(*hold),
            ..InstanceEventDraft::of(instance, InstanceEventKind::Hold)
        };
        change.record(draft.caused_by(change.by));
    }
    let made = holds.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::made(Held { instances: ids, holds }, made))
}

/// The answer to a request that set these holds before.
async fn replayed(change: &mut Change<'_>, holds: &[Id]) -> store::Result<Held> {
    let holds: Vec<i64> = holds.iter().map(|id| id.number).collect();
    let rows = hold::by_ids(&mut change.tx, &holds).await?;
    let on: HashMap<i64, i64> = rows.iter().filter_map(|hold| Some((hold.id, hold.instance_id?))).collect();
    Ok(Held { instances: holds.iter().filter_map(|id| on.get(id).copied()).collect(), holds })
}

/// Ends holds on instances. A named hold that has ended already is no error, and not in the answer. A freeze or a hold on a
/// host is `INVALID`, and so is a hold that is on none of the instances that are named beside it. Holds of a removed instance
/// can be ended, too.
pub async fn end_holds(app: &App, request: &Request, input: &EndHolds) -> Answer<Held> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = end_all(&mut change, input).await;
    change.conclude(outcome).await
}

async fn end_all(change: &mut Change<'_>, input: &EndHolds) -> Result<Done<Held>, Failure> {
    let mut problems = Problems::default();
    if input.hold_ids.is_none() && input.instances.is_omitted() {
        let message = "This names no holds to end. Pass `holdIds`, the instances that they are on, or both.";
        problems.add(Problem::new(ProblemCode::Required, "", message));
    }
    let named = match &input.hold_ids {
        Some(texts) => {
            let texts = bounded("holdIds", texts, &mut problems);
            Some(change.holds("holdIds", texts, &mut problems).await?)
        }
        None => None,
    };
    let ids = match &named {
        _ if !input.instances.is_omitted() => change.instance_ids(MAX_NAMED, &input.instances, &mut problems).await?,
        Some(holds) => instances_of(holds),
        None => Vec::new(),
    };
    let mut instances = change.past_instances(input.instances.field(), &ids, &mut problems).await?;
    if let Some(holds) = &named {
        let message = "These holds are not on instances. End freezes with unfreezeService or unfreezeFleet, freeze windows with \
                       removeFreezeWindow, and holds on hosts with unholdHosts.";
        refuse_others(holds, |hold| hold.instance_id.is_some(), message, &mut problems);
    }
    if let Some(holds) = named.as_ref().filter(|_| !input.instances.is_omitted()) {
        let on: HashSet<i64> = ids.iter().copied().collect();
        let message = "These holds are on other instances than those named beside them. Name their instances, too, or \
                       name no instances.";
        let fits = |hold: &Hold| hold.instance_id.is_none_or(|instance| on.contains(&instance));
        refuse_others(holds, fits, message, &mut problems);
    }
    let holds = match named {
        Some(holds) => holds,
        None => hold::on_instances(&mut change.tx, &ids).await?,
    };
    problems.into_result()?;
    let ended = hold::end(&mut change.tx, &in_force(&holds, change.now), change.by, change.now).await?;
    let ends = EndedHolds { holds: &holds, ended: &ended, instances: &mut instances, ending: Ending::OneByOne };
    for event in record_ends(&mut change.tx, ends, change.by, change.now).await? {
        change.record(event);
    }
    let changed = ended.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::changed(Held { instances: ids, holds: ended }, changed))
}

/// The instances that holds are on, each once.
fn instances_of(holds: &[Hold]) -> Vec<i64> {
    let mut seen = HashSet::new();
    holds.iter().filter_map(|hold| hold.instance_id).filter(|id| seen.insert(*id)).collect()
}
