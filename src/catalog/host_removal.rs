//! Removing hosts, if asked for with all instances on them: their machines are gone.

use super::event::InstanceEventDraft;
use super::hold_checks::in_force;
use super::hold_end::{EndedHolds, Ending, record_ends};
use crate::change::{Change, Failure};
use crate::domain::event::InstanceEventKind;
use crate::domain::instance::InstanceStatus;
use crate::domain::problem::MAX_RELATED_IDS;
use crate::domain::{Id, Kind, Problem, ProblemCode};
use crate::store::host::{self, Host};
use crate::store::instance::{self, Instance};
use crate::store::{Result, hold};

/// Removes locked hosts, which `field` names, with the instances on them if `with_instances` says so, and ends the holds on
/// both. All or none are removed. Returns what was changed: the hosts and their instances.
///
/// # Errors
/// `IN_USE` while a release has an instance on one of them, and while they have instances unless these are to be removed,
/// too (R3).
pub async fn remove(
    change: &mut Change<'_>,
    field: &str,
    hosts: &[Host],
    with_instances: bool,
) -> Result<Vec<Id>, Failure> {
    let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
    let mut instances = instance::lock_on_hosts(&mut change.tx, &ids).await?;
    change.refresh_clock().await?;
    let releases = host::open_releases(&mut change.tx, &ids, MAX_RELATED_IDS).await?;
    if !releases.is_empty() {
        let message = match hosts.len() {
            1 => "A release has an instance on this host. Remove the host when the release is over, or cancel it.",
            _ => "Releases have instances on these hosts. Remove the hosts when the releases are over, or cancel them.",
        };
        let releases = releases.into_iter().map(|id| Kind::Release.id(id));
        return Err(Problem::new(ProblemCode::InUse, field, message).about(releases).into());
    }
    if !instances.is_empty() && !with_instances {
        let message = match hosts.len() {
            1 => {
                "The host has instances. Uninstall them before you remove it, or set withInstances if its machine is gone."
            }
            _ => {
                "Some of the hosts have instances. Uninstall them before you remove the hosts, or set withInstances if the machines are gone."
            }
        };
        let users = instances.iter().map(|instance| Kind::Instance.id(instance.id));
        return Err(Problem::new(ProblemCode::InUse, field, message).about(users).into());
    }
    end_holds(change, &ids, &mut instances).await?;
    let removed: Vec<_> = instances.iter().map(|instance| (instance.id, InstanceStatus::Removed, None)).collect();
    instance::confirm(&mut change.tx, &removed, change.by, change.now).await?;
    for instance in &instances {
        let draft = InstanceEventDraft {
            status: InstanceStatus::Removed,
            version_id: None,
            revision: instance.revision + 1,
            ..InstanceEventDraft::of(instance, InstanceEventKind::Confirmation)
        };
        change.record(draft.caused_by(change.by));
    }
    host::remove(&mut change.tx, &ids, change.now).await?;
    let changed = instances.iter().map(|instance| Kind::Instance.id(instance.id));
    Ok(ids.iter().map(|id| Kind::Host.id(*id)).chain(changed).collect())
}

/// Ends the holds in force on hosts and on their instances, which then have their new revisions.
async fn end_holds(change: &mut Change<'_>, hosts: &[i64], instances: &mut [Instance]) -> Result<()> {
    let ids: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    let mut holds = hold::on_hosts(&mut change.tx, hosts).await?;
    holds.extend(hold::on_instances(&mut change.tx, &ids).await?);
    let ended = hold::end(&mut change.tx, &in_force(&holds, change.now), change.by, change.now).await?;
    let ends = EndedHolds { holds: &holds, ended: &ended, instances, ending: Ending::OneByOne };
    for event in record_ends(&mut change.tx, ends, change.by, change.now).await? {
        change.record(event);
    }
    Ok(())
}
