//! How a release moves over its targets (R16, R19).

use super::OnFailure;
pub use super::amount::Amount;
pub use super::per_label::PerLabel;
use super::waves::{self, Label, MAX_SOAK_SECONDS, MAX_WAVES_BY_LABEL, ResolvedWave, WaveRequest, WavesBy};
use crate::domain::{Problem, ProblemCode, Problems, as_optional_word, name, reference};
use serde::{Deserialize, Serialize};
use std::time::Duration;
pub use undo::RolloutOf;

/// The most targets that may be under way at a time.
pub const MAX_PARALLEL: i64 = 1000;
/// The longest time for one start of one target, in seconds: a day.
pub const MAX_TIMEOUT_SECONDS: i64 = 86_400;
/// How long a release may take until what has not started is canceled, by default, in seconds: a day.
pub const DEFAULT_DEADLINE_SECONDS: i64 = 86_400;
/// The most that it may take, in seconds: a year.
pub const MAX_DEADLINE_SECONDS: i64 = 31_536_000;
/// The most labels whose hosts go first.
const MAX_FIRST: usize = 20;
/// The most values of a label whose waves go first.
const MAX_FIRST_VALUES: usize = 100;

words! {
    /// In which order a release moves its targets.
    RolloutOrder {
        /// By hostname.
        ByHostname = "BY_HOSTNAME",
        /// As the request names the hosts.
        AsGiven = "AS_GIVEN",
        /// Those that are out of service, broken or unknown already, then the others, each by hostname.
        UnhealthyFirst = "UNHEALTHY_FIRST",
    }
}

/// How a release moves where its request does not say (R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutDefaults {
    pub max_parallel: Amount,
    pub max_failures: Amount,
    pub on_failure: OnFailure,
    pub withdraw_on_undo: bool,
}

impl Default for RolloutDefaults {
    fn default() -> Self {
        RolloutDefaults {
            max_parallel: Amount::Count(1),
            max_failures: Amount::Count(0),
            on_failure: OnFailure::Stop,
            withdraw_on_undo: false,
        }
    }
}

/// What a request says of its rollout; what it leaves out has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RolloutOverrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unreachable: Option<Amount>,
    #[serde(with = "as_optional_word", skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdraw_on_undo: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<i64>,
    /// An empty list means that there are none, whatever the defaults are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waves: Option<Vec<WaveRequest>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waves_by: Option<WavesBy>,
    #[serde(with = "as_optional_word", skip_serializing_if = "Option::is_none")]
    pub order: Option<RolloutOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Vec<Label>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_label: Option<PerLabel>,
}

/// How a release moves, all defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// How many targets at a time.
    pub max_parallel: i64,
    /// How many failures there may be before `on_failure` applies.
    pub max_failures: i64,
    /// How many targets may fail because their hosts were not reached, before the release is paused.
    pub max_unreachable: i64,
    pub on_failure: OnFailure,
    /// Whether its version is withdrawn when the release is undone as it ends.
    pub withdraw_on_undo: bool,
    /// Longest time for one start of one target, in seconds.
    pub timeout_seconds: i64,
    /// The deadline, in seconds after the acceptance: what has not started by then is canceled.
    pub deadline_seconds: i64,
    pub order: RolloutOrder,
    /// Hosts with one of these labels go first.
    pub first: Vec<Label>,
    /// How many of its targets may run at a time on hosts with the same value of a label.
    pub max_per_label: Option<PerLabel>,
}

impl RolloutOverrides {
    /// Returns what this says, and what `other` says of the rest. Waves, and waves by a label, replace each other.
    pub fn or(&self, other: &RolloutOverrides) -> RolloutOverrides {
        let (waves, waves_by) = match self.waves.is_some() || self.waves_by.is_some() {
            true => (&self.waves, &self.waves_by),
            false => (&other.waves, &other.waves_by),
        };
        RolloutOverrides {
            max_parallel: self.max_parallel.or(other.max_parallel),
            max_failures: self.max_failures.or(other.max_failures),
            max_unreachable: self.max_unreachable.or(other.max_unreachable),
            on_failure: self.on_failure.or(other.on_failure),
            withdraw_on_undo: self.withdraw_on_undo.or(other.withdraw_on_undo),
            timeout_seconds: self.timeout_seconds.or(other.timeout_seconds),
            deadline_seconds: self.deadline_seconds.or(other.deadline_seconds),
            waves: waves.clone(),
            waves_by: waves_by.clone(),
            order: self.order.or(other.order),
            first: self.first.clone().or_else(|| other.first.clone()),
            max_per_label: self.max_per_label.clone().or_else(|| other.max_per_label.clone()),
        }
    }

    /// Adds a problem for each value that is out of its bounds. Only where the request names hosts has it an order of its
    /// own (`AS_GIVEN`).
    pub fn check(&self, names_hosts: bool, problems: &mut Problems) {
        let mut within = |field: &str, fits: bool, message: String| {
            if !fits {
                problems.add(Problem::new(ProblemCode::Invalid, field, message));
            }
        };
        within(
            "rollout.maxParallel",
            self.max_parallel.is_none_or(|amount| amount.is_within(1, MAX_PARALLEL, 0)),
            format!("maxParallel must be a count of 1 to {MAX_PARALLEL}, or 0 to 100 percent."),
        );
        within(
            "rollout.maxFailures",
            self.max_failures.is_none_or(|amount| amount.is_within(0, i64::MAX, 0)),
            "maxFailures must be a count of 0 or more, or 0 to 100 percent.".to_owned(),
        );
        within(
            "rollout.maxUnreachable",
            self.max_unreachable.is_none_or(|amount| amount.is_within(0, i64::MAX, 0)),
            "maxUnreachable must be a count of 0 or more, or 0 to 100 percent.".to_owned(),
        );
        within(
            "rollout.timeoutSeconds",
            self.timeout_seconds.is_none_or(|seconds| (1..=MAX_TIMEOUT_SECONDS).contains(&seconds)),
            format!("timeoutSeconds must be 1 to {MAX_TIMEOUT_SECONDS}."),
        );
        within(
            "rollout.deadlineSeconds",
            self.deadline_seconds.is_none_or(|seconds| (1..=MAX_DEADLINE_SECONDS).contains(&seconds)),
            format!("deadlineSeconds must be 1 to {MAX_DEADLINE_SECONDS}."),
        );
        within(
            "rollout.order",
            names_hosts || self.order != Some(RolloutOrder::AsGiven),
            "AS_GIVEN needs hosts in an order: choose them by id or by name, or choose another order.".to_owned(),
        );
        within(
            "rollout.wavesBy",
            self.waves.is_none() || self.waves_by.is_none(),
            "Either waves or wavesBy may be given, not both.".to_owned(),
        );
        if let Some(limit) = &self.max_per_label {
            limit.check("rollout.maxPerLabel", problems);
        }
        if let Some(waves) = &self.waves {
            waves::check(waves, "rollout.waves", problems);
        }
        if let Some(by) = &self.waves_by {
            check_waves_by(by, problems);
        }
        if let Some(first) = self.first.as_ref().filter(|first| !first.is_empty()) {
            let entries: Vec<_> = first.iter().map(|(key, value)| format!("{key}={value}")).collect();
            reference::list_of(MAX_FIRST, "rollout.first", &entries, problems);
            for (key, value) in first {
                problems.collect(name::label("rollout.first", key, value));
            }
        }
    }

    /// Returns the rollout of a release with `targets` targets, with the defaults filled in. No start may take longer
    /// than its executor allows, and at least one target may run at a time.
    pub fn resolve(&self, defaults: &RolloutDefaults, executor_timeout: Duration, targets: i64) -> Rollout {
        let executor_seconds = i64::try_from(executor_timeout.as_secs()).unwrap_or(i64::MAX);
        let longest = executor_seconds.clamp(1, MAX_TIMEOUT_SECONDS);
        let limit = |amount: Amount| amount.at_most(targets).clamp(0, targets);
        let max_failures = limit(self.max_failures.unwrap_or(defaults.max_failures));
        Rollout {
            max_parallel: self.max_parallel.unwrap_or(defaults.max_parallel).at_most(targets).clamp(1, MAX_PARALLEL),
            max_failures,
            max_unreachable: self.max_unreachable.map_or(max_failures, limit),
            on_failure: self.on_failure.unwrap_or(defaults.on_failure),
            withdraw_on_undo: self.withdraw_on_undo.unwrap_or(defaults.withdraw_on_undo),
            timeout_seconds: self.timeout_seconds.map_or(longest, |seconds| seconds.min(longest)),
            deadline_seconds: self.deadline_seconds.unwrap_or(DEFAULT_DEADLINE_SECONDS),
            order: self.order.unwrap_or(RolloutOrder::ByHostname),
            first: self.first.clone().unwrap_or_default(),
            max_per_label: self.max_per_label.clone(),
        }
    }

    /// Returns the waves of targets whose hosts have these values of the label that waves go by, and for each target the
    /// wave that its label puts it in, counted from 0.
    pub fn resolve_waves(&self, values: &[Option<&str>]) -> (Vec<ResolvedWave>, Vec<usize>) {
        if let Some(by) = &self.waves_by {
            return waves::resolve_by(by, values);
        }
        let requested = self.waves.as_deref().unwrap_or_default();
        (waves::resolve(requested, values.len() as i64), vec![0; values.len()])
    }

    /// Adds a problem for what is wrong only with these waves of this rollout.
    pub fn check_resolved(&self, rollout: &Rollout, waves: &[ResolvedWave], problems: &mut Problems) {
        let targets = waves.iter().map(|wave| wave.size).sum();
        waves::check_last(self.waves.as_deref().unwrap_or_default(), targets, "rollout.waves", problems);
        if waves.len() > MAX_WAVES_BY_LABEL {
            let message = format!(
                "The hosts have {} values of this label, but a release has at most {MAX_WAVES_BY_LABEL} waves.",
                waves.len()
            );
            problems.add(Problem::new(ProblemCode::Invalid, "rollout.wavesBy", message));
        }
        let soaks: i64 = waves.iter().map(|wave| wave.soak_seconds).sum();
        if soaks > rollout.deadline_seconds {
            let message = format!(
                "The soaks alone take {soaks} seconds, but what has not started after {} seconds is canceled. Allow more time, or soak for less.",
                rollout.deadline_seconds
            );
            problems.add(Problem::new(ProblemCode::Invalid, "rollout.deadlineSeconds", message));
        }
    }

    /// The keys of the labels that decide the order, the waves, and what may run at a time.
    pub fn label_keys(&self) -> Vec<String> {
        let first = self.first.iter().flatten().map(|(key, _)| key);
        let waves = self.waves_by.iter().map(|by| &by.key);
        first.chain(waves).chain(self.max_per_label.iter().map(|limit| &limit.key)).cloned().collect()
    }
}

fn check_waves_by(by: &WavesBy, problems: &mut Problems) {
    const FIELD: &str = "rollout.wavesBy";
    problems.collect(name::label(&format!("{FIELD}.key"), &by.key, ""));
    if !by.first.is_empty() {
        reference::list_of(MAX_FIRST_VALUES, &format!("{FIELD}.first"), &by.first, problems);
    }
    for (field, seconds) in [("soakSeconds", Some(by.soak_seconds)), ("firstSoakSeconds", by.first_soak_seconds)] {
        if seconds.is_some_and(|seconds| !(0..=MAX_SOAK_SECONDS).contains(&seconds)) {
            let message = format!("{field} must be 0 to {MAX_SOAK_SECONDS}.");
            problems.add(Problem::new(ProblemCode::Invalid, &format!("{FIELD}.{field}"), message));
        }
    }
}

#[cfg(test)]
mod tests;
mod undo;
