//! Canceling a release: queued targets are canceled at once, running ones end or are stopped (R13).

use super::end_targets::{self, end_targets};
use super::journal;
use super::transition::{self, Transition};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::event::{NewEvent, ReleaseEventKind};
use crate::domain::target::End;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::failpoint;
use crate::store::{release, target};
use std::collections::BTreeMap;

/// Cancels a release and returns its number. Queued targets are canceled at once; running ones are stopped if
/// `stop_running` says so. Asking again, also for the running ones, is no error.
///
/// # Problems
/// `NOT_FOUND` and `WRONG_TYPE` of the id, `INVALID` of the reason, `WRONG_STATE` of a release that is over.
pub async fn cancel(
    app: &App,
    request: &Request,
    release_id: &str,
    stop_running: bool,
    reason: Option<&str>,
) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = canceling(&mut change, release_id, stop_running, reason.unwrap_or_default()).await;
    let committed = |events: &[NewEvent]| {
        failpoint::at("release::cancel::after_commit");
        journal::log(events);
    };
    change.conclude_with(outcome, committed).await
}

async fn canceling(
    change: &mut Change<'_>,
    release_id: &str,
    stop_running: bool,
    reason: &str,
) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    problems.collect(name::text("reason", reason, name::MAX_REASON));
    let row = problems.collect(change.release("releaseId", release_id).await?);
    if row.as_ref().is_some_and(|row| row.under_way.status.is_over()) {
        let message = "This release is over. Only a release with queued or running targets can be canceled.";
        problems.add(Problem::new(ProblemCode::WrongState, "releaseId", message).about([release_id]));
    }
    let row = problems.ok_with(row)?;
    let (id, by, at) = (row.id, change.by, change.now);
    let is_new = row.cancel_requested_at.is_none() || stop_running && !row.stop_running;
    release::request_cancel(&mut change.tx, at, id, stop_running, reason).await?;
    let mut transition = Transition::new(row, by);
    if is_new {
        transition.record(ReleaseEventKind::CancelRequested, None);
    }
    let mut releases = BTreeMap::from([(id, transition)]);
    let queued = target::queued(&mut change.tx, &[id]).await?;
    let mut instances = end_targets::lock(&mut change.tx, queued.iter()).await?;
    let canceled: Vec<_> = queued
        .into_iter()
        .map(|target| (target, End::canceled("Canceled before it started: the release was canceled.")))
        .collect();
    end_targets(&mut change.tx, at, by, &mut releases, &mut instances, &canceled).await?;
    for event in transition::save(&mut change.tx, at, releases.into_values()).await? {
        change.record(event);
    }
    failpoint::at("release::cancel::before_commit");
    Ok(Done::changed(id, vec![Kind::Release.id(id)]))
}
