//! What a request refers to, looked up while its service is locked, with every problem of it (R1, R4, R17).

use super::request::{Request, Selection};
use crate::app::App;
use crate::domain::version::BuildStatus;
use crate::domain::{Kind, Problem, ProblemCode, Problems, claim, name};
use crate::executor::Executor;
use crate::store::choice::{self, Host, Service, Version};
use crate::store::{Result, Tx};
use std::collections::HashSet;
use std::sync::Arc;

/// What was found. What is none was not asked for, or is among the problems.
#[derive(Debug, Default)]
pub struct Found {
    pub service: Option<Service>,
    pub executor: Option<Arc<Executor>>,
    pub version_id: Option<i64>,
    pub current_version_id: Option<i64>,
    /// Holds that it is let through.
    pub through: HashSet<i64>,
    /// Freezes that stand, and that it is let through.
    pub thawed: Vec<i64>,
    /// The hosts that were chosen; none for all.
    pub hosts: Option<Vec<Host>>,
}

/// Looks everything up, in a number of statements that does not depend on how much there is.
pub async fn find(app: &App, tx: &mut Tx, request: &Request, problems: &mut Problems) -> Result<Found> {
    let mut found = Found::default();
    if let Some(id) = problems.take(claim::id("serviceId", Kind::Service, &request.service_id)) {
        found.service = choice::service(tx, id).await?;
        match &found.service {
            Some(service) => found.executor = executor(app, service, problems),
            None => problems.add(claim::not_found("serviceId", Kind::Service, &[&request.service_id])),
        }
    }
    versions(tx, request, &mut found, problems).await?;
    holds(tx, request, &mut found, problems).await?;
    found.hosts = hosts(tx, &request.hosts, problems).await?;
    Ok(found)
}

fn executor(app: &App, service: &Service, problems: &mut Problems) -> Option<Arc<Executor>> {
    let executor = app.executors.get(&service.executor).cloned();
    if executor.is_none() {
        let message = format!(
            "The service {} names the executor {}, which is not configured here.",
            service.name, service.executor
        );
        problems.add(Problem::new(ProblemCode::UnknownExecutor, "serviceId", message));
    }
    executor
}

async fn versions(tx: &mut Tx, request: &Request, found: &mut Found, problems: &mut Problems) -> Result<()> {
    let mut decode =
        |field, text: Option<&str>| problems.take(claim::id(field, Kind::Version, text?)).map(|id| (field, id));
    let target = decode("versionId", request.aim.version_id());
    let current = decode("currentVersionId", request.aim.current_version_id());
    let ids: Vec<i64> = [target, current].into_iter().flatten().map(|(_, id)| id).collect();
    let versions = choice::versions(tx, &ids).await?;
    let mut of_service = |claimed: Option<(&str, i64)>| {
        let (field, id) = claimed?;
        problems.take(version(field, id, found.service.as_ref(), &versions))
    };
    let (target, current) = (of_service(target), of_service(current));
    found.version_id = target.map(|version| version.id);
    found.current_version_id = current.map(|version| version.id);
    if let Some(version) = target {
        releasable(version, problems);
    }
    Ok(())
}

fn version<'v>(
    field: &str,
    id: i64,
    service: Option<&Service>,
    versions: &'v [Version],
) -> Result<&'v Version, Problem> {
    let about = Kind::Version.id(id);
    let Some(version) = versions.iter().find(|version| version.id == id) else {
        return Err(claim::not_found(field, Kind::Version, &[about]));
    };
    match service {
        Some(service) if service.id != version.service_id => {
            let message = format!("This is no version of the service {}.", service.name);
            Err(Problem::new(ProblemCode::OtherService, field, message).about([about]))
        }
        _ => Ok(version),
    }
}

/// R1; that it was not removed is known.
fn releasable(version: &Version, problems: &mut Problems) {
    let about = Kind::Version.id(version.id);
    if version.build_status != BuildStatus::Succeeded {
        let message = "This version has no successful build. Only a version whose build succeeded can be released.";
        problems.add(Problem::new(ProblemCode::VersionNotBuilt, "versionId", message).about([about]));
    }
    if version.withdrawn_at.is_some() {
        let message = "This version was withdrawn. Choose another one, or have it reinstated.";
        problems.add(Problem::new(ProblemCode::VersionWithdrawn, "versionId", message).about([about]));
    }
}

async fn holds(tx: &mut Tx, request: &Request, found: &mut Found, problems: &mut Problems) -> Result<()> {
    const FIELD: &str = "throughHoldIds";
    let claimed = claim::ids(FIELD, Kind::Hold, &request.through_hold_ids, problems);
    let holds = choice::holds(tx, &claimed).await?;
    let known: HashSet<i64> = holds.iter().map(|(_, hold)| hold.id).collect();
    let ids = |numbers: Vec<i64>| numbers.into_iter().map(|number| Kind::Hold.id(number)).collect::<Vec<_>>();
    let unknown = ids(claimed.into_iter().filter(|id| !known.contains(id)).collect());
    if !unknown.is_empty() {
        problems.add(claim::not_found(FIELD, Kind::Hold, &unknown));
    }
    let Some(service) = &found.service else { return Ok(()) };
    let foreign = ids(holds.iter().filter(|(of, _)| *of != service.id).map(|(_, hold)| hold.id).collect());
    if !foreign.is_empty() {
        let message = format!("These are holds of other services than {}.", service.name);
        problems.add(Problem::new(ProblemCode::OtherService, FIELD, message).about(foreign));
    }
    let caller = &request.change.caller;
    let closed = holds.iter().filter(|(of, hold)| *of == service.id && !hold.lets_through(caller));
    let closed = ids(closed.map(|(_, hold)| hold.id).collect());
    if !closed.is_empty() {
        let message = "Only who set a hold, or an admin, may let a release through it.";
        problems.add(Problem::new(ProblemCode::Invalid, FIELD, message).about(closed));
    }
    found.through = known;
    let (now, action) = (tx.now().await?, request.aim.action());
    let freezes = choice::freezes(tx, service.id).await?;
    let standing = freezes.iter().filter(|freeze| freeze.stands(now) && freeze.freezes(action)).map(|freeze| freeze.id);
    let (thawed, frozen): (Vec<_>, Vec<_>) = standing.partition(|id| found.through.contains(id));
    found.thawed = thawed;
    if !frozen.is_empty() {
        let message =
            format!("The service {} is frozen. Wait until it is not, or go through as who froze it.", service.name);
        problems.add(Problem::new(ProblemCode::Frozen, "serviceId", message).about(ids(frozen)));
    }
    Ok(())
}

async fn hosts(tx: &mut Tx, selection: &Selection, problems: &mut Problems) -> Result<Option<Vec<Host>>> {
    let field = selection.field();
    let (hosts, unknown): (_, Vec<String>) = match selection {
        Selection::All(_) => return Ok(None),
        Selection::HostIds(texts) => {
            let numbers = claim::ids(field, Kind::Host, bounded(texts), problems);
            let hosts = choice::hosts_by_id(tx, &numbers).await?;
            let known: HashSet<i64> = hosts.iter().map(|host| host.id).collect();
            let missing = numbers.iter().filter(|id| !known.contains(id));
            let missing = missing.map(|id| Kind::Host.id(*id).to_string()).collect();
            (hosts, missing)
        }
        Selection::Hostnames(names) => {
            // What cannot be a hostname is none that is known; the empty one has a problem already.
            let names: Vec<_> = bounded(names).iter().filter(|name| !name.is_empty()).collect();
            let possible = names.iter().filter(|name| name::hostname(field, name).is_ok());
            let possible: Vec<String> = possible.map(ToString::to_string).collect();
            let hosts = choice::hosts_by_name(tx, &possible).await?;
            let known: HashSet<&str> = hosts.iter().map(|host| host.hostname.as_str()).collect();
            let missing = names.into_iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
            (hosts, missing)
        }
        Selection::Labels(labels) => {
            let possible = labels.iter().all(|(key, value)| !key.contains('\0') && !value.contains('\0'));
            (if possible { choice::hosts_by_labels(tx, labels).await? } else { Vec::new() }, Vec::new())
        }
    };
    if !unknown.is_empty() {
        problems.add(claim::not_found(field, Kind::Host, &unknown));
    }
    Ok(Some(hosts))
}

/// What is looked up of a list: nothing of one that is too long, which has its problem already.
fn bounded(list: &[String]) -> &[String] {
    if list.len() > claim::MOST { &[] } else { list }
}
