//! No instance can take part in a release: why, and what helps.

use super::plan;
use super::request::{Request, Selected, What};
use crate::failure::Failure;
use crate::output::Output;
use crate::related;
use crate::session::Session;
use lockkeeper_client::operations::host::{HostFilter, Hosts};
use lockkeeper_client::operations::list::{Label, ListVariables};
use lockkeeper_client::operations::release::ReleaseAction;
use lockkeeper_client::operations::start::{SkipReason, Skipped};

/// Hosts that are named for a reason.
const MAX_HOSTS: usize = 5;
/// Reasons that are named.
const MAX_REASONS: usize = 5;

/// Instances that are left out for the same reason.
struct Group<'s> {
    why: String,
    skipped: Vec<&'s Skipped>,
}

/// Says why no instance can take part, and names a command that fits the reason. `count` is the number of instances that were
/// left out, of which `skipped` are the first.
pub async fn explain(
    session: &Session,
    request: &Request,
    mut failure: Failure,
    skipped: &[Skipped],
    count: u64,
) -> Failure {
    let (message, help) = match groups(skipped, &session.output).first() {
        Some(first) => {
            let groups = groups(skipped, &session.output);
            (reasons(&groups, count), Some(help(session, request, first).await))
        }
        None => match &request.what {
            What::Selected(selected) => nowhere(session, request, selected).await,
            What::FollowUp { .. } => ("The release has no instance that could take part.".to_owned(), None),
        },
    };
    failure.problems[0].message = message;
    failure.help = help.or(failure.help);
    failure
}

/// The reasons, the most frequent first.
fn groups<'s>(skipped: &'s [Skipped], output: &Output) -> Vec<Group<'s>> {
    let mut groups: Vec<Group<'s>> = Vec::new();
    for one in skipped {
        let why = plan::why(one, output);
        match groups.iter_mut().find(|group| group.why == why) {
            Some(group) => group.skipped.push(one),
            None => groups.push(Group { why, skipped: vec![one] }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.skipped.len()));
    groups
}

/// `None of the selected instances can take part. host-1, host-2: locked by rel_15; db-7: unknown.`
fn reasons(groups: &[Group<'_>], count: u64) -> String {
    let sentence = |group: &Group<'_>| {
        let named = group.skipped.iter().take(MAX_HOSTS);
        let mut names: Vec<String> = named.map(|skipped| skipped.instance.host.hostname.clone()).collect();
        let more = group.skipped.len() - names.len();
        if more > 0 {
            names.push(format!("… {more} more"));
        }
        format!("{}: {}", names.join(", "), group.why)
    };
    let mut parts: Vec<String> = groups.iter().take(MAX_REASONS).map(sentence).collect();
    let named: usize = groups.iter().take(MAX_REASONS).map(|group| group.skipped.len()).sum();
    let more = count.saturating_sub(named as u64);
    if more > 0 {
        parts.push(format!("… {more} more instances"));
    }
    format!("None of the selected instances can take part. {}.", parts.join("; "))
}

/// The command that fits a reason.
async fn help(session: &Session, request: &Request, group: &Group<'_>) -> String {
    let service = &request.service;
    let first = group.skipped[0];
    let release = first.locks.iter().find(|lock| lock.is_release());
    match &first.reason {
        SkipReason::Locked if release.is_some() => {
            format!("lockkeeper watch {}", release.map_or("", |lock| &lock.holder.id))
        }
        SkipReason::Locked => {
            let locks = group.skipped.iter().flat_map(|skipped| &skipped.locks);
            let mut holds: Vec<String> = locks.map(|lock| lock.holder.id.clone()).collect();
            holds.sort();
            holds.dedup();
            match related::may_pass(session, &holds).await {
                true => request.through(&holds).as_typed(session),
                false => format!("lockkeeper instances {service} --filter locked=true"),
            }
        }
        SkipReason::NotNewer => other_way(session, request, ReleaseAction::Revert),
        SkipReason::NotOlder => other_way(session, request, ReleaseAction::Upgrade),
        SkipReason::NotInstalled => "lockkeeper install --help".to_owned(),
        SkipReason::UnknownState => format!("lockkeeper instances {service} --filter state=unknown"),
        _ => format!("lockkeeper status {service}"),
    }
}

/// The same command in the other direction.
fn other_way(session: &Session, request: &Request, action: ReleaseAction) -> String {
    match &request.what {
        What::Selected(selected) => {
            let what = What::Selected(Selected { action, ..selected.clone() });
            Request { what, ..request.clone() }.as_typed(session)
        }
        What::FollowUp { .. } => format!("lockkeeper status {}", request.service),
    }
}

/// The selection found no instance at all.
async fn nowhere(session: &Session, request: &Request, selected: &Selected) -> (String, Option<String>) {
    let service = &request.service;
    let instances = Some(format!("lockkeeper instances {service}"));
    if let Some(labels) = &selected.hosts.labels {
        let written: Vec<String> = labels.iter().map(|label| format!("{}={}", label.key, label.value)).collect();
        let (noun, written) = (if labels.len() == 1 { "label" } else { "labels" }, written.join(" and "));
        return match (has_hosts(session, labels).await, &selected.action) {
            (false, _) => (format!("No host has the {noun} {written}."), Some("lockkeeper hosts".to_owned())),
            (true, ReleaseAction::Install) => (
                format!("Every host with the {noun} {written} has an instance of {service} already, or is held."),
                instances,
            ),
            (true, _) => (format!("No host with the {noun} {written} has such an instance of {service}."), instances),
        };
    }
    match &selected.from {
        Some(from) => (format!("No selected instance of {service} runs {from}."), instances),
        None => (format!("Service {service} has no instances."), Some("lockkeeper install --help".to_owned())),
    }
}

/// Whether a host has all of these labels. If the server does not say, it is assumed.
async fn has_hosts(session: &Session, labels: &[Label]) -> bool {
    let filter = HostFilter { hostnames: None, labels: labels.to_vec() };
    let page = session.client.call::<Hosts>(&ListVariables { first: 1, after: None, filter }).await;
    page.map_or(true, |data| data.payload.total_count != Some(0))
}
