//! Recording a release that is accepted: all of it, in the transaction that chose (R8).

use super::choose::{Choice, Taken};
use super::request::{Aim, Request};
use crate::change::Change;
use crate::domain::event::{Changed, InstanceChange, NewEvent, ReleaseChange};
use crate::domain::event::{InstanceEventKind, ReleaseEventKind};
use crate::domain::instance::{InstanceSettings, InstanceStatus};
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::release::{Progress, ReleaseOrigin};
use crate::executor::Executor;
use crate::store::release::{self, NewRelease, NewTarget};
use crate::store::service::Service;
use crate::store::{Result, instance};
use std::collections::HashMap;

/// A release about to be recorded, and what it came from.
pub struct Record<'a> {
    pub request: &'a Request,
    pub service: &'a Service,
    pub executor: &'a Executor,
    pub defaults: &'a RolloutDefaults,
    /// The version that all are moved to, if they share one.
    pub target_version_id: Option<i64>,
    pub origin: ReleaseOrigin,
    pub parent_id: Option<i64>,
    /// Freezes that it is let through.
    pub thawed: &'a [i64],
}

/// Records it, and notes its events: that it was accepted, then what became of each instance. Gives the
/// number of the release, and the instances that take part, in the order of the choice.
pub async fn record(change: &mut Change<'_>, record: &Record<'_>, choice: &Choice) -> Result<(i64, Vec<i64>)> {
    let Record { request, service, executor, .. } = *record;
    let (action, by, at) = (request.aim.action(), &request.change.caller.name, change.now);
    let progress = Progress::accepted(choice.taken.len() as i64, choice.skipped.len() as i64);
    let status = InstanceStatus::during(action);
    let id = insert(change, record, progress).await?;
    let instances = match &request.aim {
        Aim::Install { settings, .. } => install(change, record, choice, settings).await?,
        _ => choice.instance_ids(),
    };
    instance::start_moving(&mut change.tx, &choice.instance_ids(), status, at, by).await?;
    let targets: Vec<_> = choice.taken.iter().zip(&instances).map(|(taken, id)| target(taken, *id)).collect();
    let shares_host = executor.shares_host;
    let numbers = release::insert_targets(&mut change.tx, id, &executor.name, shares_host, &targets).await?;
    if !choice.skipped.is_empty() {
        release::insert_skipped(&mut change.tx, id, &choice.skipped).await?;
    }
    let through = [record.thawed, &choice.through].concat();
    if !through.is_empty() {
        release::insert_through(&mut change.tx, id, &through).await?;
    }
    let event = |changed| NewEvent {
        service_id: service.id,
        service_name: service.name.clone(),
        caused_by: by.clone(),
        changed,
    };
    change.record(event(Changed::Release(ReleaseChange {
        kind: ReleaseEventKind::Accepted,
        release_id: id,
        action,
        target_id: None,
        revision: 1,
        status: progress.status(false),
        progress,
    })));
    for ((taken, instance_id), target_id) in choice.taken.iter().zip(&instances).zip(numbers) {
        let before = taken.instance.as_ref();
        let version_id = before.and_then(|instance| instance.version_id);
        change.record(event(Changed::Instance(InstanceChange {
            kind: InstanceEventKind::Release,
            instance_id: *instance_id,
            host_id: taken.host.id,
            hostname: taken.host.hostname.clone(),
            revision: before.map_or(1, |instance| instance.revision + 1),
            previous_status: before.map(|instance| instance.status),
            status,
            previous_version_id: version_id,
            version_id,
            locked: true,
            release_id: Some(id),
            target_id: Some(target_id),
            target_end: None,
            hold_id: None,
        })));
    }
    Ok((id, instances))
}

async fn insert(change: &mut Change<'_>, record: &Record<'_>, progress: Progress) -> Result<i64> {
    let Record { request, service, executor, defaults, .. } = *record;
    let new = NewRelease {
        service_id: service.id,
        action: request.aim.action(),
        target_version_id: record.target_version_id,
        origin: record.origin,
        parent_id: record.parent_id,
        executor: &executor.name,
        rollout: request.rollout.resolve(defaults, executor.timeout, progress.total),
        reason: request.reason.as_deref().unwrap_or_default(),
        idempotency_key: request.change.idempotency_key.as_deref(),
        created_by: &request.change.caller.name,
        created_at: change.now,
        total: progress.total,
        skipped: progress.skipped,
    };
    release::insert(&mut change.tx, &new).await
}

/// Makes the instances that are not there, and says of the others what this installation says. Gives all
/// of them, in the order of the choice.
async fn install(
    change: &mut Change<'_>,
    record: &Record<'_>,
    choice: &Choice,
    settings: &InstanceSettings,
) -> Result<Vec<i64>> {
    let (by, at) = (&record.request.change.caller.name, change.now);
    let free: Vec<i64> =
        choice.taken.iter().filter(|taken| taken.instance.is_none()).map(|taken| taken.host.id).collect();
    let made = instance::insert(&mut change.tx, record.service.id, &free, settings, at, by).await?;
    instance::set_settings(&mut change.tx, &choice.instance_ids(), settings).await?;
    let made: HashMap<i64, i64> = made.into_iter().collect();
    let id = |taken: &Taken| taken.instance.as_ref().map_or_else(|| made[&taken.host.id], |instance| instance.id);
    Ok(choice.taken.iter().map(id).collect())
}

fn target(taken: &Taken, instance_id: i64) -> NewTarget {
    let before = taken.instance.as_ref();
    NewTarget {
        instance_id,
        host_id: taken.host.id,
        from_version_id: before.and_then(|instance| instance.version_id),
        to_version_id: taken.to,
        from_status: before.map_or(InstanceStatus::Removed, |instance| instance.status),
    }
}
