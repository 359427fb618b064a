//! Another name for a host, with the copies of it in its instances.

use super::event::InstanceEventDraft;
use crate::change::Change;
use crate::domain::event::InstanceEventKind;
use crate::domain::problem::MAX_RELATED_IDS;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::host::{self, Host};
use crate::store::instance::{self, Instance};
use crate::store::{Error, Result};

const FIELD: &str = "hostname";

/// Checks that a locked host may have this name from now on, and locks its instances. Another spelling of its own name is
/// another name. Adds a problem if the name is malformed or taken, and while a release has an instance on the host: its
/// command has the old name.
pub async fn check(
    change: &mut Change<'_>,
    host: &Host,
    hostname: &str,
    problems: &mut Problems,
) -> Result<Vec<Instance>> {
    if problems.collect(name::hostname(FIELD, hostname)).is_none() || hostname == host.hostname {
        return Ok(Vec::new());
    }
    let named = host::by_name(&mut change.tx, &[hostname.to_owned()]).await?;
    if let Some((id, _)) = named.into_iter().find(|(id, _)| *id != host.id) {
        problems.add(taken(Kind::Host.id(id)));
    }
    let instances = instance::lock_on_hosts(&mut change.tx, &[host.id]).await?;
    change.refresh_clock().await?;
    let releases = host::open_releases(&mut change.tx, &[host.id], MAX_RELATED_IDS).await?;
    if !releases.is_empty() {
        let message = "A release has an instance on this host. Rename the host when the release is over, or cancel it.";
        let releases = releases.into_iter().map(|id| Kind::Release.id(id));
        problems.add(Problem::new(ProblemCode::InUse, FIELD, message).about(releases));
    }
    Ok(instances)
}

/// Saves the name and the address of a locked host. If the name changes, so do the copies in its locked instances, each with
/// an event; older events keep the name that the host had at their time.
///
/// # Errors
/// The problem is `TAKEN` if another request gave the name to another host meanwhile.
pub async fn save(
    change: &mut Change<'_>,
    host: &Host,
    hostname: &str,
    address: &str,
    instances: Vec<Instance>,
) -> Result<Result<(), Problem>> {
    match host::update(&mut change.tx, host.id, hostname, address).await {
        Err(Error::Conflict(_)) => return Ok(Err(taken(hostname))),
        saved => saved?,
    }
    if hostname == host.hostname {
        return Ok(Ok(()));
    }
    instance::rename_host(&mut change.tx, host.id, hostname, change.by, change.now).await?;
    let ids: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    let locked = instance::locked(&mut change.tx, &ids).await?;
    for instance in instances {
        let renamed = Instance { hostname: hostname.to_owned(), ..instance };
        let draft = InstanceEventDraft {
            revision: renamed.revision + 1,
            locked: locked.contains(&renamed.id),
            ..InstanceEventDraft::of(&renamed, InstanceEventKind::Edit)
        };
        change.record(draft.caused_by(change.by));
    }
    Ok(Ok(()))
}

fn taken(by: impl ToString) -> Problem {
    let message = "Another host has this name, perhaps in another spelling. Choose another name.";
    Problem::new(ProblemCode::Taken, FIELD, message).about([by])
}
