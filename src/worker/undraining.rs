//! Putting instances back into service that callers ask for, outside of a release. It is a command on the host (R18), and
//! has a fence of its own (I3); a release on the instance waits for it.

use super::carry::Carrier;
use super::{WorkerRef, retry};
use crate::app::App;
use crate::catalog::InstanceEventDraft;
use crate::domain::StepName;
use crate::domain::event::InstanceEventKind;
use crate::domain::order::Order;
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::target::steps::judge_step;
use crate::executor;
use crate::store::queue::{self, Claimed};
use crate::store::{Db, Result, events, fleet, instance, undrain, worker};
use tokio::sync::{mpsc, watch};

/// How many lines of a command may wait to be dropped.
const LINES_CAPACITY: usize = 64;

/// Claims up to `room` instances that are to be put back, on hosts where no command runs.
pub(super) async fn claim(app: &App, me: &WorkerRef, room: usize) -> Result<Vec<Claimed>> {
    let with_step = app.executors.iter().filter(|executor| executor.can_undrain());
    let executors: Vec<String> = with_step.map(|executor| executor.name.clone()).collect();
    if room == 0 || executors.is_empty() {
        return Ok(Vec::new());
    }
    let waiting = undrain::waiting(&app.db, &executors, room as i64).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = app.db.begin().await?;
    if fleet::share_claims(&mut tx).await?.is_none() {
        return Ok(Vec::new());
    }
    let hosts: Vec<i64> = waiting.iter().map(|(_, host)| *host).collect();
    let mut free = queue::lock_free_hosts(&mut tx, &hosts).await?;
    let busy = queue::busy_hosts(&mut tx, &free).await?;
    free.retain(|host| !busy.contains(host));
    // One at a time on a host, as with targets.
    let mut instances: Vec<i64> = Vec::new();
    for (instance, host) in waiting {
        if let Some(place) = free.iter().position(|free| *free == host) {
            free.swap_remove(place);
            instances.push(instance);
        }
    }
    instance::lock_rows(&mut tx, &instances).await?;
    if !worker::is_alive(&mut tx, me.id).await? {
        return Ok(Vec::new());
    }
    let claimed = undrain::claim(&mut tx, me.id, &instances).await?;
    let claimed = queue::to_undrain(&mut tx, &claimed).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Puts an instance back into service and records whether that succeeded.
pub(super) async fn carry(carrier: Carrier, claimed: Claimed) {
    let order = &claimed.order;
    let Some(executor) = carrier.app.executors.get(&claimed.executor) else { return };
    let (sender, mut lines) = mpsc::channel(LINES_CAPACITY);
    let (stop, stopped) = watch::channel(None);
    let run = executor.start(order, &carrier.run, stopped, sender);
    let too_long = async {
        match executor.step_timeout(StepName::Undrain) {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
        stop.send_replace(Some(crate::domain::order::StopReason::TimedOut));
        std::future::pending().await
    };
    let run = async {
        tokio::select! {
            ended = run => ended,
            never = too_long => never,
        }
    };
    // The release whose output it would belong to is over.
    let drop_lines = async { while lines.recv().await.is_some() {} };
    let (ended, ()) = tokio::join!(run, drop_lines);
    let reason = *stop.borrow();
    let end = judge_step(StepName::Undrain, ended, reason);
    let succeeded = end.as_ref().is_some_and(|end| end.status == ReleaseTargetStatus::Succeeded);
    if !succeeded {
        let why = end.and_then(|end| end.message).unwrap_or_else(|| "It was interrupted.".to_owned());
        tracing::warn!(hostname = order.hostname, service = order.service, why, "an instance stays out of service");
    }
    loop {
        match finish(&carrier.app.db, &carrier.me, order, succeeded).await {
            Ok(()) => break,
            Err(error) => {
                tracing::warn!(%error, "the end of an undrain could not be written; trying again");
                retry::pause(&carrier.app.db).await;
            }
        }
    }
    executor::forget(Some(executor), order, &carrier.run);
}

async fn finish(db: &Db, me: &WorkerRef, order: &Order, succeeded: bool) -> Result<()> {
    let mut tx = db.begin().await?;
    let at = tx.now().await?;
    let Some(before) = instance::lock(&mut tx, &[order.instance_id]).await?.pop() else { return Ok(()) };
    if !undrain::end(&mut tx, me.id, before.id, order.fence, succeeded).await? {
        return Ok(());
    }
    let mut new_events = Vec::new();
    if succeeded {
        instance::add_revisions(&mut tx, &[before.id], &me.name, at).await?;
        let locked = !instance::locked(&mut tx, &[before.id]).await?.is_empty();
        let draft = InstanceEventDraft {
            revision: before.revision + 1,
            locked,
            ..InstanceEventDraft::of(&before, InstanceEventKind::Edit)
        };
        new_events.push(draft.caused_by(&me.name));
    }
    events::append(&mut tx, at, &new_events).await?;
    tx.commit().await
}
