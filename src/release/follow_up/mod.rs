//! Undoing and retrying a release: a new release, which chooses from the targets of the first one. All else is as in any
//! release (R4, R8 to R11).

pub(crate) mod automatic;
mod choose;

use super::accept::{replayed, take_effect};
use super::arrange::{Arrange, arrange_participants};
use super::journal;
use super::record::Acceptance;
use super::request::{Accepted, Refused};
use super::resolve;
use crate::app::App;
use crate::change::{self, Answer, Change, Done, Failure, Replay};
use crate::domain::reference::{self, Reference, SERVICE};
use crate::domain::release::rollout::{Amount, RolloutOf, RolloutOverrides};
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::past_release::{self, PastRelease};
use crate::store::{Result, version};
use choose::choose;

/// What is done with an earlier release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUp {
    /// Its instances go back to the versions that they had before.
    Undo,
    /// What failed or never began is moved again.
    Retry,
}

/// A request to undo or retry a release. Ids are as they were sent, and not checked yet (R4).
#[derive(Clone, Debug)]
pub struct FollowUpRequest {
    pub change: change::Request,
    pub follow_up: FollowUp,
    pub release_id: String,
    pub on_locked: OnLocked,
    pub include_unknown: bool,
    /// Holds and freezes that it may go through.
    pub through_hold_ids: Vec<String>,
    pub rollout: RolloutOverrides,
    pub reason: Option<String>,
    /// How many the caller expects to take part.
    pub expected_count: Option<i64>,
    /// Whether it is only checked what would happen.
    pub dry_run: bool,
}

const FIELD: &str = "releaseId";

/// Accepts the undo or the retry of a release, or returns every problem that it has.
pub async fn follow_up(app: &App, request: &FollowUpRequest) -> Answer<Accepted, Refused> {
    let mut change = match request.dry_run {
        true => Change::rehearse(&app.db, &request.change).await?,
        false => Change::begin(&app.db, &request.change).await?,
    };
    let outcome = accepting(app, &mut change, request).await;
    change.conclude_with(outcome, journal::log).await
}

async fn accepting(
    app: &App,
    change: &mut Change<'_>,
    request: &FollowUpRequest,
) -> Result<Done<Accepted>, Failure<Refused>> {
    let mut problems = Problems::default();
    if let Replay::Made(made) = change.replay(&mut problems).await? {
        return Ok(Done::replayed(replayed(change, &made).await?));
    }
    request.check(&mut problems);
    let Some(first) = first(change, request, &mut problems).await? else { return Err(problems.into()) };
    let Some(action) = request.action(&first) else { return Err(problems.into()) };
    let of = RolloutOf { action, is_undo: request.follow_up == FollowUp::Undo || first.is_undo() };
    request.rollout.check_for(of, &mut problems);
    let service = Reference::by_id(&SERVICE, Kind::Service.id(first.service_id).to_string());
    let Some(service) = change.shared_service(&service, &mut Problems::default()).await? else {
        let message = "The service of this release was removed. There is nothing left to move.";
        problems.add(wrong_state(&first, message));
        return Err(problems.into());
    };
    let executor = resolve::executor(app, &service, FIELD, &mut problems);
    if request.follow_up == FollowUp::Retry {
        releasable(change, &first, &mut problems).await?;
    }
    // To a freeze, every undo is a revert.
    let as_seen_by_freezes = match request.follow_up {
        FollowUp::Undo => ReleaseAction::Revert,
        FollowUp::Retry => action,
    };
    let through = &request.through_hold_ids;
    let passed = resolve::holds(change, through, Some(&service), FIELD, as_seen_by_freezes, &mut problems).await?;
    let mut chosen = choose(change, request, &first, &passed.holds, &mut problems).await?;
    let Some(executor) = executor else { return Err(problems.into()) };
    if !problems.is_empty() {
        return Err(Failure::Refused(Refused::having(problems, chosen.skipped)));
    }
    let rollout = request.rollout(&first);
    let arrange = Arrange {
        own: &request.rollout,
        effective: &rollout,
        of,
        defaults: &app.rollout,
        executor_timeout: executor.timeout,
        hosts: None,
    };
    let arranged = arrange_participants(&mut change.tx, &arrange, &mut chosen, &mut problems).await?;
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let acceptance = Acceptance {
        service_id: service.id,
        service_name: &service.name,
        action,
        target_version_id: first.target_version_id.filter(|_| request.follow_up == FollowUp::Retry),
        settings: None,
        origin: request.follow_up.origin(),
        parent_id: Some(first.id),
        executor: &executor.name,
        shares_host: executor.shares_host,
        arranged,
        thawed: &passed.freezes,
        reason: request.reason.as_deref().unwrap_or_default(),
        idempotency_key: request.change.idempotency_key.as_deref(),
        by: change.by,
        at: change.now,
    };
    Ok(take_effect(change, acceptance, chosen, request.dry_run).await?)
}

/// Looks up the release, which must have ended; for a retry it may be paused, too.
async fn first(
    change: &mut Change<'_>,
    request: &FollowUpRequest,
    problems: &mut Problems,
) -> Result<Option<PastRelease>> {
    let text = &request.release_id;
    let Some(id) = problems.collect(reference::id(FIELD, Kind::Release, text)) else { return Ok(None) };
    let Some(first) = past_release::by_id(&mut change.tx, id).await? else {
        problems.add(reference::not_found(FIELD, Kind::Release, &[text]));
        return Ok(None);
    };
    let status = first.status;
    match request.follow_up {
        FollowUp::Undo if first.action == ReleaseAction::Uninstall => {
            let message = "An uninstallation cannot be undone. Use installInstances to install the service again.";
            problems.add(wrong_state(&first, message));
        }
        FollowUp::Undo if !status.is_over() => {
            let message = format!(
                "This release is {status}, and only a release that has ended can be undone. Wait for its end, or cancel it first."
            );
            problems.add(wrong_state(&first, &message));
        }
        FollowUp::Retry if !status.is_over() && status != ReleaseStatus::Paused => {
            let message = format!(
                "This release is {status}, and only a release that has ended or is paused can be retried. Wait for its end, or cancel it first."
            );
            problems.add(wrong_state(&first, &message));
        }
        FollowUp::Undo | FollowUp::Retry => return Ok(Some(first)),
    }
    Ok(None)
}

/// Adds a problem if the version of the first release may no longer be released (R1). A removed one is a reason to leave
/// its targets out. Where each target has a version of its own, the retry is that of an undo, and a withdrawn one is a
/// valid way back.
async fn releasable(change: &mut Change<'_>, first: &PastRelease, problems: &mut Problems) -> Result<()> {
    let Some(id) = first.target_version_id else { return Ok(()) };
    let version = version::by_id(&mut change.tx, id).await?.filter(|version| version.removed_at.is_none());
    if let Some(version) = &version {
        for reason in version.rule().obstacles() {
            problems.add(resolve::obstacle(FIELD, version, reason));
        }
    }
    Ok(())
}

fn wrong_state(release: &PastRelease, message: &str) -> Problem {
    Problem::new(ProblemCode::WrongState, FIELD, message).about([Kind::Release.id(release.id)])
}

/// The rollout of an undo: it moves as many at a time as the first release, and must not stop on its way.
fn undo_rollout(first: &PastRelease) -> RolloutOverrides {
    RolloutOverrides {
        max_parallel: Some(Amount::Count(first.max_parallel)),
        max_failures: Some(Amount::Count(0)),
        on_failure: Some(OnFailure::Continue),
        waves: Some(Vec::new()),
        ..RolloutOverrides::default()
    }
}

impl FollowUp {
    fn origin(self) -> ReleaseOrigin {
        match self {
            FollowUp::Undo => ReleaseOrigin::Undo,
            FollowUp::Retry => ReleaseOrigin::Retry,
        }
    }
}

impl FollowUpRequest {
    /// The action of the new release, or `None` if the first one cannot be undone.
    fn action(&self, first: &PastRelease) -> Option<ReleaseAction> {
        match self.follow_up {
            FollowUp::Undo => first.action.opposite(),
            FollowUp::Retry => Some(first.action),
        }
    }

    /// The rollout, with what holds where the request says nothing; a retry moves as the
    /// first release was asked to.
    fn rollout(&self, first: &PastRelease) -> RolloutOverrides {
        let first = match self.follow_up {
            FollowUp::Undo => undo_rollout(first),
            FollowUp::Retry => first.requested_rollout.clone(),
        };
        self.rollout.or(&first)
    }

    fn check(&self, problems: &mut Problems) {
        if !self.through_hold_ids.is_empty() {
            reference::list("throughHoldIds", &self.through_hold_ids, problems);
        }
        self.rollout.check(false, problems);
        if let Some(reason) = &self.reason {
            problems.collect(name::text("reason", reason, name::MAX_REASON));
        }
        if self.expected_count.is_some_and(|count| count < 0) {
            problems.add(Problem::new(ProblemCode::Invalid, "expectedCount", "expectedCount must be 0 or more."));
        }
    }
}
