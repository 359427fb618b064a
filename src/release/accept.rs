//! Accepting a release: one transaction, in which everything that was sent is looked up, locked, looked up
//! again, and recorded, or nothing is changed (R4 to R11).

use super::choose::{Chosen, choose};
use super::journal;
use super::record::{Acceptance, record};
use super::request::{Accepted, Refused, ReleaseRequest};
use super::resolve::{Resolved, resolve};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Replay};
use crate::domain::event::NewEvent;
use crate::domain::release::ReleaseOrigin;
use crate::domain::{Id, Kind, ProblemCode, Problems};
use crate::failpoint;
use crate::store::{self, release};

/// Accepts a release, or returns every problem that it has. A dry run gives the same answer and changes
/// nothing (R11); the same key gives the same release (R10).
pub async fn accept(app: &App, request: &ReleaseRequest) -> Answer<Accepted, Refused> {
    let mut change = match request.dry_run {
        true => Change::rehearse(&app.db, &request.change).await?,
        false => Change::begin(&app.db, &request.change).await?,
    };
    let outcome = accepting(app, &mut change, request).await;
    let committed = |events: &[NewEvent]| {
        failpoint::at("release::accept::after_commit");
        journal::log(events);
    };
    change.conclude_with(outcome, committed).await
}

async fn accepting(
    app: &App,
    change: &mut Change<'_>,
    request: &ReleaseRequest,
) -> Result<Done<Accepted>, Failure<Refused>> {
    let mut problems = Problems::default();
    if let Replay::Made(made) = change.replay(&mut problems).await? {
        return Ok(Done::replayed(replayed(change, &made).await?));
    }
    request.check(&mut problems);
    let resolved = resolve(app, change, request, &mut problems).await?;
    let chosen = choose(change, request, &resolved, &mut problems).await?;
    let Resolved { service: Some(service), executor: Some(executor), version_id, thawed, .. } = &resolved else {
        return Err(problems.into());
    };
    if !problems.is_empty() {
        let nothing = problems.0.iter().any(|problem| problem.code == ProblemCode::NothingToRelease);
        let skipped = if nothing { chosen.skipped } else { Vec::new() };
        return Err(Failure::Refused(Refused { problems, skipped }));
    }
    if request.dry_run {
        return Ok(Done::changed(answer(None, chosen.instance_ids(), chosen), Vec::new()));
    }
    let whole = Acceptance {
        request,
        service,
        executor,
        defaults: &app.rollout,
        target_version_id: *version_id,
        origin: ReleaseOrigin::Request,
        parent_id: None,
        thawed,
    };
    let (id, instances) = record(change, &whole, &chosen).await?;
    failpoint::at("release::accept::before_commit");
    Ok(Done::made(answer(Some(id), instances, chosen), vec![Kind::Release.id(id)]))
}

fn answer(release_id: Option<i64>, accepted: Vec<i64>, chosen: Chosen) -> Accepted {
    let accepted_hosts = chosen.participants.iter().map(|participant| participant.host.id).collect();
    Accepted { release_id, accepted, accepted_hosts, skipped: chosen.skipped, replayed: false }
}

/// The answer to an earlier request with the same key, from what was recorded.
async fn replayed(change: &mut Change<'_>, made: &[Id]) -> store::Result<Accepted> {
    let mut answer = Accepted { release_id: made.first().map(|id| id.number), replayed: true, ..Accepted::default() };
    if let Some(id) = answer.release_id {
        (answer.accepted, answer.accepted_hosts) = release::accepted(&mut change.tx, id).await?.into_iter().unzip();
        answer.skipped = release::skipped(&mut change.tx, id).await?;
    }
    Ok(answer)
}
