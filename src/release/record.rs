//! Recording a release that is accepted: all of it, in the transaction that chose (R8).

use super::arrange::Arranged;
use super::choose::{Chosen, Participant};
use crate::domain::Timestamp;
use crate::domain::event::{Changed, InstanceChange, NewEvent, ReleaseChange};
use crate::domain::event::{InstanceEventKind, ReleaseEventKind};
use crate::domain::instance::{InstanceSettings, InstanceStatus};
use crate::domain::release::{Progress, ReleaseAction, ReleaseOrigin};
use crate::store::release::{self, NewRelease, NewTarget};
use crate::store::{Result, Tx, instance};
use std::collections::HashMap;

/// A release about to be recorded, and what it came from.
#[derive(Clone, Debug)]
pub struct Acceptance<'a> {
    pub service_id: i64,
    pub service_name: &'a str,
    pub action: ReleaseAction,
    /// The version that all are moved to, if they share one.
    pub target_version_id: Option<i64>,
    /// What an installation sets for its instances; `None` if they keep what they had.
    pub settings: Option<&'a InstanceSettings>,
    pub origin: ReleaseOrigin,
    pub parent_id: Option<i64>,
    /// The name of its executor, and whether its commands share their hosts.
    pub executor: &'a str,
    pub shares_host: bool,
    pub arranged: Arranged,
    /// Freezes that it goes through.
    pub thawed: &'a [i64],
    pub reason: &'a str,
    pub idempotency_key: Option<&'a str>,
    /// Name of the caller.
    pub by: &'a str,
    pub at: Timestamp,
}

/// A release that was recorded.
#[derive(Debug)]
pub struct Recorded {
    pub id: i64,
    /// The instances that take part, in the order of `chosen`.
    pub instances: Vec<i64>,
    /// That it was accepted, then the change of each instance; to be appended in the same transaction.
    pub events: Vec<NewEvent>,
}

/// Records the release.
pub async fn record(tx: &mut Tx, acceptance: &Acceptance<'_>, chosen: &Chosen) -> Result<Recorded> {
    let Acceptance { action, by, at, .. } = *acceptance;
    let progress = Progress::accepted(chosen.participants.len() as i64, chosen.skipped.len() as i64);
    let status = InstanceStatus::during(action);
    let id = insert(tx, acceptance, progress).await?;
    let instances = instances(tx, acceptance, chosen).await?;
    instance::start_moving(tx, &chosen.instance_ids(), status, at, by).await?;
    let targets: Vec<_> =
        chosen.participants.iter().zip(&instances).map(|(participant, id)| target(participant, *id)).collect();
    let waves = &acceptance.arranged.waves;
    release::insert_waves(tx, id, waves).await?;
    let executor = (acceptance.executor, acceptance.shares_host);
    let numbers = release::insert_targets(tx, id, executor, waves, &targets).await?;
    if !chosen.skipped.is_empty() {
        release::insert_skipped(tx, id, &chosen.skipped).await?;
    }
    let through = [acceptance.thawed, &chosen.through].concat();
    if !through.is_empty() {
        release::insert_through(tx, id, &through).await?;
    }
    let event = |changed| NewEvent {
        service_id: Some(acceptance.service_id),
        service_name: Some(acceptance.service_name.to_owned()),
        caused_by: by.to_owned(),
        changed,
    };
    let mut events = vec![event(Changed::Release(ReleaseChange {
        kind: ReleaseEventKind::Accepted,
        release_id: id,
        action,
        target_id: None,
        revision: 1,
        status: progress.status(false),
        progress,
    }))];
    for ((participant, instance_id), target_id) in chosen.participants.iter().zip(&instances).zip(numbers) {
        let before = participant.instance.as_ref();
        let version_id = before.and_then(|instance| instance.version_id);
        events.push(event(Changed::Instance(InstanceChange {
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
    Ok(Recorded { id, instances, events })
}

async fn insert(tx: &mut Tx, acceptance: &Acceptance<'_>, progress: Progress) -> Result<i64> {
    let new = NewRelease {
        service_id: acceptance.service_id,
        action: acceptance.action,
        target_version_id: acceptance.target_version_id,
        origin: acceptance.origin,
        parent_id: acceptance.parent_id,
        executor: acceptance.executor,
        rollout: &acceptance.arranged.rollout,
        requested: &acceptance.arranged.requested,
        reason: acceptance.reason,
        idempotency_key: acceptance.idempotency_key,
        created_by: acceptance.by,
        created_at: acceptance.at,
        total: progress.total,
        skipped: progress.skipped,
    };
    release::insert(tx, &new).await
}

/// Creates the instances that do not exist, and gives the others the settings of this installation. Returns all of
/// them, in the order of `chosen`.
async fn instances(tx: &mut Tx, acceptance: &Acceptance<'_>, chosen: &Chosen) -> Result<Vec<i64>> {
    let Acceptance { service_id, settings, by, at, .. } = *acceptance;
    let missing = || chosen.participants.iter().filter(|participant| participant.instance.is_none());
    let mut made = HashMap::new();
    if let Some(settings) = settings {
        let free: Vec<i64> = missing().map(|participant| participant.host.id).collect();
        made.extend(instance::insert(tx, service_id, &free, settings, at, by).await?);
        instance::set_settings(tx, &chosen.instance_ids(), settings).await?;
    } else {
        let removed: Vec<i64> = missing().filter_map(|participant| participant.in_place_of).collect();
        if !removed.is_empty() {
            made.extend(instance::insert_again(tx, &removed, at, by).await?);
        }
    }
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
