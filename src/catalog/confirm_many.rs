//! Confirming what runs on many hosts at once: all or none of it is recorded.

use super::event::InstanceEventDraft;
use super::hold_checks::MAX_NAMED;
use super::instance::{Finding, FoundState, not_free, status_of};
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::event::InstanceEventKind;
use crate::domain::reference::{self, CONFIRMED_INSTANCES, Key, Reference};
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems};
use crate::store::instance::{self, Instance};
use crate::store::version::{self, Version};
use crate::store::{Result, service};
use std::collections::{HashMap, HashSet};

/// The list of confirmations; problems of one of them name its instance.
const FIELD: &str = "instances";

/// Records what a person found on the hosts of up to 1,000 instances, each as [`confirm`](super::instance::confirm) does, or
/// nothing. Returns the instances' numbers in the order of the input.
pub async fn confirm_all(app: &App, request: &Request, findings: &[Finding]) -> Answer<Vec<i64>> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = confirming(&mut change, findings).await;
    change.conclude(outcome).await
}

async fn confirming(change: &mut Change<'_>, findings: &[Finding]) -> Result<Done<Vec<i64>>, Failure> {
    let mut problems = Problems::default();
    if findings.is_empty() {
        problems.add(Problem::new(ProblemCode::Required, FIELD, "The list is empty. Add at least one instance."));
    }
    if findings.len() > MAX_NAMED {
        let message = format!("At most {MAX_NAMED} instances can be confirmed at once. Split the request.");
        problems.add(Problem::new(ProblemCode::Invalid, FIELD, message));
    }
    problems.into_result()?;
    let mut problems = Problems::default();
    let ids = numbers(change, findings, &mut problems).await?;
    // The services come before their instances, so that no version is removed meanwhile.
    let services = instance::services_of(&mut change.tx, &ids).await?;
    service::share_all(&mut change.tx, &services).await?;
    let recorded = change.instances(FIELD, &ids, &mut problems).await?;
    let recorded: HashMap<i64, Instance> = recorded.into_iter().map(|instance| (instance.id, instance)).collect();
    check_states(findings, &ids, &recorded, &mut problems);
    let versions = versions(change, findings, &ids, &recorded, &mut problems).await?;
    problems.into_result()?;
    let confirmed: Vec<_> =
        ids.iter().zip(&versions).map(|(id, version)| (*id, status_of(*version), *version)).collect();
    instance::confirm(&mut change.tx, &confirmed, change.by, change.now).await?;
    let locked = instance::locked(&mut change.tx, &ids).await?;
    for (id, status, version_id) in confirmed {
        let before = &recorded[&id];
        let draft = InstanceEventDraft {
            status,
            version_id,
            revision: before.revision + 1,
            locked: locked.contains(&id),
            ..InstanceEventDraft::of(before, InstanceEventKind::Confirmation)
        };
        change.record(draft.caused_by(change.by));
    }
    let changed = ids.iter().map(|id| Kind::Instance.id(*id)).collect();
    Ok(Done::changed(ids, changed))
}

/// The numbers of the instances, in the order of the input; without problems, there is one for each finding.
async fn numbers(change: &mut Change<'_>, findings: &[Finding], problems: &mut Problems) -> Result<Vec<i64>> {
    let (mut ids, mut names, mut by_id) = (Vec::new(), Vec::new(), Vec::new());
    for finding in findings {
        match finding.instance.key(Kind::Instance) {
            Ok(Key::Id(text)) => ids.push(text.clone()),
            Ok(Key::Name(name)) => names.push(name.clone()),
            Err(problem) => problems.add(of_list(problem)),
        }
        by_id.push(finding.instance.name().is_none());
    }
    let mut found = [Vec::new(), Vec::new()];
    for (place, list) in [Some(ids), Some(names)].into_iter().enumerate() {
        let list = list.filter(|list| !list.is_empty());
        let reference = match place {
            0 => Reference::new(&CONFIRMED_INSTANCES, list, None),
            _ => Reference::new(&CONFIRMED_INSTANCES, None, list),
        };
        if !reference.is_omitted() {
            found[place] = change.instance_ids(MAX_NAMED, &reference, problems).await?;
        }
    }
    let [mut ids, mut names] = found.map(Vec::into_iter);
    let numbers: Vec<i64> = by_id.iter().filter_map(|is_id| if *is_id { ids.next() } else { names.next() }).collect();
    let mut seen = HashSet::new();
    let twice: Vec<Id> = numbers.iter().filter(|id| !seen.insert(**id)).map(|id| Kind::Instance.id(*id)).collect();
    if !twice.is_empty() {
        let message = "The list has these instances twice. Confirm each of them once.";
        problems.add(Problem::new(ProblemCode::Invalid, FIELD, message).about(twice));
    }
    Ok(numbers)
}

/// Adds a problem for instances that a release has, and for those that have changed since the caller saw them.
fn check_states(findings: &[Finding], ids: &[i64], recorded: &HashMap<i64, Instance>, problems: &mut Problems) {
    if ids.len() < findings.len() {
        return;
    }
    let mut stale: Vec<Id> = Vec::new();
    for (finding, id) in findings.iter().zip(ids) {
        let Some(instance) = recorded.get(id) else { continue };
        if finding.expected_revision.is_some_and(|expected| expected != instance.revision) {
            stale.push(Kind::Instance.id(*id));
        }
        if let Some(problem) = not_free(FIELD, instance) {
            problems.add(problem);
        }
    }
    if !stale.is_empty() {
        let message = "These instances have changed since the expected revision. Read them again.";
        problems.add(Problem::new(ProblemCode::Stale, FIELD, message).about(stale));
    }
}

/// The version that was found on each host, `None` for nothing; each must be of its instance's service.
async fn versions(
    change: &mut Change<'_>,
    findings: &[Finding],
    ids: &[i64],
    recorded: &HashMap<i64, Instance>,
    problems: &mut Problems,
) -> Result<Vec<Option<i64>>> {
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    for (finding, id) in findings.iter().zip(ids) {
        let FoundState::Version(reference) = &finding.found else { continue };
        match (reference.name(), recorded.get(id)) {
            (Some(name), Some(instance)) => places.push((instance.service_id, name.clone())),
            (Some(_), None) => {}
            (None, _) => texts.extend(reference.key(Kind::Version).ok().map(|key| match key {
                Key::Id(text) | Key::Name(text) => text.clone(),
            })),
        }
    }
    texts.sort_unstable();
    texts.dedup();
    let numbers = reference::ids(FIELD, Kind::Version, &texts, problems);
    let by_id: HashMap<String, Version> = version::by_ids(&mut change.tx, &numbers)
        .await?
        .into_iter()
        .filter(|version| version.removed_at.is_none())
        .map(|version| (Kind::Version.id(version.id).to_string(), version))
        .collect();
    let by_place: HashMap<(i64, String), i64> = version::by_places(&mut change.tx, &places)
        .await?
        .into_iter()
        .map(|(service, name, id)| ((service, name), id))
        .collect();
    let (mut found, mut unknown, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for (finding, id) in findings.iter().zip(ids) {
        let reference = match &finding.found {
            FoundState::Nothing(true) => {
                found.push(None);
                continue;
            }
            FoundState::Nothing(false) => {
                let message = "`nothing` may only be true. Pass `versionId` or `version` if a version was found.";
                problems.add(Problem::new(ProblemCode::Invalid, FIELD, message));
                continue;
            }
            FoundState::Version(reference) => reference,
        };
        let Some(instance) = recorded.get(id) else { continue };
        match reference.key(Kind::Version) {
            Ok(Key::Id(text)) => match by_id.get(text) {
                Some(version) if version.service_id == instance.service_id => found.push(Some(version.id)),
                Some(_) => foreign.push(text.clone()),
                None if Id::parse(text).is_some_and(|id| id.kind == Kind::Version) => unknown.push(text.clone()),
                // It has a problem already.
                None => {}
            },
            Ok(Key::Name(name)) => match by_place.get(&(instance.service_id, name.clone())) {
                Some(version) => found.push(Some(*version)),
                None => unknown.push(name.clone()),
            },
            Err(problem) => problems.add(of_list(problem)),
        }
    }
    if !unknown.is_empty() {
        problems.add(reference::not_found(FIELD, Kind::Version, &unknown));
    }
    if !foreign.is_empty() {
        let message =
            "These versions belong to other services than their instances. Name versions of the same service.";
        problems.add(Problem::new(ProblemCode::OtherService, FIELD, message).about(foreign));
    }
    Ok(found)
}

/// The same problem, of the list.
fn of_list(problem: Problem) -> Problem {
    Problem { field: Problem::new(problem.code, FIELD, "").field, ..problem }
}
