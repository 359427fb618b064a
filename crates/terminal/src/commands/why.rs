//! `lockkeeper why`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list::List;
use crate::nearest;
use crate::session::Session;
use crate::watching;
use clap::Args;
use lockkeeper_client::operations::release::{ReleaseStatus, TargetStatus, TargetsVariables};
use lockkeeper_client::operations::waits::{MaybeWaiting, ReleaseWaits, Wait, WaitingRelease, WaitingTarget};

/// Hosts that are named in a line.
const MAX_HOSTS: usize = 5;

/// Show what a release waits for
///
/// Shows what the instances that a release has not started yet wait for: a pause, other instances of the release, another command on the
/// host, a worker. What would have to change first comes first. Without a host, it looks at the first 200 of them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper why rel_41
  lockkeeper why rel_41 host-17")]
pub struct WhyArgs {
    /// The release, for example rel_41
    #[arg(value_name = "RELEASE")]
    release: String,
    /// Only this host
    #[arg(value_name = "HOST", add = completion::hosts())]
    host: Option<String>,
}

pub async fn run(args: WhyArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let WhyArgs { release: id, host } = args;
    let queued = Some(vec![TargetStatus::Queued]).filter(|_| host.is_none());
    let mut variables = TargetsVariables { id: id.clone(), statuses: queued, after: None };
    let mut names: Vec<String> = Vec::new();
    loop {
        let WaitingRelease { targets, status, .. } = page(session, &variables).await?;
        let (total, next) = (targets.total_count.unwrap_or_default(), targets.page_info.next());
        let Some(host) = &host else {
            return show(session, &id, &status, targets.nodes, total);
        };
        if let Some(target) = targets.nodes.iter().find(|target| target.hostname.eq_ignore_ascii_case(host)) {
            return show(session, &id, &status, vec![target.clone()], 1);
        }
        names.extend(targets.nodes.into_iter().map(|target| target.hostname));
        variables.after = next;
        if variables.after.is_none() {
            let near = nearest::among(host, names.iter().map(String::as_str));
            let failure =
                Failure::not_found("host", format!("The release {id} has no target on the host {host}."), &near);
            return Err(failure.help(format!("lockkeeper watch {id}")));
        }
    }
}

async fn page(session: &Session, variables: &TargetsVariables) -> Result<WaitingRelease, Failure> {
    match session.call::<ReleaseWaits>(variables).await.map(|data| data.release) {
        Ok(Some(MaybeWaiting::Release(release))) => Ok(*release),
        Ok(Some(MaybeWaiting::Other {}) | None) => Err(watching::no_release(&variables.id)),
        Err(failure) if failure.has_code("BAD_REQUEST") => Err(watching::no_release(&variables.id)),
        Err(failure) => Err(failure),
    }
}

/// Prints what these of the `total` targets wait for.
fn show(
    session: &Session,
    id: &str,
    status: &ReleaseStatus,
    targets: Vec<WaitingTarget>,
    total: u64,
) -> Result<ExitStatus, Failure> {
    let output = &session.output;
    if output.json {
        output.json_line(&List { items: targets, total_count: Some(total), end_cursor: None })?;
        return Ok(ExitStatus::Success);
    }
    if targets.is_empty() {
        output.note(&format!("Nothing of {id} waits: it is {status}."));
        return Ok(ExitStatus::Success);
    }
    let groups = grouped(&targets);
    for (hosts, waits) in &groups {
        output.line(&format!("{} {}", hosts_of(hosts), state(hosts[0], waits)))?;
        for Wait { message, until, .. } in *waits {
            let until = until
                .as_deref()
                .map_or_else(String::new, |until| format!(" ({})", output.until(Some(until)).trim_start()));
            output.line(&format!("  {message}{until}"))?;
        }
    }
    let more = total.saturating_sub(targets.len() as u64);
    if more > 0 {
        output.line(&format!("… {more} more of {id} wait behind them"))?;
    }
    if let Some(command) = groups.iter().flat_map(|(_, waits)| *waits).find_map(|wait| help(&wait.kind, id)) {
        output.help(&command);
    }
    Ok(ExitStatus::Success)
}

/// Targets that wait for the same, in the order in which they start.
fn grouped(targets: &[WaitingTarget]) -> Vec<(Vec<&WaitingTarget>, &[Wait])> {
    let mut groups: Vec<(Vec<&WaitingTarget>, &[Wait])> = Vec::new();
    for target in targets {
        match groups.iter_mut().find(|(_, waits)| *waits == target.waits_for) {
            Some((of_group, _)) => of_group.push(target),
            None => groups.push((vec![target], &target.waits_for)),
        }
    }
    groups
}

/// `host-1, host-2, … 3 more`
fn hosts_of(targets: &[&WaitingTarget]) -> String {
    let mut names: Vec<String> = targets.iter().take(MAX_HOSTS).map(|target| target.hostname.clone()).collect();
    let more = targets.len().saturating_sub(MAX_HOSTS);
    if more > 0 {
        names.push(format!("… {more} more"));
    }
    names.join(", ")
}

/// What is true of targets that wait for this, as the end of a sentence about them.
fn state(target: &WaitingTarget, waits: &[Wait]) -> String {
    match (&target.status, waits) {
        (TargetStatus::Queued, []) => "not started yet".to_owned(),
        (TargetStatus::Queued, _) => "waiting".to_owned(),
        (status, _) => format!("{status}: no longer waiting"),
    }
}

/// The command that ends a wait, where there is one.
fn help(kind: &str, release: &str) -> Option<String> {
    match kind {
        "PAUSED" => Some(format!("lockkeeper resume {release}")),
        "SUSPENDED" => Some("lockkeeper resume-fleet".to_owned()),
        "SOAK" => Some(format!("lockkeeper resume {release} --skip-soak")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, status: TargetStatus, kinds: &[&str]) -> WaitingTarget {
        let wait = |kind: &&str| Wait { kind: (*kind).to_owned(), message: format!("{kind}."), until: None };
        WaitingTarget { hostname: host.to_owned(), wave: 1, status, waits_for: kinds.iter().map(wait).collect() }
    }

    #[test]
    fn targets_that_wait_for_the_same_are_named_together() {
        let queued = |host: usize, kinds: &[&str]| target(&format!("h{host}"), TargetStatus::Queued, kinds);
        let mut targets = vec![queued(0, &["HOST_BUSY"])];
        targets.extend((1..8).map(|host| queued(host, &["PAUSED"])));
        let groups = grouped(&targets);
        let lines: Vec<_> = groups.iter().map(|(hosts, waits)| (hosts_of(hosts), waits.len())).collect();
        assert_eq!(lines, [("h0".to_owned(), 1), ("h1, h2, h3, h4, h5, … 2 more".to_owned(), 1)]);
        assert_eq!(help("PAUSED", "rel_1").as_deref(), Some("lockkeeper resume rel_1"));
        assert_eq!(state(&targets[0], &targets[0].waits_for), "waiting");
        assert_eq!(state(&targets[0], &[]), "not started yet");
        assert_eq!(state(&target("h", TargetStatus::Failed, &[]), &[]), "FAILED: no longer waiting");
    }
}
