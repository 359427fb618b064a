//! Giving a release up: what has not begun is canceled at once, what runs ends or is stopped (R13).

use super::end_targets::{self, settle};
use super::journal;
use super::transition::{self, Moving};
use crate::app::App;
use crate::change::{Change, Request};
use crate::domain::event::ReleaseEventKind;
use crate::domain::target::End;
use crate::domain::{Kind, Problem, ProblemCode, Problems, claim, name};
use crate::failpoint;
use crate::store::{Result, release, target};
use std::collections::BTreeMap;

/// Cancels a release and gives its number. What is queued is canceled at once; what runs is stopped if
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
) -> Result<Result<i64, Problems>> {
    let mut change = Change::begin(&app.db, request).await?;
    let mut problems = Problems::default();
    let reason = reason.unwrap_or_default();
    problems.take(name::text("reason", reason, name::REASON));
    let id = problems.take(claim::id("releaseId", Kind::Release, release_id));
    let row = match id {
        Some(id) => release::lock(&mut change.tx, &[id]).await?.pop(),
        None => None,
    };
    match (&row, id) {
        (None, Some(_)) => problems.add(claim::not_found("releaseId", Kind::Release, &[release_id])),
        (Some(row), _) if row.under_way.status.is_over() => {
            let message = "This release is over. Only one that has targets queued or running can be canceled.";
            problems.add(Problem::new(ProblemCode::WrongState, "releaseId", message).about([release_id]));
        }
        _ => {}
    }
    let Some(row) = row.filter(|_| problems.is_empty()) else {
        change.refuse(&problems).await?;
        return Ok(Err(problems));
    };
    let (id, by, at) = (row.id, request.caller.name.clone(), change.now);
    let news = row.cancel_requested_at.is_none() || stop_running && !row.stop_running;
    release::request_cancel(&mut change.tx, at, id, stop_running, reason).await?;
    let mut moving = Moving::new(row, &by);
    if news {
        moving.tell(ReleaseEventKind::CancelRequested, None);
    }
    let mut releases = BTreeMap::from([(id, moving)]);
    let queued = target::queued(&mut change.tx, &[id]).await?;
    let mut instances = end_targets::lock(&mut change.tx, queued.iter()).await?;
    let canceled: Vec<_> = queued
        .into_iter()
        .map(|target| (target, End::canceled("Canceled before it started: the release was canceled.")))
        .collect();
    settle(&mut change.tx, at, &by, &mut releases, &mut instances, &canceled).await?;
    for event in transition::save(&mut change.tx, at, releases.into_values()).await? {
        change.tell(event);
    }
    failpoint::at("release::cancel::before_commit");
    let told = change.commit(&[id], &[Kind::Release.id(id)]).await?;
    failpoint::at("release::cancel::after_commit");
    journal::tell(&told);
    Ok(Ok(id))
}
