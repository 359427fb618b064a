//! Accepting a release: one transaction, in which everything that was sent is looked up, locked, looked up
//! again, and recorded, or nothing is changed (R4 to R11).

use super::choose::{Choice, choose};
use super::journal;
use super::record::{Record, record};
use super::request::{Accepted, Refused, Request};
use super::resolve::{Found, find};
use crate::app::App;
use crate::change::Change;
use crate::domain::release::ReleaseOrigin;
use crate::domain::release::selection::Skipped;
use crate::domain::{Kind, ProblemCode, Problems};
use crate::failpoint;
use crate::store::{Result, release};

/// Accepts a release, or tells every problem that it has. A dry run gives the same answer and changes
/// nothing (R11); the same key gives the same release (R10).
pub async fn accept(app: &App, request: &Request) -> Result<Result<Accepted, Refused>> {
    let mut change = Change::begin(&app.db, &request.change).await?;
    let mut problems = Problems::default();
    if !request.dry_run {
        match change.replay(&mut problems).await? {
            Ok(None) => {}
            Ok(Some(made)) => return replayed(change, &made).await.map(Ok),
            Err(problem) => return refuse(change, request, problem.into(), Vec::new()).await,
        }
    }
    request.check(&mut problems);
    let found = find(app, &mut change, request, &mut problems).await?;
    let choice = choose(&mut change, request, &found, &mut problems).await?;
    let Found { service: Some(service), executor: Some(executor), version_id, thawed, .. } = &found else {
        return refuse(change, request, problems, Vec::new()).await;
    };
    if !problems.is_empty() {
        let nothing = problems.0.iter().any(|problem| problem.code == ProblemCode::NothingToRelease);
        return refuse(change, request, problems, if nothing { choice.skipped } else { Vec::new() }).await;
    }
    if request.dry_run {
        return Ok(Ok(answer(None, choice.instance_ids(), choice)));
    }
    let whole = Record {
        request,
        service,
        executor,
        defaults: &app.rollout,
        target_version_id: *version_id,
        origin: ReleaseOrigin::Request,
        parent_id: None,
        thawed,
    };
    let (id, instances) = record(&mut change, &whole, &choice).await?;
    failpoint::at("release::accept::before_commit");
    let told = change.commit(&[id], &[Kind::Release.id(id)]).await?;
    failpoint::at("release::accept::after_commit");
    journal::tell(&told);
    Ok(Ok(answer(Some(id), instances, choice)))
}

fn answer(release_id: Option<i64>, accepted: Vec<i64>, choice: Choice) -> Accepted {
    let accepted_hosts = choice.taken.iter().map(|taken| taken.host.id).collect();
    Accepted { release_id, accepted, accepted_hosts, skipped: choice.skipped, replayed: false }
}

/// The answer to an earlier request with the same key, from what was recorded.
async fn replayed(mut change: Change<'_>, made: &[i64]) -> Result<Accepted> {
    let mut answer = Accepted { release_id: made.first().copied(), replayed: true, ..Accepted::default() };
    if let Some(id) = answer.release_id {
        (answer.accepted, answer.accepted_hosts) = release::accepted(&mut change.tx, id).await?.into_iter().unzip();
        answer.skipped = release::skipped(&mut change.tx, id).await?;
    }
    change.commit_replay().await?;
    Ok(answer)
}

async fn refuse(
    change: Change<'_>,
    request: &Request,
    problems: Problems,
    skipped: Vec<Skipped>,
) -> Result<Result<Accepted, Refused>> {
    if !request.dry_run {
        change.refuse(&problems).await?;
    }
    Ok(Err(Refused { problems, skipped }))
}
