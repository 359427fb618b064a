//! Canceling a release: queued targets are canceled at once, running ones end or are stopped (R13).

use super::end_targets::{self, end_targets};
use super::follow_up::automatic::undo_ended;
use super::journal;
use super::transition::{self, Transition};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::event::{NewEvent, ReleaseEventKind};
use crate::domain::release::{ReleaseStatus, UnderWay};
use crate::domain::target::End;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name, reference};
use crate::failpoint;
use crate::store::release::ReleaseRow;
use crate::store::{past_release, release, service, target};
use std::collections::BTreeMap;

/// A request to cancel a release. Its id is as it was sent, and not checked yet (R4).
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    pub release_id: String,
    /// Whether running targets are stopped.
    pub stop_running: bool,
    /// Whether the release is undone once it has ended.
    pub then_undo: bool,
    pub reason: Option<String>,
}

impl Cancellation {
    /// Cancels the release with this id, and lets running targets finish.
    pub fn of(release_id: impl Into<String>) -> Cancellation {
        Cancellation { release_id: release_id.into(), ..Cancellation::default() }
    }
}

const FIELD: &str = "releaseId";

/// Cancels a release and returns its number. Queued targets are canceled at once; running ones are stopped if
/// `stop_running` says so. For a release that is canceled, or being canceled in this way, the answer is the same, and
/// nothing changes.
///
/// # Problems
/// `NOT_FOUND` and `WRONG_TYPE` of the id, `INVALID` of the reason and of an uninstallation that is to be undone,
/// `WRONG_STATE` of a release that ended otherwise, or before anybody asked for its undo.
pub async fn cancel(app: &App, request: &Request, cancellation: &Cancellation) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = canceling(&mut change, cancellation).await;
    let committed = |events: &[NewEvent]| {
        failpoint::at("release::cancel::after_commit");
        journal::log(events);
    };
    change.conclude_with(outcome, committed).await
}

async fn canceling(change: &mut Change<'_>, cancellation: &Cancellation) -> Result<Done<i64>, Failure> {
    let &Cancellation { ref release_id, stop_running, then_undo, ref reason } = cancellation;
    let reason = reason.as_deref().unwrap_or_default();
    let mut problems = Problems::default();
    problems.collect(name::text("reason", reason, name::MAX_REASON));
    if then_undo && let Ok(id) = reference::id(FIELD, Kind::Release, release_id) {
        // The undo is accepted here if nothing runs, and accepting locks a service before releases.
        lock_service(change, id).await?;
    }
    let row = change.release(FIELD, release_id, &mut problems).await?;
    // One that is repeated since its answer was lost gets the same answer, also where what was stopped failed meanwhile.
    let ended_by_itself = row.as_ref().filter(|row| !row.under_way.cancel_requested).map(|row| row.under_way.status);
    if let Some(status) = ended_by_itself.filter(|status| status.is_over() && *status != ReleaseStatus::Canceled) {
        let message = format!(
            "This release has ended with {status}. Only a release with queued or running targets can be canceled."
        );
        problems.add(Problem::new(ProblemCode::WrongState, FIELD, message).about([release_id]));
    } else if let Some(problem) = row.as_ref().filter(|row| then_undo && !row.undo_requested).and_then(no_undo) {
        problems.add(problem);
    }
    let row = problems.ok_with(row)?;
    let (id, by, at) = (row.id, change.by, change.now);
    let is_canceled = row.under_way.status.is_over() || row.under_way.cancel_requested;
    let stops_more = stop_running && !row.stop_running && !row.under_way.status.is_over();
    let undoes_more = then_undo && !row.undo_requested;
    if is_canceled && !stops_more && !undoes_more {
        return Ok(Done::changed(id, vec![Kind::Release.id(id)]));
    }
    release::request_cancel(&mut change.tx, at, id, stop_running, reason).await?;
    if undoes_more {
        let caller = change.caller();
        past_release::request_undo(&mut change.tx, id, by, &caller.credential).await?;
    }
    let undo_requested = row.undo_requested || then_undo;
    let under_way = UnderWay { cancel_requested: true, ..row.under_way };
    let mut transition = Transition::new(ReleaseRow { under_way, undo_requested, ..row }, by);
    transition.record(ReleaseEventKind::CancelRequested, None);
    let mut releases = BTreeMap::from([(id, transition)]);
    let queued = target::queued(&mut change.tx, &[id]).await?;
    let undone = if then_undo { past_release::instances(&mut change.tx, &[id]).await? } else { Vec::new() };
    let mut instances = end_targets::lock(&mut change.tx, queued.iter(), &undone).await?;
    let canceled: Vec<_> = queued
        .into_iter()
        .map(|target| (target, End::canceled("Canceled before it started: the release was canceled.")))
        .collect();
    end_targets(&mut change.tx, at, by, &mut releases, &mut instances, &canceled).await?;
    let of_undo = undo_ended(&mut change.tx, at, &releases).await?;
    let of_release = transition::save(&mut change.tx, at, releases.into_values()).await?;
    change.record_all(of_release);
    change.record_all(of_undo);
    failpoint::at("release::cancel::before_commit");
    Ok(Done::changed(id, vec![Kind::Release.id(id)]))
}

/// Locks the service of a release, if the release exists.
async fn lock_service(change: &mut Change<'_>, release_id: i64) -> Result<(), Failure> {
    if let Some(release) = past_release::by_id(&mut change.tx, release_id).await? {
        service::share_or_lock(&mut change.tx, &[release.service_id], release.withdraw_on_undo).await?;
        change.refresh_clock().await?;
    }
    Ok(())
}

/// Why a release cannot be undone once it is canceled, or `None` if it can.
fn no_undo(row: &ReleaseRow) -> Option<Problem> {
    let about = [Kind::Release.id(row.id)];
    if row.action.opposite().is_none() {
        let message = "An uninstallation cannot be undone. Cancel it without thenUndo.";
        return Some(Problem::new(ProblemCode::Invalid, "thenUndo", message).about(about));
    }
    let message = "This release has ended already. Use undoRelease to undo it.";
    row.under_way.status.is_over().then(|| Problem::new(ProblemCode::WrongState, FIELD, message).about(about))
}
