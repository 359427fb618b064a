//! Recording the answers of health checks, and what follows for the release (R14, R16, R19).

use super::Answer;
use crate::catalog::InstanceEventDraft;
use crate::domain::Timestamp;
use crate::domain::event::{Changed, InstanceEventKind, NewEvent};
use crate::domain::health::{AnswersInARow, Health};
use crate::domain::release::Ends;
use crate::domain::target::LogStream;
use crate::failpoint;
use crate::release::follow_up::automatic::Undoable;
use crate::release::journal;
use crate::release::settle::settle;
use crate::release::transition::Transition;
use crate::store::health::{self, Known, NewRecord};
use crate::store::instance::{self, Instance};
use crate::store::output::NewLine;
use crate::store::{Db, Result, events, output, target, worker};
use crate::worker::WorkerRef;
use std::collections::{BTreeMap, HashMap};

/// Records answers about instances of a release, if this worker still watches it (I3). What becomes unhealthy counts as a
/// failure of a release that soaks, which does at once what follows.
pub(in crate::worker) async fn record(
    db: &Db,
    me: &WorkerRef,
    release_id: i64,
    required: AnswersInARow,
    answers: &[Answer],
) -> Result<()> {
    let may_fail = answers.iter().any(|answer| answer.result.is_err());
    let ends = BTreeMap::from([(release_id, Ends { count: 0, may_fail })]);
    let (mut tx, undoable, rows) = Undoable::lock_releases(db, &ends).await?;
    let at = tx.now().await?;
    if !health::lock_watch(&mut tx, release_id, me.id).await? || !worker::is_alive(&mut tx, me.id).await? {
        return Ok(());
    }
    let mut releases: BTreeMap<i64, Transition> =
        rows.into_iter().map(|row| (row.id, Transition::new(row, &me.name))).collect();
    let Some(transition) = releases.get_mut(&release_id) else { return Ok(()) };
    let soaks = transition.state.under_way.soaks_until.is_some();
    // Locks are taken in the order of ids, at once with those of the targets that the release may cancel now.
    let by_instance: HashMap<i64, &Answer> = answers.iter().map(|answer| (answer.instance_id, answer)).collect();
    let checked: Vec<i64> = by_instance.keys().copied().collect();
    let mut to_lock = checked.clone();
    if soaks && may_fail {
        to_lock.extend(target::queued(&mut tx, &[release_id]).await?.iter().map(|target| target.instance_id));
    }
    to_lock.extend(undoable.instances(&mut tx).await?);
    let before: HashMap<i64, Instance> =
        instance::lock(&mut tx, &to_lock).await?.into_iter().map(|instance| (instance.id, instance)).collect();
    let known = health::known(&mut tx, release_id, &checked).await?;
    let (mut records, mut drafts, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for known in &known {
        let (Some(answer), Some(before)) = (by_instance.get(&known.instance_id), before.get(&known.instance_id)) else {
            continue;
        };
        let record = known.record.after(answer.result.is_ok(), required, soaks);
        if record == known.record {
            continue;
        }
        let is_event = record.health != known.record.health;
        let unhealthy_in = Some(release_id).filter(|_| is_event && record.health == Some(Health::Unhealthy));
        records.push(NewRecord { instance_id: known.instance_id, record, is_event, unhealthy_in });
        if is_event {
            drafts.push((known, before));
            let is_open = !transition.state.under_way.status.is_over();
            lines.extend(line(known, answer, record.health, at).filter(|_| is_open));
        }
        // An instance counts once in a release.
        if unhealthy_in.is_some() && known.unhealthy_release_id != unhealthy_in {
            transition.add_unhealthy(known.target_id, known.wave);
        }
    }
    if records.is_empty() {
        return Ok(());
    }
    health::save(&mut tx, at, &me.name, &records).await?;
    let ids: Vec<i64> = drafts.iter().map(|(known, _)| known.instance_id).collect();
    let locked = instance::locked(&mut tx, &ids).await?;
    let mut new_events: Vec<NewEvent> = drafts
        .into_iter()
        .map(|(known, before)| event(known, before, release_id, locked.contains(&known.instance_id), &me.name))
        .collect();
    new_events.extend(settle(&mut tx, at, &me.name, &undoable, releases, &[]).await?);
    if !lines.is_empty() {
        output::append(&mut tx, release_id, &lines).await?;
    }
    if !new_events.is_empty() {
        events::append(&mut tx, at, &new_events).await?;
    }
    failpoint::at("worker::soak::record::before_commit");
    tx.commit().await?;
    failpoint::at("worker::soak::record::after_commit");
    journal::log(&new_events);
    Ok(())
}

/// The event of an instance whose health is another one now.
fn event(known: &Known, before: &Instance, release_id: i64, locked: bool, by: &str) -> NewEvent {
    let draft = InstanceEventDraft {
        revision: before.revision + 1,
        locked,
        ..InstanceEventDraft::of(before, InstanceEventKind::Health)
    };
    let mut event = draft.caused_by(by);
    if let Changed::Instance(change) = &mut event.changed {
        change.release_id = Some(release_id);
        change.target_id = Some(known.target_id);
    }
    event
}

/// What the output of the target says of a new verdict; nothing of a first good one.
fn line(known: &Known, answer: &Answer, health: Option<Health>, at: Timestamp) -> Option<NewLine> {
    let text = match (&answer.result, known.record.health, health) {
        (Err(why), _, Some(Health::Unhealthy)) => format!("Unhealthy: {why}"),
        (Ok(()), Some(Health::Unhealthy), Some(Health::Healthy)) => "Healthy again.".to_owned(),
        _ => return None,
    };
    Some(NewLine {
        target_id: known.target_id,
        hostname: answer.hostname.clone(),
        attempt: known.attempt,
        stream: LogStream::System,
        text,
        at,
        stream_end: None,
    })
}
