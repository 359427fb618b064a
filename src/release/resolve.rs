//! What a request refers to, looked up while its service is locked, with every problem of it (R1, R4, R17).

use super::request::{ReleaseRequest, Selection};
use crate::app::App;
use crate::change::Change;
use crate::domain::hold::{Hold, frozen};
use crate::domain::release::ReleaseAction;
use crate::domain::version::Obstacle;
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems, name, reference};
use crate::executor::Executor;
use crate::store::candidates::{self, CandidateHost};
use crate::store::service::Service;
use crate::store::version::Version;
use crate::store::{Result, Tx, hold, host};
use std::collections::HashSet;
use std::sync::Arc;

/// What a request refers to. A field is `None` if the request does not name it, or if it is among the problems.
#[derive(Debug, Default)]
pub struct Resolved {
    pub service: Option<Service>,
    pub executor: Option<Arc<Executor>>,
    pub version_id: Option<i64>,
    pub current_version_id: Option<i64>,
    /// Holds that the release may go through.
    pub through: HashSet<i64>,
    /// Freezes in force that the release goes through.
    pub thawed: Vec<i64>,
    /// The hosts that were chosen; `None` for all.
    pub hosts: Option<Vec<CandidateHost>>,
}

/// Looks everything up, in a number of statements that does not depend on how much there is.
pub async fn resolve(
    app: &App,
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    problems: &mut Problems,
) -> Result<Resolved> {
    let mut resolved = Resolved {
        service: problems.collect(change.shared_service("serviceId", &request.service_id).await?),
        ..Resolved::default()
    };
    resolved.executor = resolved.service.as_ref().and_then(|service| executor(app, service, problems));
    versions(change, request, &mut resolved, problems).await?;
    holds(change, request, &mut resolved, problems).await?;
    resolved.hosts = hosts(change, request, problems).await?;
    Ok(resolved)
}

fn executor(app: &App, service: &Service, problems: &mut Problems) -> Option<Arc<Executor>> {
    let executor = app.executors.get(&service.executor).cloned();
    if executor.is_none() {
        let message = format!(
            "Service {} uses the executor {}, which is not configured on this server. Configure it, or choose another \
             executor with updateService.",
            service.name, service.executor
        );
        problems.add(Problem::new(ProblemCode::UnknownExecutor, "serviceId", message));
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
    if let Some(text) = request.aim.version_id() {
        let target = problems.collect(change.version("versionId", text, service).await?);
        resolved.version_id = target.as_ref().map(|version| version.id);
        if let Some(version) = &target {
            for reason in version.rule().obstacles() {
                problems.add(obstacle(version, reason));
            }
        }
    }
    if let Some(text) = request.aim.current_version_id() {
        let current = problems.collect(change.version("currentVersionId", text, service).await?);
        resolved.current_version_id = current.map(|version| version.id);
    }
    Ok(())
}

/// What keeps the version from being released (R1), as a problem of the input that names it.
fn obstacle(version: &Version, obstacle: Obstacle) -> Problem {
    const FIELD: &str = "versionId";
    let id = Kind::Version.id(version.id);
    let (code, message) = match obstacle {
        Obstacle::NotBuilt => (
            ProblemCode::VersionNotBuilt,
            "This version has no successful build. Choose a version whose build succeeded.",
        ),
        Obstacle::Withdrawn => (
            ProblemCode::VersionWithdrawn,
            "This version was withdrawn. Choose another version, or reinstate this one.",
        ),
        Obstacle::Removed => return reference::not_found(FIELD, Kind::Version, &[id]),
    };
    Problem::new(code, FIELD, message).about([id])
}

/// The holds that the release may go through, and the freezes that refuse it (R17).
async fn holds(
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    resolved: &mut Resolved,
    problems: &mut Problems,
) -> Result<()> {
    const FIELD: &str = "throughHoldIds";
    let named = change.holds(FIELD, &request.through_hold_ids, problems).await?;
    resolved.through = named.iter().map(|hold| hold.id).collect();
    let Some(service) = &resolved.service else { return Ok(()) };
    let mut refuse = |code, holds: Vec<&Hold>, message: String| {
        if !holds.is_empty() {
            problems.add(Problem::new(code, FIELD, message).about(ids(holds)));
        }
    };
    let (own, foreign): (Vec<&Hold>, Vec<&Hold>) = named.iter().partition(|hold| hold.service_id == service.id);
    let message = format!("These holds belong to another service, not to {}. Leave them out.", service.name);
    refuse(ProblemCode::OtherService, foreign, message);
    let caller = &request.change.caller;
    let closed = own.into_iter().filter(|hold| !hold.lets_through(caller)).collect();
    let message = "Only the caller who set a hold, or an admin, may let a release through it.";
    refuse(ProblemCode::Invalid, closed, message.to_owned());

    let freezes = hold::on_service(&mut change.tx, service.id).await?;
    let in_the_way = |freeze: &&Hold| freeze.is_in_force(change.now) && freeze.refuses(request.aim.action());
    let (thawed, standing): (Vec<&Hold>, Vec<&Hold>) =
        freezes.iter().filter(in_the_way).partition(|freeze| resolved.through.contains(&freeze.id));
    if !standing.is_empty() {
        let message = frozen(&service.name, &standing, change.now);
        problems.add(Problem::new(ProblemCode::Frozen, "serviceId", message).about(ids(standing)));
    }
    resolved.thawed = thawed.into_iter().map(|freeze| freeze.id).collect();
    Ok(())
}

fn ids(holds: Vec<&Hold>) -> impl Iterator<Item = Id> {
    holds.into_iter().map(|hold| Kind::Hold.id(hold.id))
}

/// The hosts that were chosen; for an installation they are locked, and looked up again.
async fn hosts(
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    problems: &mut Problems,
) -> Result<Option<Vec<CandidateHost>>> {
    let Some(mut hosts) = chosen(&mut change.tx, &request.hosts, problems).await? else { return Ok(None) };
    if request.aim.action() == ReleaseAction::Install && !hosts.is_empty() {
        let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
        candidates::lock_hosts(&mut change.tx, &ids).await?;
        change.refresh_clock().await?;
        hosts = candidates::hosts_by_id(&mut change.tx, &ids).await?;
        let there: HashSet<i64> = hosts.iter().map(|host| host.id).collect();
        let gone: Vec<_> = ids.iter().filter(|id| !there.contains(id)).map(|id| Kind::Host.id(*id)).collect();
        if request.hosts.names_hosts() && !gone.is_empty() {
            problems.add(reference::not_found(request.hosts.field(), Kind::Host, &gone));
        }
    }
    Ok(Some(hosts))
}

async fn chosen(tx: &mut Tx, selection: &Selection, problems: &mut Problems) -> Result<Option<Vec<CandidateHost>>> {
    let field = selection.field();
    let (hosts, unknown): (_, Vec<String>) = match selection {
        Selection::All(_) => return Ok(None),
        Selection::HostIds(texts) => {
            let numbers = reference::ids(field, Kind::Host, bounded(texts), problems);
            let hosts = candidates::hosts_by_id(tx, &numbers).await?;
            let known: HashSet<i64> = hosts.iter().map(|host| host.id).collect();
            let missing = numbers.iter().filter(|id| !known.contains(id));
            let missing = missing.map(|id| Kind::Host.id(*id).to_string()).collect();
            (hosts, missing)
        }
        Selection::Hostnames(names) => {
            // A text that cannot be a hostname is not looked up; an empty one has a problem already.
            let names: Vec<_> = bounded(names).iter().filter(|name| !name.is_empty()).collect();
            let possible = names.iter().filter(|name| name::hostname(field, name).is_ok());
            let possible: Vec<String> = possible.map(ToString::to_string).collect();
            let named = host::by_name(tx, &possible).await?;
            let hosts: Vec<_> = named.into_iter().map(|(id, hostname)| CandidateHost { id, hostname }).collect();
            let known: HashSet<&str> = hosts.iter().map(|host| host.hostname.as_str()).collect();
            let missing = names.into_iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
            (hosts, missing)
        }
        Selection::Labels(labels) => {
            let possible = labels.iter().all(|(key, value)| !key.contains('\0') && !value.contains('\0'));
            (if possible { candidates::hosts_by_labels(tx, labels).await? } else { Vec::new() }, Vec::new())
        }
    };
    if !unknown.is_empty() {
        problems.add(reference::not_found(field, Kind::Host, &unknown));
    }
    Ok(Some(hosts))
}

/// What is looked up of a list: nothing if it is too long, for which it has a problem already.
fn bounded(list: &[String]) -> &[String] {
    if list.len() > reference::MAX_LIST { &[] } else { list }
}
