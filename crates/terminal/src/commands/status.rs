//! `lockkeeper status`.

use crate::cells;
use crate::completion;
use crate::escape;
use crate::failure::{ExitStatus, Failure};
use crate::list::List;
use crate::output::Output;
use crate::session::Session;
use crate::table::Table;
use clap::Args;
use lockkeeper_client::NoVariables;
use lockkeeper_client::operations::fleet::{CurrentSuspension, Suspension};
use lockkeeper_client::operations::instance::Lock;
use lockkeeper_client::operations::list::{Freeze, ListVariables};
use lockkeeper_client::operations::release::ReleaseStatus;
use lockkeeper_client::operations::service::{
    AttentionInstance, Budget, DriftingInstance, HeldInstance, InstanceCount, OpenRelease, ServiceFilter,
    ServiceStatus, StatusOfService,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The services of a page. Each has up to 20 instances that need somebody.
const PAGE: u32 = 50;

/// Show what runs where, what is being released, and what needs somebody
///
/// Shows for each service which versions run on how many hosts, what is being released, what keeps releases off, and what
/// needs somebody, with the command that helps. Holds and freezes have their ids, for `--through`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper status
  lockkeeper status web")]
pub struct StatusArgs {
    /// Name of a service [default: all services]
    #[arg(add = completion::services())]
    service: Option<String>,
}

/// The state of a service as scripts see it.
#[derive(Serialize)]
struct StatusItem<'s> {
    service: &'s str,
    versions: Vec<VersionItem<'s>>,
    /// The newest open release.
    release: Option<&'s str>,
    attention: Vec<AttentionItem<'s>>,
}

#[derive(Serialize)]
struct VersionItem<'s> {
    /// `None` where nothing runs yet.
    version: Option<&'s str>,
    counts: BTreeMap<&'s str, u64>,
}

/// Something that needs somebody.
#[derive(Serialize)]
struct AttentionItem<'s> {
    /// The status of the instance or of the release, or `DRAINED`, `UNHEALTHY`, `DRIFTED`, `FROZEN`, `HELD`.
    kind: &'s str,
    hostname: Option<&'s str>,
    release: Option<&'s str>,
    since: &'s str,
    /// A command that helps.
    help: String,
}

pub async fn run(args: StatusArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let filter = ServiceFilter { names: args.service.clone().map(|name| vec![name]) };
    let mut services: Vec<StatusOfService> = Vec::new();
    let mut after = None;
    loop {
        let variables = ListVariables { first: PAGE, after, filter: filter.clone() };
        let page = session.call::<ServiceStatus>(&variables).await?.payload;
        services.extend(page.nodes);
        after = page.page_info.next();
        if after.is_none() {
            break;
        }
    }
    if let (Some(name), true) = (&args.service, services.is_empty()) {
        return Err(session.no_service(name).await);
    }
    if session.output.json {
        session.output.json_line(&List::complete(services.iter().map(item).collect()))?;
        return Ok(ExitStatus::Success);
    }
    if let Some(Suspension { reason, by, since }) = session.call::<CurrentSuspension>(&NoVariables {}).await?.payload {
        let since = session.output.time(&since);
        session.output.warning(&format!(
            "The fleet is suspended by {by} since {since}: {reason}. Nothing is started until \"lockkeeper resume-fleet\"."
        ));
    }
    print(&session.output, &services)?;
    Ok(ExitStatus::Success)
}

fn item(service: &StatusOfService) -> StatusItem<'_> {
    StatusItem {
        service: &service.name,
        versions: versions(&service.instance_counts),
        release: service.releases.nodes.first().map(|release| release.id.as_str()),
        attention: attention(service),
    }
}

/// The counts of each version.
fn versions(counts: &[InstanceCount]) -> Vec<VersionItem<'_>> {
    let mut versions: Vec<VersionItem<'_>> = Vec::new();
    for InstanceCount { version, status, count } in counts {
        let version = version.as_deref();
        match versions.iter_mut().find(|item| item.version == version) {
            Some(item) => *item.counts.entry(status).or_default() += count,
            None => versions.push(VersionItem { version, counts: BTreeMap::from([(status.as_str(), *count)]) }),
        }
    }
    versions
}

/// What scripts see as needing somebody: all that does, and what keeps releases off.
fn attention(service: &StatusOfService) -> Vec<AttentionItem<'_>> {
    urgent(service).into_iter().chain(kept_off(service)).collect()
}

/// What keeps releases off: freezes, and holds on instances or on their hosts.
fn kept_off(service: &StatusOfService) -> Vec<AttentionItem<'_>> {
    let frozen = service.freezes.iter().map(|freeze| AttentionItem {
        kind: "FROZEN",
        hostname: None,
        release: None,
        since: &freeze.created_at,
        help: unfreeze(freeze),
    });
    let held = service.held.nodes.iter().filter_map(|instance| {
        let lock = hold_of(instance)?;
        Some(AttentionItem {
            kind: "HELD",
            hostname: Some(&instance.hostname),
            release: None,
            since: &lock.since,
            help: unhold(&service.name, &instance.hostname, lock),
        })
    });
    frozen.chain(held).collect()
}

/// The oldest hold on an instance or on its host.
fn hold_of(instance: &HeldInstance) -> Option<&Lock> {
    instance.locks.iter().find(|lock| !lock.is_release())
}

/// The command that ends a freeze.
pub(super) fn unfreeze(freeze: &Freeze) -> String {
    match (&freeze.freeze_window, &freeze.service) {
        (Some(window), _) => format!("lockkeeper freeze-window remove {window}"),
        (None, Some(service)) => format!("lockkeeper unfreeze {service}"),
        (None, None) => "lockkeeper unfreeze --all".to_owned(),
    }
}

/// The command that ends a hold on an instance, or on its host.
fn unhold(service: &str, hostname: &str, lock: &Lock) -> String {
    match &lock.holder.host {
        Some(host) => format!("lockkeeper unhold --host {}", host.hostname),
        None => format!("lockkeeper unhold {service}/{hostname}"),
    }
}

/// What needs somebody: releases that are paused, and instances that failed, are `UNKNOWN`, are out of service, are unhealthy,
/// or run another version than the one on record.
fn urgent(service: &StatusOfService) -> Vec<AttentionItem<'_>> {
    let paused = service.releases.nodes.iter().filter(|release| release.status == ReleaseStatus::Paused);
    let paused = paused.map(|release| AttentionItem {
        kind: release.status.word(),
        hostname: None,
        release: Some(&release.id),
        since: release.pause.as_ref().map_or(&release.created_at, |pause| &pause.since),
        help: format!("lockkeeper watch {}", release.id),
    });
    let instances = service.instances.nodes.iter().map(|instance| AttentionItem {
        kind: &instance.status,
        hostname: Some(&instance.hostname),
        release: instance.release.as_deref(),
        since: &instance.updated_at,
        help: help(&service.name, instance),
    });
    let drained = service.drained.nodes.iter().map(|instance| AttentionItem {
        kind: "DRAINED",
        hostname: Some(&instance.hostname),
        release: None,
        since: instance.drained_since.as_deref().unwrap_or_default(),
        help: format!("lockkeeper undrain {}/{}", service.name, instance.hostname),
    });
    let drifting = service.drifting.nodes.iter().map(|instance| AttentionItem {
        kind: "DRIFTED",
        hostname: Some(&instance.hostname),
        release: None,
        since: instance.observed_at.as_deref().unwrap_or_default(),
        help: put_right(&service.name, instance),
    });
    let unhealthy = service.unhealthy.nodes.iter().map(|instance| AttentionItem {
        kind: "UNHEALTHY",
        hostname: Some(&instance.hostname),
        release: None,
        since: instance.health_at.as_deref().unwrap_or_default(),
        help: format!("lockkeeper instances {} --filter health=unhealthy", service.name),
    });
    paused.chain(instances).chain(drained).chain(unhealthy).chain(drifting).collect()
}

/// The command that helps with an instance.
fn help(service: &str, instance: &AttentionInstance) -> String {
    let AttentionInstance { hostname, version, status, release, .. } = instance;
    match (status.as_str(), release, version) {
        ("UNKNOWN", _, Some(version)) => format!("lockkeeper confirm {service}/{hostname} --version {version}"),
        ("UNKNOWN", _, None) => format!("lockkeeper confirm {service}/{hostname} --nothing"),
        (_, Some(release), _) => format!("lockkeeper log {release} {hostname}"),
        _ => format!("lockkeeper instances {service} --filter hostname={hostname}"),
    }
}

/// The command that puts a drifting instance right: the version on record is released to it once more.
fn put_right(service: &str, instance: &DriftingInstance) -> String {
    let DriftingInstance { hostname, version, .. } = instance;
    match version {
        Some(version) => format!("lockkeeper upgrade {service} {version} --hosts {hostname} --reapply"),
        None => format!("lockkeeper probe {service}/{hostname}"),
    }
}

fn print(output: &Output, services: &[StatusOfService]) -> Result<(), Failure> {
    if services.is_empty() {
        output.note("There are no services. Register one: lockkeeper service create --help");
    }
    for (place, service) in services.iter().enumerate() {
        if place > 0 {
            output.print("")?;
        }
        print_service(output, service)?;
    }
    Ok(())
}

fn print_service(output: &Output, service: &StatusOfService) -> Result<(), Failure> {
    let versions = versions(&service.instance_counts);
    let total: u64 = service.instance_counts.iter().map(|count| count.count).sum();
    let noun = if total == 1 { "instance" } else { "instances" };
    line(output, &format!("{}   executor {}   {total} {noun}", service.name, service.executor))?;
    if !versions.is_empty() {
        counts(&versions).print_indented(output, "  ")?;
    }
    for freeze in &service.freezes {
        let (Freeze { created_by, until, reason, .. }, id) = (freeze, freeze.through_id());
        let until = output.until(until.as_deref());
        line(output, &format!("  frozen by {created_by}{until}: {reason} ({id})    {}", unfreeze(freeze)))?;
    }
    if let Some(Budget { max_unavailable: Some(max), spent }) = service.budget {
        line(output, &format!("  {spent} unavailable, at most {max}"))?;
    }
    print_held(output, service)?;
    for OpenRelease { id, action, target_version, status, progress, .. } in &service.releases.nodes {
        let to = target_version.as_deref().map_or_else(String::new, |version| format!(" to {version}"));
        let (done, total) = (progress.done(), progress.total);
        line(output, &format!("  {id}  {action}{to}  {status}  {done}/{total}    lockkeeper watch {id}"))?;
    }
    let attention = urgent(service);
    if attention.is_empty() {
        return Ok(());
    }
    line(output, "needs you")?;
    let mut table = Table::new([]);
    for AttentionItem { kind, hostname, release, since, help } in attention {
        let of = release.map_or_else(String::new, |release| format!(" ({release})"));
        let what = format!("{kind} since {}{of}", output.time(since));
        table.row([hostname.or(release).unwrap_or_default().to_owned(), what, help]);
    }
    table.print_indented(output, "  ")?;
    let several = [
        (service.drained.total_count, service.drained.nodes.len(), "out of service"),
        (service.unhealthy.total_count, service.unhealthy.nodes.len(), "unhealthy"),
        (service.drifting.total_count, service.drifting.nodes.len(), "with another version than the one on record"),
    ];
    for (total, shown, what) in several {
        let more = total.saturating_sub(shown as u64);
        if more > 0 {
            line(output, &format!("  … {more} more {what}"))?;
        }
    }
    let more = service.instances.total_count.saturating_sub(service.instances.nodes.len() as u64);
    if more > 0 {
        line(
            output,
            &format!("  … {more} more    lockkeeper instances {} --filter state=failed,state=unknown", service.name),
        )?;
    }
    Ok(())
}

/// How many instances are held, and who holds the first of them.
fn print_held(output: &Output, service: &StatusOfService) -> Result<(), Failure> {
    let total = service.held.total_count;
    if total == 0 {
        return Ok(());
    }
    let noun = if total == 1 { "instance is" } else { "instances are" };
    line(output, &format!("  {total} {noun} held"))?;
    let mut table = Table::new([]);
    for instance in &service.held.nodes {
        let Some(lock) = hold_of(instance) else { continue };
        let Lock { by, reason, until, holder, .. } = lock;
        let what = if holder.host.is_some() { "its host, " } else { "" };
        let what = format!("{what}by {by}{}: {reason} ({})", output.until(until.as_deref()), holder.id);
        table.row([instance.hostname.clone(), what, unhold(&service.name, &instance.hostname, lock)]);
    }
    table.print_indented(output, "    ")?;
    let more = total.saturating_sub(service.held.nodes.len() as u64);
    if more > 0 {
        line(output, &format!("    … {more} more    lockkeeper instances {} --filter locked=true", service.name))?;
    }
    Ok(())
}

/// A column for each status that there is.
fn counts(versions: &[VersionItem<'_>]) -> Table {
    let mut statuses: Vec<&str> = versions.iter().flat_map(|version| version.counts.keys().copied()).collect();
    statuses.sort_unstable_by_key(|status| (*status != "RUNNING", *status));
    statuses.dedup();
    let mut table = Table::new(["VERSION"].into_iter().chain(statuses.iter().copied()));
    for VersionItem { version, counts } in versions {
        let counts = statuses.iter().map(|status| counts.get(status).map_or_else(String::new, u64::to_string));
        table.row([version.unwrap_or_default().to_owned()].into_iter().chain(counts));
    }
    table
}

/// Prints a line, cut to the width of the terminal.
fn line(output: &Output, text: &str) -> Result<(), Failure> {
    let text = escape::line(text);
    output.print(&cells::cut(&text, output.width().unwrap_or(usize::MAX)))
}
