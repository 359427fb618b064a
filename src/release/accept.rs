//! Accepting a release: one transaction, in which everything that was sent is looked up, locked, looked up
//! again, and recorded, or nothing is changed (R4 to R11).

use super::arrange::{Arrange, arrange_participants};
use super::choose::{Chosen, choose};
use super::journal;
use super::plan::plan;
use super::record::{Acceptance, Recorded, record};
use super::request::{Accepted, Aim, Refused, ReleaseRequest};
use super::resolve::{Resolved, resolve};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Replay};
use crate::domain::event::NewEvent;
use crate::domain::release::ReleaseOrigin;
use crate::domain::release::plan::Plan;
use crate::domain::{Id, Kind, Problems};
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
    let mut chosen = choose(change, request, &resolved, &mut problems).await?;
    let Resolved { service: Some(service), executor: Some(executor), version_id, passed, .. } = &resolved else {
        return Err(problems.into());
    };
    if !problems.is_empty() {
        return Err(Failure::Refused(Refused::having(problems, chosen.skipped)));
    }
    let effective = match &service.rollout_defaults {
        Some(defaults) => request.rollout.or(&defaults.0),
        None => request.rollout.clone(),
    };
    let arrange = Arrange {
        own: &request.rollout,
        effective: &effective,
        of: request.aim.rollout_of(),
        defaults: &app.rollout,
        executor_timeout: executor.timeout,
        hosts: Some(&request.hosts),
    };
    let arranged = arrange_participants(&mut change.tx, &arrange, &mut chosen, &mut problems).await?;
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let settings = match &request.aim {
        Aim::Install { settings, .. } => Some(settings),
        Aim::Upgrade { .. } | Aim::Revert { .. } | Aim::Uninstall => None,
    };
    let acceptance = Acceptance {
        service_id: service.id,
        service_name: &service.name,
        action: request.aim.action(),
        target_version_id: *version_id,
        settings,
        origin: ReleaseOrigin::Request,
        parent_id: None,
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

/// Records a release that nothing speaks against, unless it is only a dry run (R11).
pub(super) async fn take_effect(
    change: &mut Change<'_>,
    acceptance: Acceptance<'_>,
    chosen: Chosen,
    dry_run: bool,
) -> store::Result<Done<Accepted>> {
    let mut plan = plan(&mut change.tx, &acceptance, &chosen).await?;
    if dry_run {
        return Ok(Done::changed(answer(None, chosen.instance_ids(), chosen, plan), Vec::new()));
    }
    let Recorded { id, instances, events } = record(&mut change.tx, &acceptance, &chosen).await?;
    for (target, instance) in plan.targets.iter_mut().zip(&instances) {
        target.instance_id = Some(*instance);
    }
    change.record_all(events);
    failpoint::at("release::accept::before_commit");
    Ok(Done::made(answer(Some(id), instances, chosen, plan), vec![Kind::Release.id(id)]))
}

/// The answer to a request whose release is, or would be, like this.
fn answer(release_id: Option<i64>, accepted: Vec<i64>, chosen: Chosen, plan: Plan) -> Accepted {
    let accepted_hosts = chosen.participants.iter().map(|participant| participant.host.id).collect();
    Accepted { release_id, accepted, accepted_hosts, skipped: chosen.skipped, plan: Some(plan), replayed: false }
}

/// The answer to an earlier request with the same key, from what was recorded.
pub(super) async fn replayed(change: &mut Change<'_>, made: &[Id]) -> store::Result<Accepted> {
    let mut answer = Accepted { release_id: made.first().map(|id| id.number), replayed: true, ..Accepted::default() };
    if let Some(id) = answer.release_id {
        (answer.accepted, answer.accepted_hosts) = release::accepted(&mut change.tx, id).await?.into_iter().unzip();
        answer.skipped = release::skipped(&mut change.tx, id).await?;
        answer.plan = release::plan(&mut change.tx, id).await?;
    }
    Ok(answer)
}
