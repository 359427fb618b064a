//! Ending targets: the target, its instance, its release and their events, all in one transaction (R12, R13).

use super::transition::Transition;
use crate::domain::Timestamp;
use crate::domain::event::InstanceChange;
use crate::domain::event::InstanceEventKind;
use crate::domain::instance::InstanceStatus;
use crate::domain::target::{End, ReleaseTargetStatus};
use crate::store::instance::{self, LockedInstance};
use crate::store::target::{self, OpenTarget};
use crate::store::{Result, Tx};
use std::collections::{BTreeMap, HashMap};

/// Locks the instances of these targets, all at once, since locks are taken in the order of ids.
pub(crate) async fn lock(
    tx: &mut Tx,
    targets: impl Iterator<Item = &OpenTarget>,
) -> Result<HashMap<i64, LockedInstance>> {
    let ids: Vec<i64> = targets.map(|target| target.instance_id).collect();
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
        let Some(status) = InstanceStatus::after(transition.row.action, end.status, target.from_status) else {
            continue;
        };
        let before = instance.clone();
        instance.status = status;
        instance.revision += 1;
        if end.status == ReleaseTargetStatus::Succeeded {
            instance.version_id = target.to_version_id;
        }
        changes.push((*target, end.status, before, instance.clone()));
    }
    let saved: Vec<LockedInstance> = changes.iter().map(|(.., after)| after.clone()).collect();
    instance::save_states(tx, at, by, &saved).await?;
    let ids: Vec<i64> = saved.iter().map(|instance| instance.id).collect();
    let locked = instance::locked(tx, &ids).await?;
    for (target, end, before, after) in changes {
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
        transition.move_target(target.id, target.status, end);
    }
    Ok(())
}
