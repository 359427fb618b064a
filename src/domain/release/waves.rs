//! The waves of a release: how many targets each has, and what happens between them (R19).

use super::amount::Amount;
use crate::domain::{Problem, ProblemCode, Problems};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most waves that a request lists.
pub const MAX_WAVES: usize = 20;
/// The most waves that the values of a label make.
pub const MAX_WAVES_BY_LABEL: usize = 100;
/// The longest soak, in seconds: a week.
pub const MAX_SOAK_SECONDS: i64 = 604_800;

/// A label of a host: its key and its value.
pub type Label = (String, String);

/// A wave as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveRequest {
    /// How many targets have been in this wave or in one before it.
    pub up_to: Amount,
    pub max_failures: Option<Amount>,
    pub soak_seconds: i64,
    pub pause_after: bool,
}

/// One wave for each value of a label of the hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WavesBy {
    pub key: String,
    /// The values that come first, in this order.
    pub first: Vec<String>,
    pub soak_seconds: i64,
    /// The soak of the first wave; `None` if it is that of the others.
    pub first_soak_seconds: Option<i64>,
    pub pause_after_first: bool,
}

/// A wave of a release, its numbers resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedWave {
    /// How many targets it has.
    pub size: i64,
    /// The most failures among its targets; `None` without a limit of its own.
    pub max_failures: Option<i64>,
    pub soak_seconds: i64,
    pub pause_after: bool,
    /// The label that its hosts have, if waves go by a label and they have it.
    pub label: Option<Label>,
}

impl ResolvedWave {
    /// A wave of this size without a limit of its own, after which nothing happens.
    pub fn of(size: i64) -> ResolvedWave {
        ResolvedWave { size, max_failures: None, soak_seconds: 0, pause_after: false, label: None }
    }
}

/// Adds a problem for each wave that no number of targets makes valid. `field` names the list.
pub fn check(waves: &[WaveRequest], field: &str, problems: &mut Problems) {
    let mut invalid = |message: String| problems.add(Problem::new(ProblemCode::Invalid, field, message));
    if waves.len() > MAX_WAVES {
        return invalid(format!("There are {} waves, but at most {MAX_WAVES} are allowed.", waves.len()));
    }
    for (index, wave) in waves.iter().enumerate() {
        let number = index + 1;
        if !wave.up_to.is_within(1, i64::MAX, 1) {
            invalid(format!("upTo of wave {number} must be a count of 1 or more, or 1 to 100 percent."));
        }
        if wave.max_failures.is_some_and(|amount| !amount.is_within(0, i64::MAX, 0)) {
            invalid(format!("maxFailures of wave {number} must be a count of 0 or more, or 0 to 100 percent."));
        }
        if !(0..=MAX_SOAK_SECONDS).contains(&wave.soak_seconds) {
            invalid(format!("soakSeconds of wave {number} must be 0 to {MAX_SOAK_SECONDS}."));
        }
        let falls = index > 0
            && match (waves[index - 1].up_to, wave.up_to) {
                (Amount::Count(before), Amount::Count(now)) | (Amount::Percent(before), Amount::Percent(now)) => {
                    now < before
                }
                _ => false,
            };
        if falls {
            invalid(format!(
                "upTo of wave {number} is less than that of the wave before. It includes the targets of all earlier waves: let it grow from wave to wave."
            ));
        }
    }
}

/// Adds a problem if something is to happen after the last target: the last wave of the request has a soak or a pause, and
/// takes all of the `targets`.
pub fn check_last(waves: &[WaveRequest], targets: i64, field: &str, problems: &mut Problems) {
    let (Some(last), Some(end)) = (waves.last(), ends(waves, targets).last().copied()) else { return };
    let named = if last.pause_after { "pauseAfter" } else { "soakSeconds" };
    if end == targets && (last.pause_after || last.soak_seconds > 0) {
        let message = format!(
            "The last wave takes all {targets} targets, so nothing comes after it. Leave its {named} out, or let it take fewer targets."
        );
        problems.add(Problem::new(ProblemCode::Invalid, field, message));
    }
}

/// Where each wave of the request ends, in targets.
fn ends(waves: &[WaveRequest], targets: i64) -> Vec<i64> {
    waves
        .iter()
        .scan(0, |end, wave| {
            *end = wave.up_to.at_least(targets).clamp(*end, targets.max(*end));
            Some(*end)
        })
        .collect()
}

/// Returns the waves of `targets` targets. Waves that end at the same target become one, and one more takes those that are
/// left.
pub fn resolve(waves: &[WaveRequest], targets: i64) -> Vec<ResolvedWave> {
    let mut resolved: Vec<ResolvedWave> = Vec::new();
    let mut done = 0;
    let ends = ends(waves, targets);
    let with_ends: Vec<(i64, &WaveRequest)> = ends.into_iter().zip(waves).collect();
    for of_wave in with_ends.chunk_by(|a, b| a.0 == b.0) {
        let size = of_wave[0].0 - done;
        done = of_wave[0].0;
        let limits = of_wave.iter().filter_map(|(_, wave)| Some(wave.max_failures?.at_most(size)));
        resolved.push(ResolvedWave {
            max_failures: limits.min(),
            soak_seconds: of_wave.iter().map(|(_, wave)| wave.soak_seconds).max().unwrap_or_default(),
            pause_after: of_wave.iter().any(|(_, wave)| wave.pause_after),
            ..ResolvedWave::of(size)
        });
    }
    if done < targets {
        resolved.push(ResolvedWave::of(targets - done));
    }
    completed(resolved)
}

/// The waves of one value of a label each, from the values of the targets' hosts. Beside them, for each target in which
/// wave it is, counted from 0.
pub fn resolve_by(by: &WavesBy, values: &[Option<&str>]) -> (Vec<ResolvedWave>, Vec<usize>) {
    let mut sizes: BTreeMap<Option<&str>, i64> = BTreeMap::new();
    for value in values {
        *sizes.entry(*value).or_default() += 1;
    }
    let mut order: Vec<(Option<&str>, i64)> = sizes.into_iter().collect();
    let named = |value: Option<&str>| by.first.iter().position(|first| Some(first.as_str()) == value);
    order.sort_by_key(|(value, size)| (named(*value).unwrap_or(usize::MAX), *size));
    let wave_of: BTreeMap<Option<&str>, usize> =
        order.iter().zip(0..).map(|((value, _), wave)| (*value, wave)).collect();
    let waves = order.iter().enumerate().map(|(index, (value, size))| ResolvedWave {
        soak_seconds: by.first_soak_seconds.filter(|_| index == 0).unwrap_or(by.soak_seconds),
        pause_after: index == 0 && by.pause_after_first,
        label: value.map(|value| (by.key.clone(), value.to_owned())),
        ..ResolvedWave::of(*size)
    });
    (completed(waves.collect()), values.iter().map(|value| wave_of[value]).collect())
}

/// The number of the wave of each target, from 1, in the order in which the targets are moved.
pub fn numbers(waves: &[ResolvedWave]) -> impl Iterator<Item = i64> {
    waves.iter().zip(1..).flat_map(|(wave, number)| std::iter::repeat_n(number, wave.size.max(0) as usize))
}

/// Nothing happens after the last wave, and the first of several tolerates no failure by default.
fn completed(mut waves: Vec<ResolvedWave>) -> Vec<ResolvedWave> {
    if waves.len() > 1
        && let Some(first) = waves.first_mut()
    {
        first.max_failures.get_or_insert(0);
    }
    if let Some(last) = waves.last_mut() {
        (last.soak_seconds, last.pause_after) = (0, false);
    }
    waves
}

#[cfg(test)]
mod tests;
