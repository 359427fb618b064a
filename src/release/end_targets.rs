//! Ending targets: the target, its instance, its release and their events, all in one transaction (R12, R13).

use super::transition::Transition;
use crate::domain::Timestamp;
use crate::domain::event::InstanceChange;
use crate::domain::event::InstanceEventKind;
use crate::domain::instance::InstanceStatus;
use crate::domain::target::{End, ReleaseTargetStatus, Undrain};
use crate::store::instance::{self, LockedInstance};
use crate::store::target::{self, OpenTarget};
use crate::store::{Result, Tx, probe};
use std::collections::{BTreeMap, HashMap};

/// Locks the instances of these targets, and these ones beside, all at once, since locks are taken in the order of ids.
pub(crate) async fn lock(
    tx: &mut Tx,
    targets: impl Iterator<Item = &OpenTarget>,
    more: &[i64],
) -> Result<HashMap<i64, LockedInstance>> {
    let ids: Vec<i64> = targets.map(|target| target.instance_id).chain(more.iter().copied()).collect();
    let instances = instance::lock_states(tx, &ids).await?;
    Ok(instances.into_iter().map(|instance| (instance.id, instance)).collect())
}

/// Ends targets of locked releases on locked instances. The version changes only by success (R12, I4).
pub(crate) async fn end_targets(
    tx: &mut Tx,
    at: Timestamp,
    by: &str,
    releases: &mut BTreeMap<i64, Transition>,
    instances: &mut HashMap<i64, LockedInstance>,
    ended: &[(OpenTarget, End)],
) -> Result<()> {
    if ended.is_empty() {
        return Ok(());
    }
    target::end(tx, at, ended).await?;
    let mut changes = Vec::new();
    for (target, end) in ended {
        let (Some(transition), Some(instance)) =
            (releases.get_mut(&target.release_id), instances.get_mut(&target.instance_id))
        else {
            continue;
        };
        let Some(status) = InstanceStatus::after(transition.row.action, end.status, end.leaves, target.from_status)
        else {
            continue;
        };
        let before = instance.clone();
        instance.status = status;
        instance.revision += 1;
        if end.status == ReleaseTargetStatus::Succeeded {
            instance.version_id = target.to_version_id;
        }
        changes.push((*target, (end.status, end.failure), before, instance.clone()));
    }
    let saved: Vec<LockedInstance> = changes.iter().map(|(.., after)| after.clone()).collect();
    instance::save_states(tx, at, by, &saved).await?;
    save_service(tx, at, ended, &saved).await?;
    let ids: Vec<i64> = saved.iter().map(|instance| instance.id).collect();
    let locked = instance::locked(tx, &ids).await?;
    for (target, (end, failure), before, after) in changes {
        let Some(transition) = releases.get_mut(&target.release_id) else { continue };
        transition.record_instance(InstanceChange {
            kind: InstanceEventKind::Release,
            instance_id: after.id,
            host_id: after.host_id,
            hostname: after.hostname,
            revision: after.revision,
            previous_status: Some(before.status),
            status: after.status,
            previous_version_id: before.version_id,
            version_id: after.version_id,
            locked: locked.contains(&after.id),
            release_id: Some(target.release_id),
            target_id: Some(target.id),
            target_end: Some(end),
            hold_id: None,
        });
        transition.move_target((target.id, target.wave), (target.status, end), failure, at);
    }
    Ok(())
}

/// Records which instances are back in service, and which ones could not be put back. One that was removed is neither.
async fn save_service(
    tx: &mut Tx,
    at: Timestamp,
    ended: &[(OpenTarget, End)],
    instances: &[LockedInstance],
) -> Result<()> {
    let of =
        |undrain: fn(&Undrain) -> bool| ended.iter().filter(move |(_, end)| end.undrain.as_ref().is_some_and(undrain));
    let failed: Vec<i64> =
        of(|undrain| matches!(undrain, Undrain::Failed(_))).map(|(target, _)| target.instance_id).collect();
    let removed = instances.iter().filter(|instance| instance.status == InstanceStatus::Removed).map(|one| one.id);
    let back: Vec<i64> =
        of(|undrain| *undrain == Undrain::Succeeded).map(|(target, _)| target.instance_id).chain(removed).collect();
    let all: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    probe::after_release(tx, at, &all).await?;
    if !failed.is_empty() {
        instance::drain(tx, at, &failed).await?;
    }
    if !back.is_empty() {
        instance::undrain(tx, &back).await?;
    }
    Ok(())
}
