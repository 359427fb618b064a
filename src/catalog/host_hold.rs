//! Holds on hosts: each locks every instance on its host, and keeps installations off (R17).

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
use crate::store::host;
use crate::store::instance;
use std::collections::{HashMap, HashSet};

/// Hosts to hold.
#[derive(Clone, Debug)]
pub struct HoldHosts {
    pub hosts: Reference<Vec<String>>,
    pub reason: String,
    pub until: Option<Timestamp>,
}

/// Holds to end: these, or those in force on these hosts. Both mean these holds on these hosts.
#[derive(Clone, Debug)]
pub struct UnholdHosts {
    pub hosts: Reference<Vec<String>>,
    pub hold_ids: Option<Vec<String>>,
}

/// Hosts, and holds that were set or ended on them, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldHosts {
    /// In the order of the input: of its hosts, else of its holds.
    pub hosts: Vec<i64>,
    /// Those that were set in the order of the input, those that were ended oldest first.
    pub holds: Vec<i64>,
}

/// Sets a hold on each of the hosts, or on none. A release under way goes on; no new one takes an instance on them, and
/// nothing is installed on them.
pub async fn hold_hosts(app: &App, request: &Request, input: &HoldHosts) -> Answer<HeldHosts> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = hold_all(&mut change, input).await;
    change.conclude(outcome).await
}

async fn hold_all(change: &mut Change<'_>, input: &HoldHosts) -> Result<Done<HeldHosts>, Failure> {
    let mut problems = Problems::default();
    if let Replay::Made(holds) = change.replay(&mut problems).await? {
        return Ok(Done::replayed(replayed(change, &holds).await?));
    }
    problems.collect(name::needed("reason", &input.reason, name::MAX_REASON));
    problems.collect(check_until(input.until, change.now));
    let hosts = change.hosts(MAX_NAMED, &input.hosts, &mut problems).await?;
    problems.into_result()?;
    let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
    let instances = instance::lock_on_hosts(&mut change.tx, &ids).await?;
    change.refresh_clock().await?;
    let new = NewHold { reason: &input.reason, until: input.until };
    let made = hold::insert_on_hosts(&mut change.tx, &ids, &new, change.by, change.now).await?;
    let made: HashMap<i64, i64> = made.into_iter().map(|(hold, host)| (host, hold)).collect();
    let held: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    instance::add_revisions(&mut change.tx, &held, change.by, change.now).await?;
    for instance in &instances {
        let draft = InstanceEventDraft {
            revision: instance.revision + 1,
            locked: true,
            hold_id: Some(made[&instance.host_id]),
            ..InstanceEventDraft::of(instance, InstanceEventKind::Hold)
        };
        change.record(draft.caused_by(change.by));
    }
    let holds: Vec<i64> = ids.iter().map(|id| made[id]).collect();
    let made = holds.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::made(HeldHosts { hosts: ids, holds }, made))
}

/// The answer to a request that set these holds before.
async fn replayed(change: &mut Change<'_>, holds: &[Id]) -> store::Result<HeldHosts> {
    let holds: Vec<i64> = holds.iter().map(|id| id.number).collect();
    let rows = hold::by_ids(&mut change.tx, &holds).await?;
    let on: HashMap<i64, i64> = rows.iter().filter_map(|hold| Some((hold.id, hold.host_id?))).collect();
    Ok(HeldHosts { hosts: holds.iter().filter_map(|id| on.get(id).copied()).collect(), holds })
}

/// Ends holds on hosts. A named hold that has ended already is no error, and not in the answer. A freeze or a hold on an
/// instance is `INVALID`, and so is a hold that is on none of the hosts that are named beside it.
pub async fn unhold_hosts(app: &App, request: &Request, input: &UnholdHosts) -> Answer<HeldHosts> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = end_all(&mut change, input).await;
    change.conclude(outcome).await
}

async fn end_all(change: &mut Change<'_>, input: &UnholdHosts) -> Result<Done<HeldHosts>, Failure> {
    let mut problems = Problems::default();
    if input.hold_ids.is_none() && input.hosts.is_omitted() {
        let message = "This names no holds to end. Pass `holdIds`, the hosts that they are on, or both.";
        problems.add(Problem::new(ProblemCode::Required, "", message));
    }
    let named = match &input.hold_ids {
        Some(texts) => {
            let texts = bounded("holdIds", texts, &mut problems);
            Some(change.holds("holdIds", texts, &mut problems).await?)
        }
        None => None,
    };
    let hosts = match input.hosts.is_omitted() {
        true => Vec::new(),
        false => change.hosts(MAX_NAMED, &input.hosts, &mut problems).await?,
    };
    let mut ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
    if let Some(holds) = &named {
        let message = "These holds are not on hosts. End freezes with unfreezeService or unfreezeFleet, freeze windows with \
             removeFreezeWindow, and holds on instances with endHolds.";
        refuse_others(holds, |hold| hold.host_id.is_some(), message, &mut problems);
        if input.hosts.is_omitted() {
            ids = hosts_of(holds);
            host::lock_all(&mut change.tx, &ids).await?;
        } else {
            let on: HashSet<i64> = ids.iter().copied().collect();
            let message = "These holds are on other hosts than those that are named. Name their hosts, too, or leave the \
                           hosts out.";
            refuse_others(holds, |hold| hold.host_id.is_none_or(|host| on.contains(&host)), message, &mut problems);
        }
    }
    problems.into_result()?;
    let mut instances = instance::lock_on_hosts(&mut change.tx, &ids).await?;
    change.refresh_clock().await?;
    let holds = match named {
        Some(holds) => holds,
        None => hold::on_hosts(&mut change.tx, &ids).await?,
    };
    let ended = hold::end(&mut change.tx, &in_force(&holds, change.now), change.by, change.now).await?;
    let ends = EndedHolds { holds: &holds, ended: &ended, instances: &mut instances, ending: Ending::OneByOne };
    for event in record_ends(&mut change.tx, ends, change.by, change.now).await? {
        change.record(event);
    }
    let changed = ended.iter().map(|id| Kind::Hold.id(*id)).collect();
    Ok(Done::changed(HeldHosts { hosts: ids, holds: ended }, changed))
}

/// The hosts that holds are on, each once.
fn hosts_of(holds: &[Hold]) -> Vec<i64> {
    let mut seen = HashSet::new();
    holds.iter().filter_map(|hold| hold.host_id).filter(|id| seen.insert(*id)).collect()
}
