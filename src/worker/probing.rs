//! Asking hosts which version really runs, by the schedule of an executor's probe or because a caller wants to know.

use super::{WorkerRef, retry};
use crate::app::App;
use crate::catalog::InstanceEventDraft;
use crate::domain::Timestamp;
use crate::domain::drift::DriftChange;
use crate::domain::event::InstanceEventKind;
use crate::domain::order::Observed;
use crate::executor::{Executor, RunContext};
use crate::store::probe::{self, Due};
use crate::store::{Db, Result, events, instance};
use futures_util::StreamExt as _;
use futures_util::stream;
use std::sync::Arc;
use std::time::Duration;

/// How many instances one worker probes at a time.
const MAX_PROBES: usize = 16;
/// How often instances that have no first probe yet are looked for.
const SCHEDULE_INTERVAL: Duration = Duration::from_secs(10);
/// How much longer than its timeout a probe is claimed: for starting it and for writing its answer.
const CLAIM_MARGIN: Duration = Duration::from_mins(1);

/// Probes for as long as this is polled, at most every `tick`.
pub(super) async fn probe(app: App, me: WorkerRef, run: RunContext, tick: Duration) {
    let with_probe: Vec<Arc<Executor>> =
        app.executors.iter().filter(|executor| executor.probing().is_some()).cloned().collect();
    let Some(longest) = with_probe.iter().filter_map(|executor| Some(executor.probing()?.timeout)).max() else {
        return;
    };
    let names = |executors: &[Arc<Executor>]| executors.iter().map(|executor| executor.name.clone()).collect();
    let all: Vec<String> = names(&with_probe);
    let scheduled: Vec<Arc<Executor>> = with_probe
        .iter()
        .filter(|executor| executor.probing().is_some_and(|probing| probing.every.is_some()))
        .cloned()
        .collect();
    let scheduled: Vec<String> = names(&scheduled);
    let mut schedule = tokio::time::interval(SCHEDULE_INTERVAL);
    let mut ticks = tokio::time::interval(tick);
    loop {
        tokio::select! {
            _ = schedule.tick(), if !scheduled.is_empty() => {
                if let Err(error) = first_probes(&app.db, &scheduled).await {
                    tracing::warn!(%error, "probes could not be scheduled; trying again");
                }
            }
            _ = ticks.tick() => {
                match claim(&app.db, &all, longest + CLAIM_MARGIN).await {
                    Ok(due) => {
                        let ask = |due| ask(&app, &me, &run, due);
                        stream::iter(due).for_each_concurrent(MAX_PROBES, ask).await;
                    }
                    Err(error) => tracing::warn!(%error, "probes could not be claimed; trying again"),
                }
            }
        }
    }
}

async fn first_probes(db: &Db, executors: &[String]) -> Result<()> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    probe::schedule(&mut tx, at, executors).await?;
    tx.commit().await
}

async fn claim(db: &Db, executors: &[String], length: Duration) -> Result<Vec<Due>> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    let until = Timestamp(at.0 + length.as_millis() as i64);
    let claimed = probe::claim(&mut tx, at, until, executors, MAX_PROBES as i64).await?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let due = probe::due(&mut tx, &claimed).await?;
    tx.commit().await?;
    Ok(due)
}

/// Asks one host, and records the answer.
async fn ask(app: &App, me: &WorkerRef, run: &RunContext, due: Due) {
    let Some(executor) = app.executors.get(&due.executor) else { return };
    let observed = executor.observe(&due.site, run).await;
    let every = executor.probing().and_then(|probing| probing.every);
    while let Err(error) = record(&app.db, me, due.site.instance_id, &observed, every).await {
        tracing::warn!(%error, "the answer of a probe could not be recorded; trying again");
        retry::pause(&app.db).await;
    }
}

/// Records an answer, and whether the instance drifts from now on.
pub(super) async fn record(
    db: &Db,
    me: &WorkerRef,
    id: i64,
    observed: &Observed,
    every: Option<Duration>,
) -> Result<()> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    let Some(before) = instance::lock(&mut tx, &[id]).await?.pop() else { return Ok(()) };
    let Some(known) = probe::known(&mut tx, id).await? else { return Ok(()) };
    let due = every.map(|every| Timestamp(at.0 + every.as_millis() as i64));
    probe::release(&mut tx, id, due).await?;
    let mut new_events = Vec::new();
    if !known.in_release && *observed != Observed::NoAnswer {
        let (after, change) = known.observation.after(observed, known.recorded.as_deref());
        probe::save(&mut tx, at, id, &after).await?;
        if let Some(change) = change {
            let kind = match change {
                DriftChange::Began => InstanceEventKind::Drifted,
                DriftChange::Ended => InstanceEventKind::DriftEnded,
            };
            instance::add_revisions(&mut tx, &[id], &me.name, at).await?;
            let locked = !instance::locked(&mut tx, &[id]).await?.is_empty();
            let revision = before.revision + 1;
            let draft = InstanceEventDraft { revision, locked, ..InstanceEventDraft::of(&before, kind) };
            new_events.push(draft.caused_by(&me.name));
        }
    }
    if !new_events.is_empty() {
        events::append(&mut tx, at, &new_events).await?;
    }
    tx.commit().await
}
