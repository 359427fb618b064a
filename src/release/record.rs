//! Recording a release that is accepted: all of it, in the transaction that chose (R8).

use super::choose::{Chosen, Participant};
use super::request::{Aim, ReleaseRequest};
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
pub struct Acceptance<'a> {
    pub request: &'a ReleaseRequest,
    pub service: &'a Service,
    pub executor: &'a Executor,
    pub defaults: &'a RolloutDefaults,
    /// The version that all are moved to, if they share one.
    pub target_version_id: Option<i64>,
    pub origin: ReleaseOrigin,
    pub parent_id: Option<i64>,
    /// Freezes that it goes through.
    pub thawed: &'a [i64],
}

/// Records the release and its events: that it was accepted, then the change of each instance. Returns the number of
/// the release and the instances that take part, in the order of `chosen`.
pub async fn record(change: &mut Change<'_>, acceptance: &Acceptance<'_>, chosen: &Chosen) -> Result<(i64, Vec<i64>)> {
    let Acceptance { request, service, executor, .. } = *acceptance;
    let (action, by, at) = (request.aim.action(), &request.change.caller.name, change.now);
    let progress = Progress::accepted(chosen.participants.len() as i64, chosen.skipped.len() as i64);
    let status = InstanceStatus::during(action);
    let id = insert(change, acceptance, progress).await?;
    let instances = match &request.aim {
        Aim::Install { settings, .. } => install(change, acceptance, chosen, settings).await?,
        _ => chosen.instance_ids(),
    };
    instance::start_moving(&mut change.tx, &chosen.instance_ids(), status, at, by).await?;
    let targets: Vec<_> =
        chosen.participants.iter().zip(&instances).map(|(participant, id)| target(participant, *id)).collect();
    let shares_host = executor.shares_host;
    let numbers = release::insert_targets(&mut change.tx, id, &executor.name, shares_host, &targets).await?;
    if !chosen.skipped.is_empty() {
        release::insert_skipped(&mut change.tx, id, &chosen.skipped).await?;
    }
    let through = [acceptance.thawed, &chosen.through].concat();
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
    for ((participant, instance_id), target_id) in chosen.participants.iter().zip(&instances).zip(numbers) {
        let before = participant.instance.as_ref();
        let version_id = before.and_then(|instance| instance.version_id);
        change.record(event(Changed::Instance(InstanceChange {
            kind: InstanceEventKind::Release,
            instance_id: *instance_id,
            host_id: participant.host.id,
            hostname: participant.host.hostname.clone(),
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

async fn insert(change: &mut Change<'_>, acceptance: &Acceptance<'_>, progress: Progress) -> Result<i64> {
    let Acceptance { request, service, executor, defaults, .. } = *acceptance;
    let new = NewRelease {
        service_id: service.id,
        action: request.aim.action(),
        target_version_id: acceptance.target_version_id,
        origin: acceptance.origin,
        parent_id: acceptance.parent_id,
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

/// Creates the instances that do not exist, and gives the others the settings of this installation. Returns all of
/// them, in the order of `chosen`.
async fn install(
    change: &mut Change<'_>,
    acceptance: &Acceptance<'_>,
    chosen: &Chosen,
    settings: &InstanceSettings,
) -> Result<Vec<i64>> {
    let (by, at) = (&acceptance.request.change.caller.name, change.now);
    let free: Vec<i64> = chosen
        .participants
        .iter()
        .filter(|participant| participant.instance.is_none())
        .map(|participant| participant.host.id)
        .collect();
    let made = instance::insert(&mut change.tx, acceptance.service.id, &free, settings, at, by).await?;
    instance::set_settings(&mut change.tx, &chosen.instance_ids(), settings).await?;
    let made: HashMap<i64, i64> = made.into_iter().collect();
    let id = |participant: &Participant| {
        participant.instance.as_ref().map_or_else(|| made[&participant.host.id], |instance| instance.id)
    };
    Ok(chosen.participants.iter().map(id).collect())
}

fn target(participant: &Participant, instance_id: i64) -> NewTarget {
    let before = participant.instance.as_ref();
    NewTarget {
        instance_id,
        host_id: participant.host.id,
        from_version_id: before.and_then(|instance| instance.version_id),
        to_version_id: participant.to,
        from_status: before.map_or(InstanceStatus::Removed, |instance| instance.status),
    }
}
