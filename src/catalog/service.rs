//! Services: registering, changing and removing them.

use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::budget::{Budget, PerLabel};
use crate::domain::event::{About, ServiceEventKind, service_event};
use crate::domain::precedence::precedence;
use crate::domain::problem::MAX_RELATED_IDS;
use crate::domain::reference::{Reference, nearest};
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::version::VersionScheme;
use crate::domain::{Edit, Kind, Problem, ProblemCode, Problems, name};
use crate::store::service::{self, NewService, Service};
use crate::store::{self, Json, budget, instance, version};
use std::slice;

/// The most executors that a message names.
const MAX_EXECUTORS_SHOWN: usize = 10;

/// A service to register.
#[derive(Clone, Debug)]
pub struct ServiceInput {
    pub name: String,
    pub language: String,
    pub description: String,
    pub executor: String,
    pub version_scheme: VersionScheme,
}

/// How a service is to be changed; by default it stays as it is.
#[derive(Clone, Debug)]
pub struct ServiceEdit {
    pub service: Reference,
    pub language: Option<String>,
    pub description: Option<String>,
    pub executor: Option<String>,
    pub version_scheme: Option<VersionScheme>,
    /// How many of its instances may be unavailable at a time.
    pub max_unavailable: Edit<Amount>,
    pub max_per_label: Edit<PerLabel>,
    /// The defaults of its rollouts, all of them.
    pub rollout: Edit<RolloutOverrides>,
}

/// Registers a service and returns its number. `TAKEN` names the service that has the name.
pub async fn create(app: &App, request: &Request, new: &ServiceInput) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = creating(app, &mut change, new).await;
    change.conclude(outcome).await
}

async fn creating(app: &App, change: &mut Change<'_>, new: &ServiceInput) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let named = problems.collect(name::service("name", &new.name)).is_some();
    check(app, &mut problems, Some(&new.language), Some(&new.description), Some(&new.executor));
    if named && let Some(id) = id_of(change, &new.name).await? {
        problems.add(taken(Some(id)));
    }
    problems.into_result()?;
    let row = NewService {
        name: &new.name,
        language: &new.language,
        description: &new.description,
        executor: &new.executor,
        version_scheme: new.version_scheme,
    };
    let Some(id) = service::insert(&mut change.tx, &row, change.by, change.now).await? else {
        // Another request registered it first.
        return Err(taken(id_of(change, &new.name).await?).into());
    };
    service_changed(change, id, &new.name, ServiceEventKind::Registered);
    Ok(Done::made(id, vec![Kind::Service.id(id)]))
}

/// Changes a service and returns its number. Without a difference, no event is recorded.
pub async fn update(app: &App, request: &Request, edits: &ServiceEdit) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = updating(app, &mut change, edits).await;
    change.conclude(outcome).await
}

async fn updating(app: &App, change: &mut Change<'_>, edits: &ServiceEdit) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let recorded = change.service(&edits.service, &mut problems).await?;
    let ServiceEdit { language, description, executor, .. } = edits;
    check(app, &mut problems, language.as_deref(), description.as_deref(), executor.as_deref());
    if let Edit::Set(rollout) = &edits.rollout {
        // A default order applies only where a request names hosts.
        rollout.check(true, &mut problems);
    }
    let reordered = match &recorded {
        Some(recorded) => reordered(change, recorded, edits.version_scheme, &mut problems).await?,
        None => None,
    };
    let before = match &recorded {
        Some(recorded) => budget::of_service(&mut change.tx, recorded.id).await?,
        None => Budget::default(),
    };
    let allowed = Budget {
        max_unavailable: edits.max_unavailable.of(&before.max_unavailable),
        max_per_label: edits.max_per_label.of(&before.max_per_label),
    };
    allowed.check(&mut problems);
    let recorded = problems.ok_with(recorded)?;
    let edited = Service {
        language: language.clone().unwrap_or_else(|| recorded.language.clone()),
        description: description.clone().unwrap_or_else(|| recorded.description.clone()),
        executor: executor.clone().unwrap_or_else(|| recorded.executor.clone()),
        version_scheme: edits.version_scheme.unwrap_or(recorded.version_scheme),
        rollout_defaults: match &edits.rollout {
            Edit::Keep => recorded.rollout_defaults.clone(),
            Edit::Clear => None,
            Edit::Set(rollout) => Some(Json(rollout.clone())),
        },
        ..recorded.clone()
    };
    if let Some(precedence) = reordered {
        version::set_precedence(&mut change.tx, edited.id, &precedence).await?;
    }
    if allowed != before {
        budget::set(&mut change.tx, edited.id, &allowed).await?;
    }
    if edited != recorded || allowed != before {
        service::update(&mut change.tx, &edited, change.by, change.now).await?;
        service_changed(change, edited.id, &edited.name, ServiceEventKind::Edited);
    }
    Ok(Done::changed(edited.id, vec![Kind::Service.id(edited.id)]))
}

/// Returns the new precedence of each version if the scheme of a service changes, or `None` if it does not. Adds a problem
/// while a release of the service is open, and for names that the new scheme does not know.
async fn reordered(
    change: &mut Change<'_>,
    service: &Service,
    scheme: Option<VersionScheme>,
    problems: &mut Problems,
) -> store::Result<Option<Vec<(i64, String)>>> {
    const FIELD: &str = "versionScheme";
    let Some(scheme) = scheme.filter(|scheme| *scheme != service.version_scheme) else { return Ok(None) };
    let releases = service::open_releases(&mut change.tx, service.id, MAX_RELATED_IDS).await?;
    if !releases.is_empty() {
        let message = "A release of the service is open. Change the order of its versions when it is over.";
        let releases = releases.into_iter().map(|id| Kind::Release.id(id));
        problems.add(Problem::new(ProblemCode::InUse, FIELD, message).about(releases));
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (id, name) in version::names_of(&mut change.tx, service.id).await? {
        match precedence(scheme, &name) {
            Some(precedence) => known.push((id, precedence)),
            None => unknown.push(Kind::Version.id(id)),
        }
    }
    if !unknown.is_empty() {
        let message =
            "These versions have names that are no semantic versions. Remove them, or keep the order of registration.";
        problems.add(Problem::new(ProblemCode::Invalid, FIELD, message).about(unknown));
    }
    Ok(Some(known))
}

/// Removes a service and returns its number; `IN_USE` while it has instances or open releases (R3).
pub async fn remove(app: &App, request: &Request, service: &Reference) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, service).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, reference: &Reference) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let service = change.service(reference, &mut problems).await?;
    let service = problems.ok_with(service)?;
    let instances = instance::of_service(&mut change.tx, service.id, MAX_RELATED_IDS).await?;
    let releases = service::open_releases(&mut change.tx, service.id, MAX_RELATED_IDS).await?;
    if !(instances.is_empty() && releases.is_empty()) {
        let users = instances.into_iter().map(|id| Kind::Instance.id(id));
        let users = users.chain(releases.into_iter().map(|id| Kind::Release.id(id)));
        let message = "The service has instances or an open release. Uninstall its instances before you remove it.";
        return Err(Problem::new(ProblemCode::InUse, reference.field(), message).about(users).into());
    }
    service::remove(&mut change.tx, service.id, change.by, change.now).await?;
    service_changed(change, service.id, &service.name, ServiceEventKind::Removed);
    Ok(Done::changed(service.id, vec![Kind::Service.id(service.id)]))
}

fn check(
    app: &App,
    problems: &mut Problems,
    language: Option<&str>,
    description: Option<&str>,
    executor: Option<&str>,
) {
    if let Some(language) = language {
        problems.collect(name::line("language", language, name::MAX_LANGUAGE));
    }
    if let Some(description) = description {
        problems.collect(name::text("description", description, name::MAX_DESCRIPTION));
    }
    if let Some(executor) = executor.filter(|executor| app.executors.get(executor).is_none()) {
        problems.add(unknown_executor(executor, app.executors.iter().map(|executor| executor.name.as_str())));
    }
}

/// The problem of an executor that is not among those that the server has.
fn unknown_executor<'e>(executor: &str, configured: impl Iterator<Item = &'e str>) -> Problem {
    let all: Vec<&str> = configured.collect();
    let named = nearest(executor, all.iter().copied(), MAX_EXECUTORS_SHOWN);
    let more = all.len() - named.len();
    let advice = match (named.join(", "), more) {
        (_, 0) if named.is_empty() => {
            "The server has none: add [executors.NAME] to its configuration file, as docs/executors.md says, and start it again."
                .to_owned()
        }
        (names, 0) => format!("The server has {names}."),
        (names, more) => format!("The server has {names} and {more} more, which `executors` lists."),
    };
    let message = format!("No executor {executor:?} is configured. {advice}");
    Problem::new(ProblemCode::UnknownExecutor, "executor", message)
}

/// The service that has this name, if there is one.
async fn id_of(change: &mut Change<'_>, name: &String) -> store::Result<Option<i64>> {
    let found = service::by_name(&mut change.tx, slice::from_ref(name)).await?;
    Ok(found.first().map(|(id, _)| *id))
}

fn taken(by: Option<i64>) -> Problem {
    let message = "A service with this name exists already. Choose another name.";
    Problem::new(ProblemCode::Taken, "name", message).about(by.map(|id| Kind::Service.id(id)))
}

fn service_changed(change: &mut Change<'_>, id: i64, name: &str, kind: ServiceEventKind) {
    change.record(service_event((id, name), kind, About::Service, change.by));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executors_are_named_the_nearest_first_and_at_most_ten() {
        let message = |names: &[&str]| unknown_executor("wbe", names.iter().copied()).message;
        assert_eq!(message(&["api", "web"]), "No executor \"wbe\" is configured. The server has web, api.");
        assert!(message(&[]).contains("add [executors.NAME] to its configuration file"), "{}", message(&[]));
        let many: Vec<String> = (0..12).map(|number| format!("executor-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(message(&many).contains(" and 2 more, which `executors` lists."), "{}", message(&many));
    }
}
