//! What a request refers to, looked up while its service is locked, with every problem of it (R1, R4, R17).

use super::request::{ReleaseRequest, Selection};
use crate::app::App;
use crate::change::Change;
use crate::domain::hold::{Freeze, Hold, frozen};
use crate::domain::reference::{self, Reference};
use crate::domain::release::ReleaseAction;
use crate::domain::version::{Obstacle, VersionPlace};
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems, Timestamp};
use crate::executor::Executor;
use crate::store::candidates::{self, CandidateHost};
use crate::store::service::Service;
use crate::store::version::Version;
use crate::store::{Result, Tx, hold};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a request refers to. A field is `None` if the request does not name it, or if it is among the problems.
#[derive(Debug, Default)]
pub struct Resolved {
    pub service: Option<Service>,
    pub executor: Option<Arc<Executor>>,
    pub version_id: Option<i64>,
    /// The place of that version in the order of its service.
    pub place: Option<VersionPlace>,
    pub current_version_id: Option<i64>,
    /// What the release may go through.
    pub passed: Passed,
    /// The hosts that were chosen; `None` for all.
    pub hosts: Option<Vec<CandidateHost>>,
    /// Holds in force on the chosen hosts, oldest first; only looked up for an installation.
    pub held_hosts: HashMap<i64, Vec<i64>>,
}

/// The holds and freezes that a release may go through (R17).
#[derive(Debug, Default)]
pub struct Passed {
    pub holds: HashSet<i64>,
    /// Freezes in force that would refuse it.
    pub freezes: Vec<i64>,
}

/// Looks everything up, in a number of statements that does not depend on how much there is.
pub async fn resolve(
    app: &App,
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    problems: &mut Problems,
) -> Result<Resolved> {
    let mut resolved =
        Resolved { service: change.shared_service(&request.service, problems).await?, ..Resolved::default() };
    let field = request.service.field();
    resolved.executor = resolved.service.as_ref().and_then(|service| executor(app, service, field, problems));
    versions(change, request, &mut resolved, problems).await?;
    let action = request.aim.action();
    resolved.passed =
        holds(change, &request.through_hold_ids, resolved.service.as_ref(), field, action, problems).await?;
    resolved.hosts = hosts(change, request, problems).await?;
    if request.aim.action() == ReleaseAction::Install {
        let hosts: Vec<i64> = resolved.hosts.iter().flatten().map(|host| host.id).collect();
        resolved.held_hosts = held_hosts(&mut change.tx, change.now, &hosts).await?;
    }
    Ok(resolved)
}

/// Returns the executor of a service, which `field` names, or adds a problem.
pub fn executor(app: &App, service: &Service, field: &str, problems: &mut Problems) -> Option<Arc<Executor>> {
    let executor = app.executors.get(&service.executor).cloned();
    if executor.is_none() {
        let message = format!(
            "Service {} uses the executor {}, which is not configured on this server. Configure it, or choose another \
             executor with updateService.",
            service.name, service.executor
        );
        problems.add(Problem::new(ProblemCode::UnknownExecutor, field, message));
    }
    executor
}

async fn versions(
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    resolved: &mut Resolved,
    problems: &mut Problems,
) -> Result<()> {
    let service = resolved.service.as_ref().map(|service| (service.id, service.name.as_str()));
    let Some(target) = request.aim.version() else { return Ok(()) };
    let references: Vec<&Reference> = [target].into_iter().chain(request.aim.current_version()).collect();
    let mut versions = change.versions(&references, service, problems).await?.into_iter();
    if let Some(version) = versions.next().flatten() {
        resolved.version_id = Some(version.id);
        resolved.place = Some(version.place());
        for reason in version.rule().obstacles() {
            problems.add(obstacle(target.field(), &version, reason));
        }
    }
    resolved.current_version_id = versions.next().flatten().map(|version| version.id);
    Ok(())
}

/// What keeps the version from being released (R1), as a problem of the input that names it.
pub fn obstacle(field: &str, version: &Version, obstacle: Obstacle) -> Problem {
    let id = Kind::Version.id(version.id);
    let (code, message) = match obstacle {
        Obstacle::NotBuilt => (
            ProblemCode::VersionNotBuilt,
            format!(
                "Version {} has no successful build: it is {}. Report the build, or choose another version.",
                version.name, version.build_status
            ),
        ),
        Obstacle::Withdrawn => (
            ProblemCode::VersionWithdrawn,
            format!("Version {} was withdrawn. Choose another version, or reinstate this one.", version.name),
        ),
        Obstacle::Removed => return reference::not_found(field, Kind::Version, &[id]),
    };
    Problem::new(code, field, message).about([id])
}

/// Returns what a release with this action may go through, and adds a problem for the freezes that refuse it (R17).
/// `service_field` is the input that names the service.
pub async fn holds(
    change: &mut Change<'_>,
    through_hold_ids: &[String],
    service: Option<&Service>,
    service_field: &str,
    action: ReleaseAction,
    problems: &mut Problems,
) -> Result<Passed> {
    const FIELD: &str = "throughHoldIds";
    let named = change.holds_and_windows(FIELD, through_hold_ids, problems).await?;
    let mut passed = Passed { holds: named.iter().map(|hold| hold.id).collect(), freezes: Vec::new() };
    let Some(service) = service else { return Ok(passed) };
    let mut refuse = |code, holds: Vec<&Hold>, message: String| {
        if !holds.is_empty() {
            problems.add(Problem::new(code, FIELD, message).about(ids(holds)));
        }
    };
    let freezes = hold::freezes_of(&mut change.tx, service.id).await?;
    let is_own = |hold: &&Hold| match hold.is_window && hold.ended_at.is_none() {
        true => freezes.iter().any(|freeze| freeze.hold.id == hold.id),
        false => hold.concerns(service.id),
    };
    let (own, foreign): (Vec<&Hold>, Vec<&Hold>) = named.iter().partition(is_own);
    let message = format!("These holds belong to another service, not to {}. Leave them out.", service.name);
    refuse(ProblemCode::OtherService, foreign, message);
    let closed = own.into_iter().filter(|hold| !hold.lets_through(change.caller())).collect();
    let message = "Only the caller who set a hold, or an admin, may let a release through it.";
    refuse(ProblemCode::Invalid, closed, message.to_owned());

    let in_the_way = |freeze: &&Freeze| freeze.is_in_force(change.now) && freeze.hold.refuses(action);
    let (thawed, standing): (Vec<&Freeze>, Vec<&Freeze>) =
        freezes.iter().filter(in_the_way).partition(|freeze| passed.holds.contains(&freeze.hold.id));
    if !standing.is_empty() {
        let message = frozen(&service.name, &standing, change.now);
        let standing = standing.iter().map(|freeze| &freeze.hold);
        problems.add(Problem::new(ProblemCode::Frozen, service_field, message).about(ids(standing)));
    }
    passed.freezes = thawed.into_iter().map(|freeze| freeze.hold.id).collect();
    Ok(passed)
}

fn ids<'h>(holds: impl IntoIterator<Item = &'h Hold>) -> impl Iterator<Item = Id> {
    holds.into_iter().map(Hold::global_id)
}

/// The hosts that were chosen; for an installation they are locked.
async fn hosts(
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    problems: &mut Problems,
) -> Result<Option<Vec<CandidateHost>>> {
    match request.aim.action() {
        ReleaseAction::Install => lock_hosts(change, &request.hosts, problems).await,
        _ => chosen(change, &request.hosts, problems).await,
    }
}

/// The hosts that were chosen for new instances, locked and then looked up again.
pub async fn lock_hosts(
    change: &mut Change<'_>,
    selection: &Selection,
    problems: &mut Problems,
) -> Result<Option<Vec<CandidateHost>>> {
    let Some(mut hosts) = chosen(change, selection, problems).await? else { return Ok(None) };
    if !hosts.is_empty() {
        let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
        candidates::lock_hosts(&mut change.tx, &ids).await?;
        change.refresh_clock().await?;
        hosts = candidates::hosts_by_id(&mut change.tx, &ids).await?;
        let there: HashSet<i64> = hosts.iter().map(|host| host.id).collect();
        let gone: Vec<_> = ids.iter().filter(|id| !there.contains(id)).map(|id| Kind::Host.id(*id)).collect();
        if selection.names_hosts() && !gone.is_empty() {
            problems.add(reference::not_found(selection.field(), Kind::Host, &gone));
        }
    }
    Ok(Some(hosts))
}

/// Returns the holds in force on these hosts, by host, oldest first.
pub async fn held_hosts(tx: &mut Tx, now: Timestamp, ids: &[i64]) -> Result<HashMap<i64, Vec<i64>>> {
    let mut held: HashMap<i64, Vec<i64>> = HashMap::new();
    for hold in hold::on_hosts(tx, ids).await?.into_iter().filter(|hold| hold.is_in_force(now)) {
        if let Some(host_id) = hold.host_id {
            held.entry(host_id).or_default().push(hold.id);
        }
    }
    Ok(held)
}

async fn chosen(
    change: &mut Change<'_>,
    selection: &Selection,
    problems: &mut Problems,
) -> Result<Option<Vec<CandidateHost>>> {
    let field = selection.field();
    Ok(Some(match selection {
        Selection::All(_) => return Ok(None),
        Selection::HostIds(texts) => {
            let numbers = reference::ids(field, Kind::Host, bounded(texts), problems);
            let hosts = candidates::hosts_by_id(&mut change.tx, &numbers).await?;
            let known: HashSet<i64> = hosts.iter().map(|host| host.id).collect();
            let missing = numbers.iter().filter(|id| !known.contains(id));
            let missing: Vec<Id> = missing.map(|id| Kind::Host.id(*id)).collect();
            if !missing.is_empty() {
                problems.add(reference::not_found(field, Kind::Host, &missing));
            }
            hosts
        }
        Selection::Hostnames(names) => {
            // An empty one has a problem already.
            let names: Vec<&str> = bounded(names).iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            let found = change.hosts_by_name(field, &names, problems).await?;
            found.into_iter().map(|(id, hostname)| CandidateHost { id, hostname }).collect()
        }
        Selection::Labels(labels) => {
            let possible = labels.iter().all(|(key, value)| !key.contains('\0') && !value.contains('\0'));
            if possible { candidates::hosts_by_labels(&mut change.tx, labels).await? } else { Vec::new() }
        }
    }))
}

/// What is looked up of a list: nothing if it is too long, for which it has a problem already.
fn bounded(list: &[String]) -> &[String] {
    if list.len() > reference::MAX_LIST { &[] } else { list }
}
