//! The plan of a release: how it moves, over which targets, and what deserves attention before it starts.

use super::rollout::{Rollout, RolloutOverrides};
use super::waves::{Label, ResolvedWave};
use super::{OnFailure, ReleaseAction};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

/// The most things that the message of a warning names.
const MAX_NAMED: usize = 10;

words! {
    /// What a plan warns of.
    PlanWarningCode {
        /// A version to go back to was withdrawn: the version that an undo moves instances to, or the one that the undo of this release would move them to. It stays a valid way back.
        WithdrawnWayBack = "WITHDRAWN_WAY_BACK",
        /// The version to go back to was removed: an undo leaves these instances out.
        NoWayBack = "NO_WAY_BACK",
        /// Some hosts do not have the label of wavesBy, and are one wave of their own, or that of maxPerLabel, and share one value.
        HostsWithoutLabel = "HOSTS_WITHOUT_LABEL",
        /// None of the hosts has a label, or a value of it, that is to go first.
        LabelWithoutHost = "LABEL_WITHOUT_HOST",
        /// The instances run different versions now. `counts` has how many run each.
        MixedVersions = "MIXED_VERSIONS",
        /// The soaks take more than half of the time until the deadline.
        DeadlineClose = "DEADLINE_CLOSE",
        /// No living worker has the executor of the service: nothing starts before there is one.
        NoWorker = "NO_WORKER",
    }
}

/// How many instances are at one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionCount {
    /// `None` for instances without a version.
    pub version_id: Option<i64>,
    pub count: i64,
}

/// What deserves attention before a release starts. It does not keep the release from being accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanWarning {
    pub code: PlanWarningCode,
    pub message: String,
    /// How many instances run which version; empty except for `MIXED_VERSIONS`.
    pub counts: Vec<VersionCount>,
}

/// One host or instance that a release moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanTarget {
    pub host_id: i64,
    /// `None` if the release would make it.
    pub instance_id: Option<i64>,
    /// The number of its wave, from 1.
    pub wave: i64,
    pub from_version_id: Option<i64>,
    pub to_version_id: Option<i64>,
}

/// How a release moves, and over which targets, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub rollout: Rollout,
    pub waves: Vec<ResolvedWave>,
    pub targets: Vec<PlanTarget>,
    pub warnings: Vec<PlanWarning>,
}

/// A version that a plan is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVersion {
    pub id: i64,
    pub name: String,
    pub is_withdrawn: bool,
}

/// What decides the warnings of a plan, beside the labels of the hosts.
#[derive(Clone, Copy, Debug)]
pub struct PlanFacts<'a> {
    pub action: ReleaseAction,
    /// Whether the release moves each instance back to a version that it had.
    pub goes_back: bool,
    pub rollout: &'a Rollout,
    pub waves: &'a [ResolvedWave],
    pub targets: &'a [PlanTarget],
    /// How many instances are left out because the version that they would go back to was removed.
    pub without_way_back: usize,
    /// The versions of the targets.
    pub versions: &'a [PlanVersion],
    pub executor: &'a str,
    /// Whether a living worker has that executor.
    pub has_worker: bool,
}

impl Plan {
    /// Returns how many targets may end as failed before the limit of the release stops it.
    pub fn worst_case_failures(&self) -> i64 {
        worst_case_failures(&self.rollout, self.targets.len() as i64)
    }
}

/// Returns how many of `targets` targets may end as failed before the limit of this rollout stops the release: one more than
/// the limit, and all others that run at that moment. All of them, if the release goes on whatever fails.
pub fn worst_case_failures(rollout: &Rollout, targets: i64) -> i64 {
    match rollout.on_failure == OnFailure::Continue {
        true => targets,
        false => rollout.max_failures.saturating_add(rollout.max_parallel).min(targets),
    }
}

/// Returns what to warn of, except for the labels of hosts ([`label_warnings`]).
pub fn warnings(facts: &PlanFacts<'_>) -> Vec<PlanWarning> {
    let of_versions = [withdrawn_way_back(facts), no_way_back(facts), mixed_versions(facts)];
    of_versions.into_iter().flatten().chain(deadline_close(facts)).chain(no_worker(facts)).collect()
}

/// Returns what to warn of because of the labels of the hosts: `value` has the value of the label with a key that the host
/// with an index has, of which there are `hosts`.
pub fn label_warnings<'l>(
    rollout: &RolloutOverrides,
    hosts: usize,
    value: impl Fn(usize, &str) -> Option<&'l str>,
) -> Vec<PlanWarning> {
    let mut warnings = Vec::new();
    let mut missing: Vec<Label> = Vec::new();
    let mut without = |key: &str, consequence: &str| {
        let without = (0..hosts).filter(|host| value(*host, key).is_none()).count();
        if without > 0 {
            let message = format!("{without} of {hosts} hosts do not have the label {key}. {consequence}");
            warnings.push(warning(PlanWarningCode::HostsWithoutLabel, message));
        }
    };
    if let Some(by) = &rollout.waves_by {
        without(
            &by.key,
            "They are one wave of their own. Set the label of these hosts if they belong to another wave.",
        );
        missing.extend(by.first.iter().map(|value| (by.key.clone(), value.clone())));
    }
    if let Some(limit) = &rollout.max_per_label {
        without(&limit.key, "To maxPerLabel, they share one value.");
    }
    missing.extend(rollout.first.iter().flatten().cloned());
    missing.retain(|(key, wanted)| (0..hosts).all(|host| value(host, key) != Some(wanted.as_str())));
    if !missing.is_empty() {
        let labels = named(missing.iter().map(|(key, value)| format!("{key}={value}")));
        let message = format!(
            "None of the hosts of this release has these labels, which are to go first: {labels}. Check their spelling."
        );
        warnings.push(warning(PlanWarningCode::LabelWithoutHost, message));
    }
    warnings
}

fn warning(code: PlanWarningCode, message: String) -> PlanWarning {
    PlanWarning { code, message, counts: Vec::new() }
}

/// How many targets have which version to go back to. Only what is upgraded or reverted has one.
fn ways_back(facts: &PlanFacts<'_>) -> HashMap<i64, i64> {
    let mut counts = HashMap::new();
    if matches!(facts.action, ReleaseAction::Upgrade | ReleaseAction::Revert) {
        let way = |target: &PlanTarget| if facts.goes_back { target.to_version_id } else { target.from_version_id };
        for version in facts.targets.iter().filter_map(way) {
            *counts.entry(version).or_default() += 1;
        }
    }
    counts
}

fn withdrawn_way_back(facts: &PlanFacts<'_>) -> Option<PlanWarning> {
    let ways = ways_back(facts);
    let withdrawn = facts.versions.iter().filter(|version| version.is_withdrawn);
    let of: Vec<String> = withdrawn
        .filter_map(|version| ways.get(&version.id).map(|count| format!("{} ({})", version.name, instances(*count))))
        .collect();
    if of.is_empty() {
        return None;
    }
    let of = named(of.into_iter());
    let message = match facts.goes_back {
        true => format!("Instances go back to versions that were withdrawn: {of}."),
        false => format!("An undo of this release would move instances to versions that were withdrawn: {of}."),
    };
    Some(warning(PlanWarningCode::WithdrawnWayBack, message))
}

fn no_way_back(facts: &PlanFacts<'_>) -> Option<PlanWarning> {
    (facts.goes_back && facts.without_way_back > 0).then(|| {
        let left_out = instances(facts.without_way_back as i64);
        let message = format!("The version to go back to was removed: {left_out} left out.");
        warning(PlanWarningCode::NoWayBack, message)
    })
}

fn mixed_versions(facts: &PlanFacts<'_>) -> Option<PlanWarning> {
    let mut by_version: BTreeMap<Option<i64>, i64> = BTreeMap::new();
    for target in facts.targets {
        *by_version.entry(target.from_version_id).or_default() += 1;
    }
    if by_version.len() < 2 {
        return None;
    }
    let mut counts: Vec<VersionCount> =
        by_version.into_iter().map(|(version_id, count)| VersionCount { version_id, count }).collect();
    counts.sort_by_key(|of| -of.count);
    let name = |id: Option<i64>| match id {
        Some(id) => facts.versions.iter().find(|version| version.id == id).map_or("?", |version| version.name.as_str()),
        None => "no version",
    };
    let present = named(counts.iter().map(|of| format!("{} ({})", name(of.version_id), of.count)));
    let message = format!("The instances of this release have different versions now: {present}.");
    Some(PlanWarning { code: PlanWarningCode::MixedVersions, message, counts })
}

fn deadline_close(facts: &PlanFacts<'_>) -> Option<PlanWarning> {
    let soaks: i64 = facts.waves.iter().map(|wave| wave.soak_seconds).sum();
    let deadline = facts.rollout.deadline_seconds;
    (soaks.saturating_mul(2) > deadline).then(|| {
        let message = format!(
            "The soaks alone take {soaks} of the {deadline} seconds until the deadline, after which nothing more starts. Allow \
             more time with deadlineSeconds, or soak for less."
        );
        warning(PlanWarningCode::DeadlineClose, message)
    })
}

fn no_worker(facts: &PlanFacts<'_>) -> Option<PlanWarning> {
    (!facts.has_worker).then(|| {
        let message = format!(
            "No living worker has the executor {}. Nothing starts before there is one: start a worker whose configuration has it.",
            facts.executor
        );
        warning(PlanWarningCode::NoWorker, message)
    })
}

fn instances(count: i64) -> String {
    if count == 1 { "1 instance".to_owned() } else { format!("{count} instances") }
}

/// The first of these, and how many more there are.
fn named(all: impl ExactSizeIterator<Item = impl Display>) -> String {
    let more = all.len().saturating_sub(MAX_NAMED);
    let mut names: Vec<String> = all.take(MAX_NAMED).map(|name| name.to_string()).collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
