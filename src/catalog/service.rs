//! Services: registering, changing and removing them.

use super::event::{About, service_event};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::event::ServiceEventKind;
use crate::domain::problem::MAX_RELATED_IDS;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::instance;
use crate::store::service::{self, NewService, Service};

/// A service to register.
#[derive(Clone, Debug)]
pub struct ServiceInput {
    pub name: String,
    pub language: String,
    pub description: String,
    pub executor: String,
}

/// How a service is to be changed; by default it stays as it is.
#[derive(Clone, Debug)]
pub struct ServiceEdit {
    pub service_id: String,
    pub language: Option<String>,
    pub description: Option<String>,
    pub executor: Option<String>,
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
    if named && let Some(id) = service::by_name(&mut change.tx, &new.name).await? {
        problems.add(taken(Some(id)));
    }
    problems.into_result()?;
    let row =
        NewService { name: &new.name, language: &new.language, description: &new.description, executor: &new.executor };
    let Some(id) = service::insert(&mut change.tx, &row, change.by, change.now).await? else {
        // Another request registered it first.
        return Err(taken(service::by_name(&mut change.tx, &new.name).await?).into());
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
    let recorded = problems.collect(change.service("serviceId", &edits.service_id).await?);
    let ServiceEdit { language, description, executor, .. } = edits;
    check(app, &mut problems, language.as_deref(), description.as_deref(), executor.as_deref());
    let recorded = problems.ok_with(recorded)?;
    let edited = Service {
        language: language.clone().unwrap_or_else(|| recorded.language.clone()),
        description: description.clone().unwrap_or_else(|| recorded.description.clone()),
        executor: executor.clone().unwrap_or_else(|| recorded.executor.clone()),
        ..recorded.clone()
    };
    if edited != recorded {
        service::update(&mut change.tx, &edited, change.by, change.now).await?;
        service_changed(change, edited.id, &edited.name, ServiceEventKind::Edited);
    }
    Ok(Done::changed(edited.id, vec![Kind::Service.id(edited.id)]))
}

/// Removes a service and returns its number; `IN_USE` while it has instances or open releases (R3).
pub async fn remove(app: &App, request: &Request, service_id: &str) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, service_id).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, service_id: &str) -> Result<Done<i64>, Failure> {
    let service = change.service("serviceId", service_id).await??;
    let instances = instance::of_service(&mut change.tx, service.id, MAX_RELATED_IDS).await?;
    let releases = service::open_releases(&mut change.tx, service.id, MAX_RELATED_IDS).await?;
    if !(instances.is_empty() && releases.is_empty()) {
        let users = instances.into_iter().map(|id| Kind::Instance.id(id));
        let users = users.chain(releases.into_iter().map(|id| Kind::Release.id(id)));
        let message = "The service has instances or an open release. Uninstall its instances before you remove it.";
        return Err(Problem::new(ProblemCode::InUse, "serviceId", message).about(users).into());
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
        let message = format!("No executor {executor:?} is configured. Choose one that `executors` lists.");
        problems.add(Problem::new(ProblemCode::UnknownExecutor, "executor", message));
    }
}

fn taken(by: Option<i64>) -> Problem {
    let message = "A service with this name exists already. Choose another name.";
    Problem::new(ProblemCode::Taken, "name", message).about(by.map(|id| Kind::Service.id(id)))
}

fn service_changed(change: &mut Change<'_>, id: i64, name: &str, kind: ServiceEventKind) {
    change.record(service_event((id, name), kind, About::Service, change.by));
}
