//! Instances: what is recorded about them, and what a person found on their hosts.

use super::event::InstanceEventDraft;
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::event::InstanceEventKind;
use crate::domain::instance::{InstanceStatus, SettingsEdit};
use crate::domain::reference::Reference;
use crate::domain::{Kind, Problem, ProblemCode, Problems};
use crate::store::instance::{self, Instance};
use crate::store::{self, service};

/// How an instance is to be changed; by default it stays as it is.
#[derive(Clone, Debug)]
pub struct InstanceEdit {
    pub instance: Reference,
    pub settings: SettingsEdit,
    pub maintenance: Option<bool>,
    pub expected_revision: Option<i64>,
}

/// What a person found on the host of an instance.
#[derive(Clone, Debug)]
pub struct Finding {
    pub instance: Reference,
    pub found: FoundState,
    pub expected_revision: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum FoundState {
    /// This version runs.
    Version(Reference),
    /// Nothing runs; only true is allowed.
    Nothing(bool),
}

/// Changes an instance and returns its number. Without a difference, no event is recorded, and the revision stays.
pub async fn update(app: &App, request: &Request, edits: &InstanceEdit) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = updating(&mut change, edits).await;
    change.conclude(outcome).await
}

async fn updating(change: &mut Change<'_>, edits: &InstanceEdit) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let recorded = change.instance(&edits.instance, &mut problems).await?;
    let recorded = unchanged(recorded, edits.expected_revision, &mut problems);
    let before = recorded.as_ref().map(|recorded| recorded.settings.clone()).unwrap_or_default();
    let settings = before.edited(&edits.settings);
    settings.check(&mut problems);
    let recorded = problems.ok_with(recorded)?;
    let edited =
        Instance { settings, maintenance: edits.maintenance.unwrap_or(recorded.maintenance), ..recorded.clone() };
    if edited != recorded {
        instance::update(&mut change.tx, &edited, change.by, change.now).await?;
        let locked = is_locked(change, edited.id).await?;
        let draft = InstanceEventDraft {
            revision: recorded.revision + 1,
            locked,
            ..InstanceEventDraft::of(&edited, InstanceEventKind::Edit)
        };
        change.record(draft.caused_by(change.by));
    }
    Ok(changed(edited.id))
}

/// Records what a person found on a host after an interruption or a repair, and returns the instance's number.
/// The instance must be in no open release (R15); a hold on it does not matter.
pub async fn confirm(app: &App, request: &Request, finding: &Finding) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = confirming(&mut change, finding).await;
    change.conclude(outcome).await
}

async fn confirming(change: &mut Change<'_>, finding: &Finding) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let field = finding.instance.field();
    let id = change.instance_id(&finding.instance, &mut problems).await?;
    // The service comes before its instances, so that the version is not removed meanwhile.
    if let Some(id) = id
        && let Some(service_id) = instance::service_of(&mut change.tx, id).await?
    {
        service::share(&mut change.tx, service_id).await?;
    }
    let recorded = change.instances(field, id.as_slice(), &mut problems).await?.pop();
    let recorded = unchanged(recorded, finding.expected_revision, &mut problems);
    if let Some(problem) = recorded.as_ref().and_then(|instance| not_free(field, instance)) {
        problems.add(problem);
    }
    let found = found_version(change, &finding.found, recorded.as_ref(), &mut problems).await?;
    let (recorded, version_id) = problems.ok_with(recorded.zip(found))?;
    let status = status_of(version_id);
    instance::confirm(&mut change.tx, &[(recorded.id, status, version_id)], change.by, change.now).await?;
    let draft = InstanceEventDraft {
        status,
        version_id,
        revision: recorded.revision + 1,
        locked: is_locked(change, recorded.id).await?,
        ..InstanceEventDraft::of(&recorded, InstanceEventKind::Confirmation)
    };
    change.record(draft.caused_by(change.by));
    Ok(changed(recorded.id))
}

/// The problem of an instance that cannot be confirmed, since a release has it (R15).
pub(super) fn not_free(field: &str, instance: &Instance) -> Option<Problem> {
    if instance.status.can_be_confirmed() {
        return None;
    }
    let message = format!(
        "The instance is {}. Only an instance that is in no open release, and was not removed, can be confirmed.",
        instance.status
    );
    let id = Kind::Instance.id(instance.id);
    Some(Problem::new(ProblemCode::WrongState, field, message).about([id]))
}

/// The status of an instance of which a person found this version, or nothing.
pub(super) fn status_of(version_id: Option<i64>) -> InstanceStatus {
    if version_id.is_some() { InstanceStatus::Running } else { InstanceStatus::Removed }
}

/// The version that was found, `Some(None)` for nothing; it must be of the instance's service if the instance is known.
async fn found_version(
    change: &mut Change<'_>,
    found: &FoundState,
    instance: Option<&Instance>,
    problems: &mut Problems,
) -> store::Result<Option<Option<i64>>> {
    match found {
        FoundState::Nothing(true) => Ok(Some(None)),
        FoundState::Nothing(false) => {
            let message = "`nothing` may only be true. Pass `versionId` or `version` if a version was found.";
            problems.add(Problem::new(ProblemCode::Invalid, "found.nothing", message));
            Ok(None)
        }
        FoundState::Version(reference) => {
            let service = instance.map(|instance| (instance.service_id, instance.service_name.as_str()));
            let version = change.version(reference, service, problems).await?;
            Ok(version.map(|version| Some(version.id)))
        }
    }
}

/// The instance, if it is still as the caller saw it.
fn unchanged(instance: Option<Instance>, expected_revision: Option<i64>, problems: &mut Problems) -> Option<Instance> {
    let instance = instance?;
    match expected_revision {
        Some(expected) if expected != instance.revision => {
            let message = format!(
                "The instance has changed since revision {expected}; it is at revision {} now. Read it again.",
                instance.revision
            );
            let id = Kind::Instance.id(instance.id);
            problems.add(Problem::new(ProblemCode::Stale, "expectedRevision", message).about([id]));
            None
        }
        _ => Some(instance),
    }
}

async fn is_locked(change: &mut Change<'_>, id: i64) -> store::Result<bool> {
    Ok(instance::locked(&mut change.tx, &[id]).await?.contains(&id))
}

fn changed(id: i64) -> Done<i64> {
    Done::changed(id, vec![Kind::Instance.id(id)])
}
