//! Hosts: registering, changing and removing them.

use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::problem::MAX_RELATED_IDS;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::host::{self, NewHost, NewLabel};
use crate::store::instance;
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
    pub host_id: String,
    pub address: Option<String>,
    /// All of its labels from now on.
    pub labels: Option<Vec<Label>>,
}

/// Registers hosts, all or none, and returns their numbers in the order of the input. `TAKEN` names the hosts
/// that have the names; other problems name hostnames.
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
    let host = problems.collect(change.host("hostId", &edits.host_id).await?);
    if let Some(address) = &edits.address {
        problems.collect(name::address("address", address));
    }
    for problem in edits.labels.iter().flat_map(|labels| wrong_labels("labels", labels)) {
        problems.add(problem);
    }
    let host = problems.ok_with(host)?;
    if let Some(address) = &edits.address {
        host::update(&mut change.tx, host.id, address).await?;
    }
    if let Some(labels) = &edits.labels {
        host::unlabel(&mut change.tx, host.id).await?;
        host::label(&mut change.tx, &rows_of(host.id, labels).collect::<Vec<_>>()).await?;
    }
    Ok(Done::changed(host.id, vec![Kind::Host.id(host.id)]))
}

/// Removes a host and returns its number; `IN_USE` while it has instances (R3).
pub async fn remove(app: &App, request: &Request, host_id: &str) -> Answer<i64> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, host_id).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, host_id: &str) -> Result<Done<i64>, Failure> {
    let host = change.host("hostId", host_id).await??;
    // An open release of a host has an instance there, too.
    let instances = instance::on_host(&mut change.tx, host.id, MAX_RELATED_IDS).await?;
    if !instances.is_empty() {
        let users = instances.into_iter().map(|id| Kind::Instance.id(id));
        let message = "The host has instances. Uninstall them before you remove it.";
        return Err(Problem::new(ProblemCode::InUse, "hostId", message).about(users).into());
    }
    host::remove(&mut change.tx, host.id, change.now).await?;
    Ok(Done::changed(host.id, vec![Kind::Host.id(host.id)]))
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
        for problem in wrong.chain(twice.filter(|_| !seen.insert(&host.hostname))) {
            problems.add(problem.about([&host.hostname]));
        }
    }
}

fn wrong_labels(field: &str, labels: &[Label]) -> Vec<Problem> {
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

fn rows_of(host_id: i64, labels: &[Label]) -> impl Iterator<Item = NewLabel<'_>> {
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
