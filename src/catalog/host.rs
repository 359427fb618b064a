//! Hosts: registering, changing and removing them.

use super::{host_removal, host_rename};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::reference::Reference;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::host::{self, NewHost, NewLabel};
use std::collections::{HashMap, HashSet};

/// The most hosts that one request registers.
pub const MAX_HOSTS: usize = 1000;
/// The most labels of one host.
pub const MAX_LABELS: usize = 100;

/// A host to register.
#[derive(Clone, Debug)]
pub struct HostInput {
    pub hostname: String,
    pub address: String,
    pub labels: Vec<Label>,
}

/// A key and a value attached to a host.
#[derive(Clone, Debug)]
pub struct Label {
    pub key: String,
    pub value: String,
}

/// How a host is to be changed; by default it stays as it is.
#[derive(Clone, Debug)]
pub struct HostEdit {
    pub host: Reference,
    /// Its name from now on.
    pub hostname: Option<String>,
    pub address: Option<String>,
    /// All of its labels from now on.
    pub labels: Option<Vec<Label>>,
}

/// A host to remove.
#[derive(Clone, Debug)]
pub struct HostRemoval {
    pub host: Reference,
    /// Whether its instances are removed, too: its machine is gone.
    pub with_instances: bool,
    /// Why; the audit entry has it.
    pub reason: Option<String>,
}

/// Registers hosts, all or none, and returns their numbers in the order of the input. `TAKEN` names the hosts
/// that have the names, in whatever spelling; other problems name hostnames.
pub async fn create(app: &App, request: &Request, hosts: &[HostInput]) -> Answer<Vec<i64>> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = creating(&mut change, hosts).await;
    change.conclude(outcome).await
}

async fn creating(change: &mut Change<'_>, hosts: &[HostInput]) -> Result<Done<Vec<i64>>, Failure> {
    let mut problems = Problems::default();
    check_all(hosts, &mut problems);
    if hosts.len() <= MAX_HOSTS {
        let well_named = hosts.iter().filter(|host| name::hostname("hosts", &host.hostname).is_ok());
        let hostnames: Vec<String> = well_named.map(|host| host.hostname.clone()).collect();
        let there = host::by_name(&mut change.tx, &hostnames).await?;
        if !there.is_empty() {
            problems.add(taken(there));
        }
    }
    problems.into_result()?;
    let rows: Vec<NewHost<'_>> =
        hosts.iter().map(|host| NewHost { hostname: &host.hostname, address: &host.address }).collect();
    let made = host::insert(&mut change.tx, &rows, change.by, change.now).await?;
    if made.len() < hosts.len() {
        // Another request registered some of them first.
        let mine: HashSet<i64> = made.iter().map(|(id, _)| *id).collect();
        let hostnames: Vec<String> = hosts.iter().map(|host| host.hostname.clone()).collect();
        let there = host::by_name(&mut change.tx, &hostnames).await?;
        return Err(taken(there.into_iter().filter(|(id, _)| !mine.contains(id)).collect()).into());
    }
    let numbers: HashMap<String, i64> = made.into_iter().map(|(id, hostname)| (hostname, id)).collect();
    let ids: Vec<i64> = hosts.iter().map(|host| numbers[&host.hostname]).collect();
    let labels: Vec<NewLabel<'_>> = hosts.iter().zip(&ids).flat_map(|(host, id)| rows_of(*id, &host.labels)).collect();
    host::label(&mut change.tx, &labels).await?;
    let changed: Vec<_> = ids.iter().map(|id| Kind::Host.id(*id)).collect();
    Ok(Done::made(ids, changed))
}

/// Changes a host and returns its number.
pub async fn update(app: &App, request: &Request, edits: &HostEdit) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = updating(&mut change, edits).await;
    change.conclude(outcome).await
}

async fn updating(change: &mut Change<'_>, edits: &HostEdit) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let host = change.host(&edits.host, &mut problems).await?;
    if let Some(address) = &edits.address {
        problems.collect(name::address("address", address));
    }
    for problem in edits.labels.iter().flat_map(|labels| wrong_labels("labels", labels)) {
        problems.add(problem);
    }
    let renamed = match (&host, &edits.hostname) {
        (Some(host), Some(hostname)) => host_rename::check(change, host, hostname, &mut problems).await?,
        _ => Vec::new(),
    };
    let host = problems.ok_with(host)?;
    if edits.hostname.is_some() || edits.address.is_some() {
        let hostname = edits.hostname.as_ref().unwrap_or(&host.hostname);
        let address = edits.address.as_ref().unwrap_or(&host.address);
        host_rename::save(change, &host, hostname, address, renamed).await??;
    }
    if let Some(labels) = &edits.labels {
        host::unlabel(&mut change.tx, &[host.id]).await?;
        host::label(&mut change.tx, &rows_of(host.id, labels).collect::<Vec<_>>()).await?;
    }
    Ok(Done::changed(host.id, vec![Kind::Host.id(host.id)]))
}

/// Removes a host and returns its number; `IN_USE` while it has instances, unless they are to be removed, too, and while a
/// release has one of them (R3).
pub async fn remove(app: &App, request: &Request, removal: &HostRemoval) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, removal).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, removal: &HostRemoval) -> Result<Done<i64>, Failure> {
    let mut problems = Problems::default();
    let host = change.host(&removal.host, &mut problems).await?;
    if let Some(reason) = &removal.reason {
        problems.collect(name::text("reason", reason, name::MAX_REASON));
    }
    let host = problems.ok_with(host)?;
    let id = host.id;
    let changed = host_removal::remove(change, removal.host.field(), &[host], removal.with_instances).await?;
    Ok(Done::changed(id, changed))
}

/// Adds a problem for what is wrong with the hosts themselves, whatever is registered.
fn check_all(hosts: &[HostInput], problems: &mut Problems) {
    if hosts.is_empty() {
        problems.add(Problem::new(
            ProblemCode::Required,
            "hosts",
            "The list of hosts is empty. Add at least one host.",
        ));
    }
    if hosts.len() > MAX_HOSTS {
        let message = format!(
            "At most {MAX_HOSTS} hosts can be registered at once, but the list has {}. Split the request.",
            hosts.len()
        );
        problems.add(Problem::new(ProblemCode::Invalid, "hosts", message));
        return;
    }
    let mut seen = HashSet::new();
    for host in hosts {
        let wrong = [name::hostname("hosts", &host.hostname), name::address("hosts", &host.address)];
        let wrong = wrong.into_iter().filter_map(Result::err).chain(wrong_labels("hosts", &host.labels));
        let twice =
            Some(Problem::new(ProblemCode::Invalid, "hosts", "The list has this hostname twice. Keep it once."));
        for problem in wrong.chain(twice.filter(|_| !seen.insert(name::folded_hostname(&host.hostname)))) {
            problems.add(problem.about([&host.hostname]));
        }
    }
}

pub(super) fn wrong_labels(field: &str, labels: &[Label]) -> Vec<Problem> {
    let mut wrong: Vec<Problem> =
        labels.iter().filter_map(|label| name::label(field, &label.key, &label.value).err()).collect();
    let keys: HashSet<&str> = labels.iter().map(|label| label.key.as_str()).collect();
    if keys.len() < labels.len() {
        wrong.push(Problem::new(ProblemCode::Invalid, field, "The labels have a key twice. Keep each key once."));
    }
    if labels.len() > MAX_LABELS {
        wrong.push(Problem::new(ProblemCode::Invalid, field, format!("A host can have at most {MAX_LABELS} labels.")));
    }
    wrong
}

pub(super) fn rows_of(host_id: i64, labels: &[Label]) -> impl Iterator<Item = NewLabel<'_>> {
    labels.iter().map(move |label| NewLabel { host_id, key: &label.key, value: &label.value })
}

fn taken(there: Vec<(i64, String)>) -> Problem {
    let names: Vec<&str> = there.iter().take(5).map(|(_, hostname)| hostname.as_str()).collect();
    let more = if there.len() > names.len() { " and others" } else { "" };
    let message = format!(
        "Hosts with these names exist already: {}{more}. Choose other names, or update those hosts.",
        names.join(", ")
    );
    Problem::new(ProblemCode::Taken, "hosts", message).about(there.iter().map(|(id, _)| Kind::Host.id(*id)))
}
