//! Instances: what is recorded about them, and what a person found on their hosts.

use super::event::InstanceEventDraft;
use crate::app::App;
use crate::change::{Answer, Change, Checked, Done, Failure, Request};
use crate::domain::event::InstanceEventKind;
use crate::domain::instance::{InstanceStatus, SettingsEdit};
use crate::domain::{Kind, Problem, ProblemCode, Problems, reference};
use crate::store::instance::{self, Instance};
use crate::store::{self, service};

/// How an instance is to be changed; by default it stays as it is.
#[derive(Clone, Debug)]
pub struct InstanceEdit {
    pub instance_id: String,
    pub settings: SettingsEdit,
    pub maintenance: Option<bool>,
    pub expected_revision: Option<i64>,
}

/// What a person found on the host of an instance.
#[derive(Clone, Debug)]
pub struct Finding {
    pub instance_id: String,
    pub found: FoundState,
    pub expected_revision: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum FoundState {
    /// This version runs.
    Version(String),
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
    let recorded = problems.collect(seen(change, &edits.instance_id, edits.expected_revision).await?);
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
/// The instance must be `UNKNOWN` or failed (R15); a hold on it does not matter.
pub async fn confirm(app: &App, request: &Request, finding: &Finding) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = confirming(&mut change, finding).await;
    change.conclude(outcome).await
}

async fn confirming(change: &mut Change<'_>, finding: &Finding) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    // The service comes before its instances, so that the version is not removed meanwhile.
    if let Ok(id) = reference::id("instanceId", Kind::Instance, &finding.instance_id)
        && let Some(service_id) = instance::service_of(&mut change.tx, id).await?
    {
        service::share(&mut change.tx, service_id).await?;
    }
    let recorded = problems.collect(seen(change, &finding.instance_id, finding.expected_revision).await?);
    if let Some(instance) = recorded.as_ref().filter(|instance| !instance.status.can_be_confirmed()) {
        let message = format!(
            "The instance is {}. Only an instance that is UNKNOWN or failed, and in no open release, can be confirmed.",
            instance.status
        );
        let id = Kind::Instance.id(instance.id);
        problems.add(Problem::new(ProblemCode::WrongState, "instanceId", message).about([id]));
    }
    let found = problems.collect(found_version(change, &finding.found, recorded.as_ref()).await?);
    let (recorded, version_id) = problems.ok_with(recorded.zip(found))?;
    let status = if version_id.is_some() { InstanceStatus::Running } else { InstanceStatus::Removed };
    instance::confirm(&mut change.tx, recorded.id, version_id, status, change.by, change.now).await?;
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

/// The version that was found, `None` for nothing; it must be of the instance's service if the instance is known.
async fn found_version(
    change: &mut Change<'_>,
    found: &FoundState,
    instance: Option<&Instance>,
) -> store::Result<Checked<Option<i64>>> {
    match found {
        FoundState::Nothing(true) => Ok(Ok(None)),
        FoundState::Nothing(false) => {
            let message = "`nothing` may only be true. Pass `versionId` if a version was found.";
            Ok(Err(Problem::new(ProblemCode::Invalid, "found.nothing", message)))
        }
        FoundState::Version(text) => {
            let service = instance.map(|instance| (instance.service_id, instance.service_name.as_str()));
            let version = change.version("found.versionId", text, service).await?;
            Ok(version.map(|version| Some(version.id)))
        }
    }
}

/// The instance that the caller names, locked, if it is still as the caller saw it.
async fn seen(change: &mut Change<'_>, text: &str, expected_revision: Option<i64>) -> store::Result<Checked<Instance>> {
    Ok(change.instance("instanceId", text).await?.and_then(|instance| match expected_revision {
        Some(expected) if expected != instance.revision => {
            let message = format!(
                "The instance has changed since revision {expected}; it is at revision {} now. Read it again.",
                instance.revision
            );
            Err(Problem::new(ProblemCode::Stale, "expectedRevision", message).about([text]))
        }
        _ => Ok(instance),
    }))
}

async fn is_locked(change: &mut Change<'_>, id: i64) -> store::Result<bool> {
    Ok(instance::locked(&mut change.tx, &[id]).await?.contains(&id))
}

fn changed(id: i64) -> Done<i64> {
    Done::changed(id, vec![Kind::Instance.id(id)])
}
