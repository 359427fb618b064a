//! Pausing and resuming a release (R22).

use super::journal;
use super::transition::{self, Transition};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::release::deadline::Deadline;
use crate::domain::release::rollout::MAX_DEADLINE_SECONDS;
use crate::domain::release::{PauseReason, ReleaseStatus, Resume};
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::release::ReleaseRow;

const FIELD: &str = "releaseId";

/// How a release is to be resumed.
#[derive(Clone, Debug)]
pub struct Resumption {
    pub release_id: String,
    pub resume: Resume,
    /// Another deadline, in seconds from the acceptance.
    pub deadline_seconds: Option<i64>,
}

/// Pauses a release and returns its number: no more targets start until it is resumed. For a release that is paused, the
/// answer is the same, and nothing changes.
///
/// # Problems
/// `NOT_FOUND` and `WRONG_TYPE` of the id, `INVALID` of the reason, `WRONG_STATE` of a release of which nothing is queued.
pub async fn pause(app: &App, request: &Request, release_id: &str, reason: Option<&str>) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = pausing(&mut change, release_id, reason.unwrap_or_default()).await;
    change.conclude_with(outcome, journal::log).await
}

async fn pausing(change: &mut Change<'_>, release_id: &str, reason: &str) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    problems.collect(name::text("reason", reason, name::MAX_REASON));
    let row = change.release(FIELD, release_id, &mut problems).await?;
    if let Some(row) = &row {
        if let Some(problem) = over(row, "paused") {
            problems.add(problem);
        } else if row.under_way.progress.queued == 0 {
            let message = "All targets of this release have started. Nothing is left to be paused.";
            problems.add(Problem::new(ProblemCode::WrongState, FIELD, message).about([release_id]));
        }
    }
    let row = problems.ok_with(row)?;
    let id = row.id;
    if row.under_way.status != ReleaseStatus::Paused {
        let mut transition = Transition::new(row, change.by);
        transition.pause(PauseReason::Requested, change.by, reason);
        let events = transition::save(&mut change.tx, change.now, [transition]).await?;
        change.record_all(events);
    }
    Ok(Done::changed(id, vec![Kind::Release.id(id)]))
}

/// Resumes a release that is paused, or ends the soak of one that is not, and returns its number. The failures so far no
/// longer count. For any other release that is under way, the answer is the same, and nothing changes.
///
/// # Problems
/// `NOT_FOUND` and `WRONG_TYPE` of the id, `WRONG_STATE` of a release that is over, `INVALID` of a deadline that is out of its
/// bounds or has passed.
pub async fn resume(app: &App, request: &Request, resumption: &Resumption) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = resuming(&mut change, resumption).await;
    change.conclude_with(outcome, journal::log).await
}

async fn resuming(change: &mut Change<'_>, resumption: &Resumption) -> Result<Done<i64>, Failure> {
    let &Resumption { ref release_id, resume, deadline_seconds } = resumption;
    let mut problems = Problems::default();
    let row = change.release(FIELD, release_id, &mut problems).await?;
    if let Some(problem) = row.as_ref().and_then(|row| over(row, "resumed")) {
        problems.add(problem);
    }
    if let Some(seconds) = deadline_seconds {
        let invalid = |message: String| Problem::new(ProblemCode::Invalid, "deadlineSeconds", message);
        if !(1..=MAX_DEADLINE_SECONDS).contains(&seconds) {
            problems.add(invalid(format!("deadlineSeconds must be 1 to {MAX_DEADLINE_SECONDS}.")));
        } else if let Some(row) = &row
            && Deadline::set(row.created_at, seconds, change.now).at <= change.now
        {
            let gone = (change.now.0 - row.created_at.0) / 1000;
            problems.add(invalid(format!(
                "deadlineSeconds counts from the acceptance, {gone} seconds ago: this deadline has passed. Choose a later one."
            )));
        }
    }
    let row = problems.ok_with(row)?;
    let (id, by, at) = (row.id, change.by, change.now);
    let mut transition = Transition::new(row, by);
    if transition.state.can_resume(resume) {
        if let Some(seconds) = deadline_seconds {
            transition.set_deadline(seconds, at);
        }
        transition.resume(resume, at);
        transition.go_on(at);
        let events = transition::save(&mut change.tx, at, [transition]).await?;
        change.record_all(events);
    }
    Ok(Done::changed(id, vec![Kind::Release.id(id)]))
}

fn over(row: &ReleaseRow, done: &str) -> Option<Problem> {
    let status = row.under_way.status;
    let message = format!("This release has ended with {status}. Only a release that is under way can be {done}.");
    let about = [Kind::Release.id(row.id)];
    status.is_over().then(|| Problem::new(ProblemCode::WrongState, FIELD, message).about(about))
}
