//! What a request refers to, looked up while its service is locked, with every problem of it (R1, R4, R17).

use super::request::{Request, Selection};
use crate::app::App;
use crate::change::Change;
use crate::domain::hold::Hold;
use crate::domain::release::ReleaseAction;
use crate::domain::version::Obstacle;
use crate::domain::{Kind, Problem, ProblemCode, Problems, claim, name};
use crate::executor::Executor;
use crate::store::candidates::{self, Host};
use crate::store::service::Service;
use crate::store::version::Version;
use crate::store::{Result, Tx, hold, host, service, version};
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
pub async fn find(app: &App, change: &mut Change<'_>, request: &Request, problems: &mut Problems) -> Result<Found> {
    let mut found = Found::default();
    if let Some(id) = problems.take(claim::id("serviceId", Kind::Service, &request.service_id)) {
        found.service = service::share(&mut change.tx, id).await?.filter(|service| service.removed_at.is_none());
        change.waited().await?;
        match &found.service {
            Some(service) => found.executor = executor(app, service, problems),
            None => problems.add(claim::not_found("serviceId", Kind::Service, &[&request.service_id])),
        }
    }
    versions(&mut change.tx, request, &mut found, problems).await?;
    holds(change, request, &mut found, problems).await?;
    found.hosts = hosts(change, request, problems).await?;
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
    let service = found.service.as_ref();
    if let Some(text) = request.aim.version_id() {
        let target = problems.take(version_of(tx, "versionId", text, service).await?);
        found.version_id = target.as_ref().map(|version| version.id);
        if let Some(version) = &target {
            for reason in version.rule().obstacles() {
                problems.add(obstacle(version, reason));
            }
        }
    }
    if let Some(text) = request.aim.current_version_id() {
        let current = problems.take(version_of(tx, "currentVersionId", text, service).await?);
        found.current_version_id = current.map(|version| version.id);
    }
    Ok(())
}

/// The version that is claimed, of this service if it is known.
async fn version_of(
    tx: &mut Tx,
    field: &str,
    text: &str,
    service: Option<&Service>,
) -> Result<Result<Version, Problem>> {
    let id = match claim::id(field, Kind::Version, text) {
        Ok(id) => id,
        Err(problem) => return Ok(Err(problem)),
    };
    let found = version::by_id(tx, id).await?.filter(|version| version.removed_at.is_none());
    Ok(match (found, service) {
        (None, _) => Err(claim::not_found(field, Kind::Version, &[text])),
        (Some(version), Some(service)) if service.id != version.service_id => {
            let message = format!("This is no version of the service {}.", service.name);
            Err(Problem::new(ProblemCode::OtherService, field, message).about([text]))
        }
        (Some(version), _) => Ok(version),
    })
}

/// What keeps the version from being released (R1), as a problem of the input that names it.
fn obstacle(version: &Version, obstacle: Obstacle) -> Problem {
    const FIELD: &str = "versionId";
    let id = Kind::Version.id(version.id);
    let (code, message) = match obstacle {
        Obstacle::NotBuilt => (
            ProblemCode::VersionNotBuilt,
            "This version has no successful build. Only a version whose build succeeded can be released.",
        ),
        Obstacle::Withdrawn => {
            (ProblemCode::VersionWithdrawn, "This version was withdrawn. Choose another one, or have it reinstated.")
        }
        Obstacle::Removed => return claim::not_found(FIELD, Kind::Version, &[id]),
    };
    Problem::new(code, FIELD, message).about([id])
}

/// The holds that it asks to be let through, and the freezes that stand in its way (R17).
async fn holds(change: &mut Change<'_>, request: &Request, found: &mut Found, problems: &mut Problems) -> Result<()> {
    const FIELD: &str = "throughHoldIds";
    let claimed = claim::ids(FIELD, Kind::Hold, &request.through_hold_ids, problems);
    let holds = match claimed.is_empty() {
        true => Vec::new(),
        false => hold::by_ids(&mut change.tx, &claimed).await?,
    };
    found.through = holds.iter().map(|hold| hold.id).collect();
    let mut blame = |code, numbers: Vec<i64>, message: String| {
        if !numbers.is_empty() {
            let about = numbers.into_iter().map(|number| Kind::Hold.id(number));
            problems.add(Problem::new(code, FIELD, message).about(about));
        }
    };
    let unknown = claimed.into_iter().filter(|id| !found.through.contains(id)).collect();
    blame(ProblemCode::NotFound, unknown, "There is no such hold.".to_owned());
    let Some(service) = &found.service else { return Ok(()) };
    let (own, foreign): (Vec<_>, Vec<_>) = holds.iter().partition(|hold| hold.service_id == service.id);
    let foreign = foreign.iter().map(|hold| hold.id).collect();
    blame(ProblemCode::OtherService, foreign, format!("These are no holds of the service {}.", service.name));
    let caller = &request.change.caller;
    let closed = own.iter().filter(|hold| !hold.lets_through(caller)).map(|hold| hold.id).collect();
    let message = "Only who set a hold, or an admin, may let a release through it.";
    blame(ProblemCode::Invalid, closed, message.to_owned());

    let freezes = hold::on_service(&mut change.tx, service.id).await?;
    let now = change.now;
    let in_the_way = |freeze: &Hold| freeze.stands(now) && freeze.freezes(request.aim.action());
    let standing = freezes.iter().filter(|freeze| in_the_way(freeze)).map(|freeze| freeze.id);
    let (thawed, frozen): (Vec<_>, Vec<_>) = standing.partition(|id| found.through.contains(id));
    found.thawed = thawed;
    if !frozen.is_empty() {
        let message =
            format!("The service {} is frozen. Wait until it is not, or go through as who froze it.", service.name);
        let about = frozen.into_iter().map(|id| Kind::Hold.id(id));
        problems.add(Problem::new(ProblemCode::Frozen, "serviceId", message).about(about));
    }
    Ok(())
}

/// The hosts that were chosen; for an installation they are locked, and looked up again.
async fn hosts(change: &mut Change<'_>, request: &Request, problems: &mut Problems) -> Result<Option<Vec<Host>>> {
    let Some(mut hosts) = chosen(&mut change.tx, &request.hosts, problems).await? else { return Ok(None) };
    if request.aim.action() == ReleaseAction::Install && !hosts.is_empty() {
        let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
        candidates::lock_hosts(&mut change.tx, &ids).await?;
        change.waited().await?;
        hosts = candidates::hosts_by_id(&mut change.tx, &ids).await?;
        let there: HashSet<i64> = hosts.iter().map(|host| host.id).collect();
        let gone: Vec<_> = ids.iter().filter(|id| !there.contains(id)).map(|id| Kind::Host.id(*id)).collect();
        if request.hosts.is_claim() && !gone.is_empty() {
            problems.add(claim::not_found(request.hosts.field(), Kind::Host, &gone));
        }
    }
    Ok(Some(hosts))
}

async fn chosen(tx: &mut Tx, selection: &Selection, problems: &mut Problems) -> Result<Option<Vec<Host>>> {
    let field = selection.field();
    let (hosts, unknown): (_, Vec<String>) = match selection {
        Selection::All(_) => return Ok(None),
        Selection::HostIds(texts) => {
            let numbers = claim::ids(field, Kind::Host, bounded(texts), problems);
            let hosts = candidates::hosts_by_id(tx, &numbers).await?;
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
            let named = host::by_name(tx, &possible).await?;
            let hosts: Vec<_> = named.into_iter().map(|(id, hostname)| Host { id, hostname }).collect();
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
        problems.add(claim::not_found(field, Kind::Host, &unknown));
    }
    Ok(Some(hosts))
}

/// What is looked up of a list: nothing of one that is too long, which has its problem already.
fn bounded(list: &[String]) -> &[String] {
    if list.len() > claim::MOST { &[] } else { list }
}
