//! Changing and removing many hosts at once, as an inventory is imported: all or none of them.

use super::host::{Label, MAX_HOSTS, rows_of, wrong_labels};
use super::host_removal;
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::reference::{self, Key, Reference};
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::Result;
use crate::store::host::{self, Host, NewLabel};
use std::collections::{HashMap, HashSet};

/// The list of changes; problems of one of them name its host.
const FIELD: &str = "hosts";

/// How one of many hosts is to be changed; what is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct HostChange {
    pub host: Reference,
    pub address: Option<String>,
    /// All of its labels from now on.
    pub labels: Option<Vec<Label>>,
}

/// Hosts to remove.
#[derive(Clone, Debug)]
pub struct HostsRemoval {
    pub hosts: Reference<Vec<String>>,
    /// Whether their instances are removed, too: their machines are gone.
    pub with_instances: bool,
    /// Why; the audit entry has it.
    pub reason: Option<String>,
}

/// Changes up to [`MAX_HOSTS`] hosts, all or none, and returns their numbers in the order of the input.
pub async fn update_all(app: &App, request: &Request, changes: &[HostChange]) -> Answer<Vec<i64>> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = updating(&mut change, changes).await;
    change.conclude(outcome).await
}

async fn updating(change: &mut Change<'_>, changes: &[HostChange]) -> Result<Done<Vec<i64>>, Failure> {
    let mut problems = Problems::default();
    check_length(changes.len(), &mut problems);
    problems.into_result()?;
    let mut problems = Problems::default();
    for (edit, named) in changes.iter().zip(names(changes)) {
        let address = edit.address.as_ref().and_then(|address| name::address(FIELD, address).err());
        let labels = edit.labels.iter().flat_map(|labels| wrong_labels(FIELD, labels));
        for problem in address.into_iter().chain(labels) {
            problems.add(problem.about(named));
        }
    }
    let hosts = locked(change, changes, &mut problems).await?;
    problems.into_result()?;
    let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
    let edits = || changes.iter().zip(&ids);
    let addresses: Vec<(i64, &str)> =
        edits().filter_map(|(edit, id)| edit.address.as_deref().map(|address| (*id, address))).collect();
    host::set_addresses(&mut change.tx, &addresses).await?;
    let labeled: Vec<i64> = edits().filter(|(edit, _)| edit.labels.is_some()).map(|(_, id)| *id).collect();
    host::unlabel(&mut change.tx, &labeled).await?;
    let labels: Vec<NewLabel<'_>> =
        edits().flat_map(|(edit, id)| rows_of(*id, edit.labels.as_deref().unwrap_or_default())).collect();
    host::label(&mut change.tx, &labels).await?;
    let changed = ids.iter().map(|id| Kind::Host.id(*id)).collect();
    Ok(Done::changed(ids, changed))
}

/// Removes up to [`MAX_HOSTS`] hosts, all or none, and returns their numbers in the order of the input; `IN_USE` as for
/// [`remove`](super::host::remove).
pub async fn remove_all(app: &App, request: &Request, removal: &HostsRemoval) -> Answer<Vec<i64>> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = removing(&mut change, removal).await;
    change.conclude(outcome).await
}

async fn removing(change: &mut Change<'_>, removal: &HostsRemoval) -> Result<Done<Vec<i64>>, Failure> {
    let mut problems = Problems::default();
    let hosts = change.hosts(MAX_HOSTS, &removal.hosts, &mut problems).await?;
    if let Some(reason) = &removal.reason {
        problems.collect(name::text("reason", reason, name::MAX_REASON));
    }
    problems.into_result()?;
    let changed = host_removal::remove(change, removal.hosts.field(), &hosts, removal.with_instances).await?;
    Ok(Done::changed(hosts.iter().map(|host| host.id).collect(), changed))
}

fn check_length(length: usize, problems: &mut Problems) {
    if length == 0 {
        let message = "The list of hosts is empty. Add at least one host.";
        problems.add(Problem::new(ProblemCode::Required, FIELD, message));
    }
    if length > MAX_HOSTS {
        let message =
            format!("At most {MAX_HOSTS} hosts can be changed at once, but the list has {length}. Split the request.");
        problems.add(Problem::new(ProblemCode::Invalid, FIELD, message));
    }
}

/// What each change calls its host, as far as it says so.
fn names(changes: &[HostChange]) -> impl Iterator<Item = Option<&String>> {
    changes.iter().map(|edit| edit.host.key(Kind::Host).ok().map(|(Key::Id(text) | Key::Name(text))| text))
}

/// Locks the hosts in the order of their ids, and returns them in the order of the input, complete if no problem was added.
async fn locked(change: &mut Change<'_>, changes: &[HostChange], problems: &mut Problems) -> Result<Vec<Host>> {
    let (mut texts, mut hostnames) = (Vec::new(), Vec::new());
    for edit in changes {
        match edit.host.key(Kind::Host) {
            Ok(Key::Id(text)) => texts.push(text.clone()),
            Ok(Key::Name(name)) => hostnames.push(name.as_str()),
            Err(problem) => problems.add(Problem { field: Problem::new(problem.code, FIELD, "").field, ..problem }),
        }
    }
    let by_id = reference::ids(FIELD, Kind::Host, &texts, problems);
    let by_name = change.hosts_by_name(FIELD, &hostnames, problems).await?;
    // Without problems, every change has its number.
    if by_id.len() + by_name.len() < changes.len() {
        return Ok(Vec::new());
    }
    let (mut from_ids, mut from_names) = (by_id.iter().copied(), by_name.into_iter().map(|(id, _)| id));
    let is_id = |edit: &HostChange| matches!(edit.host.key(Kind::Host), Ok(Key::Id(_)));
    let numbers: Vec<i64> =
        changes.iter().filter_map(|edit| if is_id(edit) { from_ids.next() } else { from_names.next() }).collect();
    let found = host::lock_all(&mut change.tx, &numbers).await?;
    change.refresh_clock().await?;
    let found: HashMap<i64, Host> = found.into_iter().map(|host| (host.id, host)).collect();
    let missing: Vec<_> = numbers.iter().filter(|id| !found.contains_key(id)).map(|id| Kind::Host.id(*id)).collect();
    if !missing.is_empty() {
        problems.add(reference::not_found(FIELD, Kind::Host, &missing));
    }
    let mut seen = HashSet::new();
    let twice: Vec<_> = numbers.iter().filter(|id| !seen.insert(**id)).map(|id| Kind::Host.id(*id)).collect();
    if !twice.is_empty() {
        let message = "The list has these hosts twice. Change each of them once.";
        problems.add(Problem::new(ProblemCode::Invalid, FIELD, message).about(twice));
    }
    Ok(numbers.iter().filter_map(|id| found.get(id).cloned()).collect())
}
