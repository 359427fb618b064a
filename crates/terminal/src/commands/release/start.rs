//! A release from the plan to its acceptance, and on to its end.

use super::request::Request;
use super::{nothing, plan};
use crate::confirm;
use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use crate::table::Table;
use crate::watching::{self, WatchOptions};
use crate::{names, related};
use lockkeeper_client::Error;
use lockkeeper_client::operations::start::{
    Pace, PlanWarning, PlannedTarget, PlannedWave, SkipReason, Skipped, Started,
};
use serde::{Deserialize, Serialize};

/// What was accepted, or would be.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AcceptedJson<'a> {
    /// Null on a dry run.
    release: Option<&'a str>,
    accepted: u64,
    skipped: Vec<SkippedJson<'a>>,
    dry_run: bool,
}

#[derive(Serialize)]
struct SkippedJson<'a> {
    hostname: &'a str,
    reason: &'a SkipReason,
}

/// Shows the plan, asks, starts the release, and watches it.
pub async fn run(request: Request, session: &Session) -> Result<ExitStatus, Failure> {
    let output = &session.output;
    let dry = match request.rehearse(&session.client).await {
        Ok(dry) => dry,
        Err(error) => return Err(refused(session, &request, error).await),
    };
    if dry.replayed && dry.release.is_some() {
        // The same command has been accepted before: there is nothing to ask.
        return accepted(session, &request, &dry).await;
    }
    let plan = plan::lines(&request, &dry, output);
    if request.common.dry_run {
        match output.json {
            true => output.json_line(&accepted_json(&dry, true))?,
            false => plan.iter().try_for_each(|line| output.line(line))?,
        }
        plan::warnings(&dry).for_each(|warning| output.warning(warning));
        return Ok(ExitStatus::Success);
    }
    for line in &plan {
        output.note(line);
    }
    plan::warnings(&dry).for_each(|warning| output.warning(warning));
    confirm::release(session, &request.common.confirm, &request.service, dry.accepted_count)?;
    // With --yes, nobody agreed to a number.
    let expected = (!session.globals.yes).then_some(dry.accepted_count);
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let started = tokio::select! {
        biased;
        started = request.start(&session.client, expected) => started,
        _ = &mut interrupted => {
            output.warning("The server may have accepted the release. The same command with its key says so, and starts it only once.");
            output.help(&request.command(session));
            return Ok(ExitStatus::Detached);
        }
    };
    match started {
        Ok(started) => accepted(session, &request, &started).await,
        Err(error) => Err(not_known(session, &request, error).await),
    }
}

/// A plan with its targets, as scripts see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanJson<'a> {
    accepted: u64,
    skipped: Vec<SkippedJson<'a>>,
    rollout: &'a Pace,
    waves: &'a [PlannedWave],
    worst_case_failures: u64,
    warnings: &'a [PlanWarning],
    targets: Vec<PlannedTarget>,
}

/// Shows what the release would do, target by target, and starts nothing.
pub async fn show_plan(request: Request, session: &Session) -> Result<ExitStatus, Failure> {
    let (output, client) = (&session.output, &session.client);
    let mut targets = Vec::new();
    let mut after = None;
    let dry = loop {
        let mut dry = match request.plan(client, after).await {
            Ok(dry) => dry,
            Err(error) => return Err(refused(session, &request, error).await),
        };
        let page = dry.plan.as_mut().map(|plan| std::mem::take(&mut plan.targets)).unwrap_or_default();
        targets.extend(page.nodes);
        after = page.page_info.next();
        if after.is_none() {
            break dry;
        }
    };
    if output.json {
        let Some(plan) = &dry.plan else {
            return Err(Failure::new(ExitStatus::Unreachable, "INTERNAL", "The server answered without a plan."));
        };
        output.json_line(&PlanJson {
            accepted: dry.accepted_count,
            skipped: skipped_json(&dry),
            rollout: &plan.rollout,
            waves: &plan.waves,
            worst_case_failures: plan.worst_case_failures,
            warnings: &plan.warnings,
            targets,
        })?;
        return Ok(ExitStatus::Success);
    }
    plan::lines(&request, &dry, output).iter().try_for_each(|line| output.line(line))?;
    plan::warnings(&dry).for_each(|warning| output.warning(warning));
    let mut table = Table::new(["HOST", "WAVE", "FROM", "TO"]);
    for PlannedTarget { hostname, wave, from_version, to_version } in targets {
        table.row([hostname, wave.to_string(), from_version.unwrap_or_default(), to_version.unwrap_or_default()]);
    }
    table.print(output, false)?;
    Ok(ExitStatus::Success)
}

/// Says that the release was accepted, and watches it if that is wanted.
async fn accepted(session: &Session, request: &Request, started: &Started) -> Result<ExitStatus, Failure> {
    let output = &session.output;
    let Some(release) = &started.release else {
        return Err(Failure::new(ExitStatus::Unreachable, "INTERNAL", "The server accepted this without a release."));
    };
    let common = &request.common;
    let watches = common.watch || (output.is_terminal() && !common.no_watch);
    let id = &release.id;
    if started.replayed {
        output.note(&format!("The key was used before: {id} is the release that it made, and no other was started."));
    }
    if output.json {
        output.json_line(&accepted_json(started, false))?;
    } else if watches {
        output.note(&format!("{id} accepted. Ctrl-C leaves it running; \"lockkeeper watch {id}\" comes back."));
    } else {
        let count = started.accepted_count;
        output.line(&format!("{id} accepted: {count} {}", if count == 1 { "instance" } else { "instances" }))?;
    }
    if !watches {
        output.note(&format!("Watch it with: lockkeeper watch {id}"));
        return Ok(ExitStatus::Success);
    }
    watching::watch(session, id, WatchOptions { since: None, timeout: common.timeout.timeout }).await
}

/// Nothing was changed: says why, and which command helps.
async fn refused(session: &Session, request: &Request, error: Error) -> Failure {
    let left_out = match &error {
        Error::Refused { data, .. } => left_out(data),
        _ => None,
    };
    let failure = session.with_login(error.into());
    let freezes: Vec<String> = related_ids(&failure, "FROZEN");
    if !freezes.is_empty() {
        return match related::may_pass(session, &freezes).await {
            true => failure.help(request.through(&freezes).as_typed(session)),
            false => failure.help(format!("lockkeeper status {}", request.service)),
        };
    }
    if failure.status == ExitStatus::NothingToRelease {
        let (skipped, count) = left_out.unwrap_or_default();
        return nothing::explain(session, request, failure, &skipped, count).await;
    }
    let failure = names::suggest(session, failure, &request.typed()).await;
    related::complete(session, failure).await
}

/// The ids that problems with this code are about.
fn related_ids(failure: &Failure, code: &str) -> Vec<String> {
    let problems = failure.problems.iter().filter(|problem| problem.code == code);
    problems.flat_map(|problem| problem.related_ids.iter().cloned()).collect()
}

/// The instances that a refused release left out.
fn left_out(data: &serde_json::Value) -> Option<(Vec<Skipped>, u64)> {
    let payload = &data["payload"];
    let skipped = Vec::<Skipped>::deserialize(&payload["skipped"]).ok()?;
    Some((skipped, payload["skippedCount"].as_u64()?))
}

/// The release was refused, or it is not known whether the server accepted it: then the same command asks again.
async fn not_known(session: &Session, request: &Request, error: Error) -> Failure {
    let mut failure = refused(session, request, error).await;
    if failure.status == ExitStatus::Unreachable {
        failure.problems[0].message.push_str(" It is not known whether the release was accepted. The same command with its key says so, and starts it only once.");
        failure.help = Some(request.command(session));
        failure.idempotency_key = Some(request.key.clone());
    } else if failure.has_code("STALE") {
        failure.help = Some(format!("lockkeeper {} --help", request.verb()));
    }
    failure
}

fn accepted_json(started: &Started, dry_run: bool) -> AcceptedJson<'_> {
    AcceptedJson {
        release: started.release.as_ref().map(|release| release.id.as_str()),
        accepted: started.accepted_count,
        skipped: skipped_json(started),
        dry_run,
    }
}

fn skipped_json(started: &Started) -> Vec<SkippedJson<'_>> {
    let skipped = started.skipped.iter();
    skipped.map(|skipped| SkippedJson { hostname: &skipped.instance.host.hostname, reason: &skipped.reason }).collect()
}
