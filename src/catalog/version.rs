//! Versions: registering them, reporting on their builds, withdrawing, reinstating and removing them.

use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Replay, Request};
use crate::domain::event::{About, ServiceEventKind, service_event};
use crate::domain::precedence::precedence;
use crate::domain::problem::MAX_RELATED_IDS;
use crate::domain::reference::{Reference, VersionReference};
use crate::domain::version::{Build, BuildStatus, Reported};
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::instance;
use crate::store::service::Service;
use crate::store::version::{self, NewVersion, Version};
use std::slice;

/// A version to register.
#[derive(Clone, Debug)]
pub struct VersionInput {
    pub service: Reference,
    pub name: String,
    /// The source that it is built from; `ref` in the schema.
    pub reference: String,
    pub description: String,
    pub build_status: BuildStatus,
    pub artifact: Option<String>,
}

/// How the build of a version went.
#[derive(Clone, Debug)]
pub struct Report {
    pub version: VersionReference,
    pub build: Build,
}

/// Registers a version and returns its number. Unless the service has semantic versions, it is newer than all others of it. A replay returns the same number,
/// whatever happened to the version since (R10).
pub async fn create(app: &App, request: &Request, new: &VersionInput) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = creating(&mut change, new).await;
    change.conclude(outcome).await
}

async fn creating(change: &mut Change<'_>, new: &VersionInput) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    if let Replay::Made(made) = change.replay(&mut problems).await?
        && let [id] = made[..]
    {
        return Ok(Done::replayed(id.number));
    }
    let service = change.service(&new.service, &mut problems).await?;
    let named = problems.collect(name::version("name", &new.name)).is_some();
    problems.collect(name::line("ref", &new.reference, name::MAX_REF));
    problems.collect(name::text("description", &new.description, name::MAX_DESCRIPTION));
    let build = Build { status: new.build_status, artifact: new.artifact.clone(), message: None };
    build.check(&mut problems);
    if named
        && let Some(service) = &service
        && let Some((id, _)) = version::by_name(&mut change.tx, service.id, slice::from_ref(&new.name)).await?.first()
    {
        problems.add(taken(*id));
    }
    let place = service.as_ref().and_then(|service| precedence(service.version_scheme, &new.name));
    if named && let Some(service) = service.as_ref().filter(|_| place.is_none()) {
        let message = format!(
            "Service {} has semantic versions, and this is not one. Choose a name such as 1.2.3, 1.2.3-rc.1 or v1.2.3.",
            service.name
        );
        problems.add(Problem::new(ProblemCode::Invalid, "name", message));
    }
    let (service, place) = problems.ok_with(service.zip(place))?;
    let row = NewVersion {
        service_id: service.id,
        name: &new.name,
        precedence: &place,
        reference: &new.reference,
        description: &new.description,
        build: &build,
    };
    let id = version::insert(&mut change.tx, &row, change.by, change.now).await?;
    version_changed(change, &service, id, ServiceEventKind::VersionRegistered);
    Ok(Done::made(id, vec![Kind::Version.id(id)]))
}

/// Records how the build of a version went, and returns the version's number. A final status never changes:
/// `WRONG_STATE`. Reporting the same again is no error and no event (R1).
pub async fn report(app: &App, request: &Request, report: &Report) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = reporting(&mut change, report).await;
    change.conclude(outcome).await
}

async fn reporting(change: &mut Change<'_>, report: &Report) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let found = change.version_and_service(&report.version, &mut problems).await?;
    report.build.check(&mut problems);
    let (version, service) = problems.ok_with(found)?;
    match version.build().reported(&report.build) {
        Reported::Same => {}
        Reported::New => {
            version::report(&mut change.tx, version.id, &report.build, change.now).await?;
            version_changed(change, &service, version.id, ServiceEventKind::BuildReported);
        }
        Reported::Over => {
            let message = format!(
                "The build has ended with {}, which cannot change. Register another version.",
                version.build_status
            );
            return Err(wrong_state(&report.version, &version, message).into());
        }
    }
    Ok(changed(version.id))
}

/// Withdraws a version, so that it cannot be chosen, and returns its number; `WRONG_STATE` if it is withdrawn already.
pub async fn withdraw(app: &App, request: &Request, version: &VersionReference, reason: &str) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = withdrawing(&mut change, version, reason).await;
    change.conclude(outcome).await
}

async fn withdrawing(
    change: &mut Change<'_>,
    reference: &VersionReference,
    reason: &str,
) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let found = change.version_and_service(reference, &mut problems).await?;
    problems.collect(name::needed("reason", reason, name::MAX_REASON));
    let (version, service) = problems.ok_with(found)?;
    if version.withdrawn_at.is_some() {
        let message = "The version is withdrawn already. Reinstate it first if you want to change the reason.";
        return Err(wrong_state(reference, &version, message).into());
    }
    version::withdraw(&mut change.tx, version.id, reason, change.by, change.now).await?;
    version_changed(change, &service, version.id, ServiceEventKind::VersionWithdrawn);
    Ok(changed(version.id))
}

/// Reinstates a withdrawn version and returns its number; `WRONG_STATE` if it is not withdrawn.
pub async fn reinstate(app: &App, request: &Request, version: &VersionReference) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = reinstating(&mut change, version).await;
    change.conclude(outcome).await
}

async fn reinstating(change: &mut Change<'_>, reference: &VersionReference) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let found = change.version_and_service(reference, &mut problems).await?;
    let (version, service) = problems.ok_with(found)?;
    if version.withdrawn_at.is_none() {
        let message = "The version is not withdrawn, so it cannot be reinstated.";
        return Err(wrong_state(reference, &version, message).into());
    }
    version::reinstate(&mut change.tx, version.id).await?;
    version_changed(change, &service, version.id, ServiceEventKind::VersionReinstated);
    Ok(changed(version.id))
}

/// Removes a version and returns its number; `IN_USE` while an instance runs it or an open release names it (R3).
pub async fn remove(app: &App, request: &Request, version: &VersionReference) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, version).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, reference: &VersionReference) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let found = change.version_and_service(reference, &mut problems).await?;
    let (version, service) = problems.ok_with(found)?;
    let instances = instance::at_version(&mut change.tx, version.id, MAX_RELATED_IDS).await?;
    let releases = version::open_releases(&mut change.tx, &version, MAX_RELATED_IDS).await?;
    if !(instances.is_empty() && releases.is_empty()) {
        let users = instances.into_iter().map(|id| Kind::Instance.id(id));
        let users = users.chain(releases.into_iter().map(|id| Kind::Release.id(id)));
        let message =
            "Instances run this version, or an open release moves instances to it. Withdraw it instead of removing it.";
        return Err(Problem::new(ProblemCode::InUse, reference.version.field(), message).about(users).into());
    }
    version::remove(&mut change.tx, version.id, change.now).await?;
    version_changed(change, &service, version.id, ServiceEventKind::VersionRemoved);
    Ok(changed(version.id))
}

fn version_changed(change: &mut Change<'_>, service: &Service, version_id: i64, kind: ServiceEventKind) {
    change.record(service_event((service.id, &service.name), kind, About::Version(version_id), change.by));
}

fn changed(id: i64) -> Done<i64> {
    Done::changed(id, vec![Kind::Version.id(id)])
}

fn taken(by: i64) -> Problem {
    let message = "The service has a version with this name already. Choose another name.";
    Problem::new(ProblemCode::Taken, "name", message).about([Kind::Version.id(by)])
}

fn wrong_state(reference: &VersionReference, version: &Version, message: impl Into<String>) -> Problem {
    let field = reference.version.field();
    Problem::new(ProblemCode::WrongState, field, message).about([Kind::Version.id(version.id)])
}
