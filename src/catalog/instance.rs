//! Instances: what is recorded about them, and what a person found on their hosts.

use super::{Answer, Done, Stop, settle};
use crate::app::App;
use crate::change::{Change, Request};
use crate::domain::event::InstanceEventKind;
use crate::domain::event::{Changed, InstanceChange, NewEvent};
use crate::domain::instance::{InstanceStatus, SettingsEdit};
use crate::domain::{Kind, Problem, ProblemCode, Problems, claim};
use crate::store::instance::{self, Instance};
use crate::store::{self, service, version};

/// What to change of an instance.
#[derive(Clone, Debug)]
pub struct Edits {
    pub instance_id: String,
    pub settings: SettingsEdit,
    pub maintenance: Option<bool>,
    pub expected_revision: Option<i64>,
}

/// What a person found on the host of an instance.
#[derive(Clone, Debug)]
pub struct Finding {
    pub instance_id: String,
    pub found: Found,
    pub expected_revision: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum Found {
    /// This version runs.
    Version(String),
    /// Nothing runs; only true says so.
    Nothing(bool),
}

/// Changes what is recorded about an instance, and gives its number. Without a difference there is no event,
/// and the revision stays.
pub async fn update(app: &App, request: &Request, edits: &Edits) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = updating(&mut change, edits).await;
    settle(change, outcome).await
}

async fn updating(change: &mut Change<'_>, edits: &Edits) -> Result<Done<i64>, Stop> {
    let mut problems = Problems::default();
    let recorded = problems.take(locked(change, &edits.instance_id, edits.expected_revision).await?);
    let before = recorded.as_ref().map(|recorded| recorded.settings.clone()).unwrap_or_default();
    let settings = before.edited(&edits.settings);
    settings.check(&mut problems);
    let recorded = problems.given(recorded)?;
    let edited =
        Instance { settings, maintenance: edits.maintenance.unwrap_or(recorded.maintenance), ..recorded.clone() };
    if edited != recorded {
        instance::update(&mut change.tx, &edited, change.by, change.now).await?;
        let locked = is_locked(change, edited.id).await?;
        let event = Told { revision: recorded.revision + 1, locked, ..Told::of(&edited, InstanceEventKind::Edit) };
        change.tell(event.by(change.by));
    }
    Ok(changed(edited.id))
}

/// Records what a person found where nobody knew, or after a repair by hand, and gives the instance's number.
/// The instance must be `UNKNOWN` or failed (R15); a hold on it does not matter.
pub async fn confirm(app: &App, request: &Request, finding: &Finding) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = confirming(&mut change, finding).await;
    settle(change, outcome).await
}

async fn confirming(change: &mut Change<'_>, finding: &Finding) -> Result<Done<i64>, Stop> {
    let mut problems = Problems::default();
    // The service comes before its instances, so that the version is not removed meanwhile.
    if let Ok(id) = claim::id("instanceId", Kind::Instance, &finding.instance_id)
        && let Some(service_id) = instance::service_of(&mut change.tx, id).await?
    {
        service::share(&mut change.tx, service_id).await?;
    }
    let recorded = problems.take(locked(change, &finding.instance_id, finding.expected_revision).await?);
    if let Some(instance) = recorded.as_ref().filter(|instance| !instance.status.can_be_confirmed()) {
        let message = format!(
            "Only an instance that is UNKNOWN or failed, and that no release has, is confirmed; this one is {}.",
            instance.status
        );
        let id = Kind::Instance.id(instance.id);
        problems.add(Problem::new(ProblemCode::WrongState, "instanceId", message).about([id]));
    }
    let service_id = recorded.as_ref().map(|instance| instance.service_id);
    let found = problems.take(found_version(change, &finding.found, service_id).await?);
    let (recorded, version_id) = problems.given(recorded.zip(found))?;
    let status = if version_id.is_some() { InstanceStatus::Running } else { InstanceStatus::Removed };
    instance::confirm(&mut change.tx, recorded.id, version_id, status, change.by, change.now).await?;
    let event = Told {
        status,
        version_id,
        revision: recorded.revision + 1,
        locked: is_locked(change, recorded.id).await?,
        ..Told::of(&recorded, InstanceEventKind::Confirmation)
    };
    change.tell(event.by(change.by));
    Ok(changed(recorded.id))
}

/// The version that was found, none for nothing; checked as far as the service is known.
async fn found_version(
    change: &mut Change<'_>,
    found: &Found,
    service_id: Option<i64>,
) -> store::Result<Result<Option<i64>, Problem>> {
    const FIELD: &str = "found.versionId";
    let text = match found {
        Found::Nothing(true) => return Ok(Ok(None)),
        Found::Nothing(false) => {
            let message = "Only true is allowed here; say what was found by versionId instead.";
            return Ok(Err(Problem::new(ProblemCode::Invalid, "found.nothing", message)));
        }
        Found::Version(text) => text,
    };
    let id = match claim::id(FIELD, Kind::Version, text) {
        Ok(id) => id,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(match version::by_id(&mut change.tx, id).await? {
        Some(version) if version.removed_at.is_some() => Err(claim::not_found(FIELD, Kind::Version, &[text])),
        Some(version) if service_id.is_some_and(|service_id| service_id != version.service_id) => {
            let message = "The version is not one of the instance's service.";
            Err(Problem::new(ProblemCode::OtherService, FIELD, message).about([text]))
        }
        Some(version) => Ok(Some(version.id)),
        None => Err(claim::not_found(FIELD, Kind::Version, &[text])),
    })
}

/// The instance that the caller names, locked, if it is there and as the caller saw it.
async fn locked(
    change: &mut Change<'_>,
    text: &str,
    expected_revision: Option<i64>,
) -> store::Result<Result<Instance, Problem>> {
    let id = match claim::id("instanceId", Kind::Instance, text) {
        Ok(id) => id,
        Err(problem) => return Ok(Err(problem)),
    };
    let found = instance::lock(&mut change.tx, &[id]).await?.pop();
    change.waited().await?;
    let Some(instance) = found.filter(|instance| instance.status != InstanceStatus::Removed) else {
        return Ok(Err(claim::not_found("instanceId", Kind::Instance, &[text])));
    };
    if expected_revision.is_some_and(|expected| expected != instance.revision) {
        let message = format!("The instance changed; it is at revision {} now. Read it again.", instance.revision);
        return Ok(Err(Problem::new(ProblemCode::Stale, "expectedRevision", message).about([text])));
    }
    Ok(Ok(instance))
}

async fn is_locked(change: &mut Change<'_>, id: i64) -> store::Result<bool> {
    Ok(instance::locked(&mut change.tx, &[id]).await?.contains(&id))
}

fn changed(id: i64) -> Done<i64> {
    Done::changed(id, vec![Kind::Instance.id(id)])
}

/// What an event tells of an instance that no release has to do with.
pub(super) struct Told<'a> {
    pub before: &'a Instance,
    pub kind: InstanceEventKind,
    pub status: InstanceStatus,
    pub version_id: Option<i64>,
    pub revision: i64,
    pub locked: bool,
    pub hold_id: Option<i64>,
}

impl Told<'_> {
    /// That nothing is different from before; say what is.
    pub fn of(before: &Instance, kind: InstanceEventKind) -> Told<'_> {
        let &Instance { status, version_id, revision, .. } = before;
        Told { before, kind, status, version_id, revision, locked: false, hold_id: None }
    }

    /// The event, caused by this caller.
    pub fn by(self, caused_by: &str) -> NewEvent {
        NewEvent {
            service_id: self.before.service_id,
            service_name: self.before.service_name.clone(),
            caused_by: caused_by.to_owned(),
            changed: Changed::Instance(InstanceChange {
                kind: self.kind,
                instance_id: self.before.id,
                host_id: self.before.host_id,
                hostname: self.before.hostname.clone(),
                revision: self.revision,
                previous_status: Some(self.before.status),
                status: self.status,
                previous_version_id: self.before.version_id,
                version_id: self.version_id,
                locked: self.locked,
                release_id: None,
                target_id: None,
                target_end: None,
                hold_id: self.hold_id,
            }),
        }
    }
}
