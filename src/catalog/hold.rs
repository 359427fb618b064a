//! Holds: locks that people set on instances, and their end, by a person or by themselves (R17).

use super::instance::Told;
use super::{Answer, Done, ITSELF, Stop, freeze, settle};
use crate::app::App;
use crate::change::{Change, Request};
use crate::domain::event::InstanceEventKind;
use crate::domain::event::NewEvent;
use crate::domain::hold::Hold;
use crate::domain::instance::InstanceStatus;
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems, Timestamp, claim, name};
use crate::store::events;
use crate::store::hold::{self, NewHold};
use crate::store::instance::{self, Instance};
use crate::store::{self, Db, Tx};
use std::collections::{HashMap, HashSet};

/// The most instances that one request names, and the most holds.
pub const MOST: usize = 1000;
/// The most holds that one transaction of the sweep ends.
const SWEPT: usize = 1000;

/// Instances to hold.
#[derive(Clone, Debug)]
pub struct HoldInstances {
    pub instance_ids: Vec<String>,
    pub reason: String,
    pub until: Option<Timestamp>,
}

/// Holds to end: these, or those in force on these instances. Both mean these holds on these instances.
#[derive(Clone, Debug, Default)]
pub struct EndHolds {
    pub hold_ids: Option<Vec<String>>,
    pub instance_ids: Option<Vec<String>>,
}

/// Instances, and holds that were set or ended on them, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// In the order of the input: of its instances, else of its holds.
    pub instances: Vec<i64>,
    /// Those that were set in the order of the input, those that were ended oldest first.
    pub holds: Vec<i64>,
}

/// Sets a hold on each of the instances, or on none. What a release under way has may be held, too: the release
/// goes on, and no new one takes the instance.
pub async fn hold_instances(app: &App, request: &Request, input: &HoldInstances) -> Answer<Held> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = hold_all(&mut change, input).await;
    settle(change, outcome).await
}

async fn hold_all(change: &mut Change<'_>, input: &HoldInstances) -> Result<Done<Held>, Stop> {
    let mut problems = Problems::default();
    if let Some(holds) = change.replay(&mut problems).await?? {
        return Ok(Done::replayed(replayed(change, holds).await?));
    }
    problems.take(name::needed("reason", &input.reason, name::REASON));
    problems.take(in_time(input.until, change.now));
    let ids = claimed("instanceIds", Kind::Instance, &input.instance_ids, &mut problems);
    let found = locked(change, &ids).await?;
    let there: Vec<Instance> =
        found.into_iter().filter(|instance| instance.status != InstanceStatus::Removed).collect();
    add_missing(&mut problems, "instanceIds", Kind::Instance, &ids, there.iter().map(|instance| instance.id));
    problems.none()?;
    let instances: HashMap<i64, Instance> = there.into_iter().map(|instance| (instance.id, instance)).collect();
    let pairs: Vec<_> = ids.iter().map(|id| (*id, instances[id].service_id)).collect();
    let new = NewHold { reason: &input.reason, until: input.until };
    let made: Vec<(i64, i64)> = hold::insert(&mut change.tx, &pairs, &new, change.by, change.now).await?;
    let made: HashMap<i64, i64> = made.into_iter().map(|(hold, instance)| (instance, hold)).collect();
    instance::add_revisions(&mut change.tx, &ids, change.by, change.now).await?;
    let holds: Vec<i64> = ids.iter().map(|id| made[id]).collect();
    for (id, hold) in ids.iter().zip(&holds) {
        let instance = &instances[id];
        let event = Told {
            revision: instance.revision + 1,
            locked: true,
            hold_id: Some(*hold),
            ..Told::of(instance, InstanceEventKind::Hold)
        };
        change.tell(event.by(change.by));
    }
    let made: Vec<Id> = holds.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::made(Held { instances: ids, holds }, &made))
}

/// The answer to a request that set these holds before.
async fn replayed(change: &mut Change<'_>, holds: Vec<i64>) -> store::Result<Held> {
    let rows = hold::by_ids(&mut change.tx, &holds).await?;
    let on: HashMap<i64, i64> = rows.iter().filter_map(|hold| Some((hold.id, hold.instance_id?))).collect();
    Ok(Held { instances: holds.iter().filter_map(|id| on.get(id).copied()).collect(), holds })
}

/// Ends holds on instances. A named hold that has ended already is no error, and not among the answer's. A freeze is
/// `INVALID`, and so is a hold that is on none of the instances that are named beside it. Holds of a removed instance
/// can be ended, too.
pub async fn end_holds(app: &App, request: &Request, input: &EndHolds) -> Answer<Held> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = end_all(&mut change, input).await;
    settle(change, outcome).await
}

async fn end_all(change: &mut Change<'_>, input: &EndHolds) -> Result<Done<Held>, Stop> {
    let mut problems = Problems::default();
    if input.hold_ids.is_none() && input.instance_ids.is_none() {
        let message = "This names no holds to end. Pass holdIds, instanceIds or both.";
        problems.add(Problem::new(ProblemCode::Required, "", message));
    }
    let named = match &input.hold_ids {
        Some(texts) => Some(named(change, texts, &mut problems).await?),
        None => None,
    };
    let ids = match (&input.instance_ids, &named) {
        (Some(texts), _) => claimed("instanceIds", Kind::Instance, texts, &mut problems),
        (None, Some(holds)) => instances_of(holds),
        (None, None) => Vec::new(),
    };
    let there = locked(change, &ids).await?;
    add_missing(&mut problems, "instanceIds", Kind::Instance, &ids, there.iter().map(|instance| instance.id));
    if let Some(holds) = &named {
        let message = "These holds are freezes of a service. End them with unfreezeService.";
        refuse_others(holds, |hold| hold.instance_id.is_some(), message, &mut problems);
    }
    if let (Some(holds), Some(_)) = (&named, &input.instance_ids) {
        let on: HashSet<i64> = ids.iter().copied().collect();
        let message = "These holds are on other instances than those in instanceIds. Name their instances, too, or \
                       leave instanceIds out.";
        let fits = |hold: &Hold| hold.instance_id.is_none_or(|instance| on.contains(&instance));
        refuse_others(holds, fits, message, &mut problems);
    }
    let holds = match named {
        Some(holds) => holds,
        None => hold::on_instances(&mut change.tx, &ids).await?,
    };
    problems.none()?;
    let standing = standing(&holds, change.now);
    let ended = hold::end(&mut change.tx, &standing, change.by, change.now).await?;
    let events = ends(&mut change.tx, &holds, &ended, there, change.by, change.now, Ending::OneByOne).await?;
    for event in events {
        change.tell(event);
    }
    let changed = ended.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::changed(Held { instances: ids, holds: ended }, changed))
}

/// The instances that holds are on, each once.
fn instances_of(holds: &[Hold]) -> Vec<i64> {
    let mut seen = HashSet::new();
    holds.iter().filter_map(|hold| hold.instance_id).filter(|id| seen.insert(*id)).collect()
}

/// Ends the holds and freezes that are past their `until`, and tells it; gives how many. To be called each
/// second: that they count for nothing does not wait for it (R17).
pub async fn sweep(db: &Db) -> store::Result<usize> {
    if !hold::any_due(db).await? {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let due = hold::due(&mut tx, now, SWEPT).await?;
    let (on_instances, on_services): (Vec<Hold>, Vec<Hold>) =
        due.into_iter().partition(|hold| hold.instance_id.is_some());
    let mut told = freeze::sweep(&mut tx, &on_services).await?;
    let mut instance_ids: Vec<i64> = on_instances.iter().filter_map(|hold| hold.instance_id).collect();
    instance_ids.sort_unstable();
    instance_ids.dedup();
    let instances = instance::lock(&mut tx, &instance_ids).await?;
    let ids: Vec<i64> = on_instances.iter().map(|hold| hold.id).collect();
    let ended = hold::expire(&mut tx, &ids).await?;
    let at = tx.now().await?;
    told.extend(ends(&mut tx, &on_instances, &ended, instances, ITSELF, at, Ending::AllAtOnce).await?);
    if !told.is_empty() {
        events::append(&mut tx, at, &told).await?;
    }
    tx.commit().await?;
    Ok(told.len())
}

/// What several holds on one instance are to each other while they end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The later ones stand until it is their turn.
    OneByOne,
    /// None of them counted any more.
    AllAtOnce,
}

/// The events of the holds that were ended, by age. Each raises its instance's revision.
async fn ends(
    tx: &mut Tx,
    holds: &[Hold],
    ended: &[i64],
    instances: Vec<Instance>,
    by: &str,
    at: Timestamp,
    ending: Ending,
) -> store::Result<Vec<NewEvent>> {
    let on: HashMap<i64, i64> = holds.iter().filter_map(|hold| Some((hold.id, hold.instance_id?))).collect();
    let touched: Vec<i64> = ended.iter().map(|hold| on[hold]).collect();
    instance::add_revisions(tx, &touched, by, at).await?;
    let locked = instance::locked(tx, &touched).await?;
    let mut left: HashMap<i64, usize> = HashMap::new();
    for id in &touched {
        *left.entry(*id).or_default() += 1;
    }
    let mut instances: HashMap<i64, Instance> = instances.into_iter().map(|instance| (instance.id, instance)).collect();
    let mut told = Vec::with_capacity(ended.len());
    for (hold, id) in ended.iter().zip(&touched) {
        let others = left.get_mut(id).map_or(0, |left| {
            *left -= 1;
            *left
        });
        let Some(instance) = instances.get_mut(id) else { continue };
        instance.revision += 1;
        let event = Told {
            locked: locked.contains(id) || (ending == Ending::OneByOne && others > 0),
            hold_id: Some(*hold),
            ..Told::of(instance, InstanceEventKind::Hold)
        };
        told.push(event.by(by));
    }
    Ok(told)
}

/// The holds that the caller names, in that order; notes those that do not exist.
pub(super) async fn named(
    change: &mut Change<'_>,
    texts: &[String],
    problems: &mut Problems,
) -> store::Result<Vec<Hold>> {
    let ids = claimed("holdIds", Kind::Hold, texts, problems);
    let found = hold::by_ids(&mut change.tx, &ids).await?;
    add_missing(problems, "holdIds", Kind::Hold, &ids, found.iter().map(|hold| hold.id));
    let mut found: HashMap<i64, Hold> = found.into_iter().map(|hold| (hold.id, hold)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Notes those of the named holds that do not fit, with this message.
pub(super) fn refuse_others(
    holds: &[Hold],
    fits: impl Fn(&Hold) -> bool,
    message: &'static str,
    problems: &mut Problems,
) {
    let others: Vec<Id> = holds.iter().filter(|hold| !fits(hold)).map(|hold| Kind::Hold.id(hold.id)).collect();
    if !others.is_empty() {
        problems.add(Problem::new(ProblemCode::Invalid, "holdIds", message).about(others));
    }
}

/// The instances with these numbers, locked.
async fn locked(change: &mut Change<'_>, ids: &[i64]) -> store::Result<Vec<Instance>> {
    let found = instance::lock(&mut change.tx, ids).await?;
    change.waited().await?;
    Ok(found)
}

/// The numbers of those that stand.
pub(super) fn standing(holds: &[Hold], now: Timestamp) -> Vec<i64> {
    holds.iter().filter(|hold| hold.stands(now)).map(|hold| hold.id).collect()
}

/// That an end lies ahead.
pub(super) fn in_time(until: Option<Timestamp>, now: Timestamp) -> Result<(), Problem> {
    match until {
        Some(until) if until <= now => {
            Err(Problem::new(ProblemCode::Invalid, "until", "This lies in the past; leave it out for no end."))
        }
        _ => Ok(()),
    }
}

/// The numbers of the things that a list names, 1 to [`MOST`]; of a longer one none is looked up.
fn claimed(field: &str, kind: Kind, texts: &[String], problems: &mut Problems) -> Vec<i64> {
    claim::list_of(MOST, field, texts, problems);
    claim::ids(field, kind, if texts.len() > MOST { &[] } else { texts }, problems)
}

/// Notes which of the ids name nothing.
fn add_missing(problems: &mut Problems, field: &str, kind: Kind, ids: &[i64], there: impl Iterator<Item = i64>) {
    let there: HashSet<i64> = there.collect();
    let missing: Vec<Id> = ids.iter().filter(|id| !there.contains(id)).map(|id| kind.id(*id)).collect();
    if !missing.is_empty() {
        problems.add(claim::not_found(field, kind, &missing));
    }
}
