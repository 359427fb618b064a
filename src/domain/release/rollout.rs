//! How a release moves over its targets (R16).

use super::OnFailure;
use crate::domain::{Problem, ProblemCode, Problems};
use std::time::Duration;

/// The most targets that may be under way at a time.
pub const MAX_PARALLEL: i64 = 1000;
/// The longest time for one start of one target, in seconds: a day.
pub const MAX_TIMEOUT_SECONDS: i64 = 86_400;

/// A number of targets, or a share of a release's targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Count(i64),
    /// 0 to 100, rounded up.
    Percent(i64),
}

impl Amount {
    /// Returns the amount of `total` targets.
    pub fn of(self, total: i64) -> i64 {
        match self {
            Amount::Count(count) => count,
            Amount::Percent(percent) => (total * percent + 99) / 100,
        }
    }
}

/// How a release moves where its request does not say (R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutDefaults {
    pub max_parallel: Amount,
    pub max_failures: Amount,
    pub on_failure: OnFailure,
}

impl Default for RolloutDefaults {
    fn default() -> Self {
        RolloutDefaults { max_parallel: Amount::Count(1), max_failures: Amount::Count(0), on_failure: OnFailure::Stop }
    }
}

/// What a request says of its rollout; what it leaves out has a default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RolloutOverrides {
    pub max_parallel: Option<Amount>,
    pub max_failures: Option<Amount>,
    pub on_failure: Option<OnFailure>,
    pub timeout_seconds: Option<i64>,
}

/// How a release moves, all defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// How many targets at a time.
    pub max_parallel: i64,
    /// How many may end FAILED or UNKNOWN before `on_failure` applies.
    pub max_failures: i64,
    pub on_failure: OnFailure,
    /// Longest time for one start of one target, in seconds.
    pub timeout_seconds: i64,
}

impl RolloutOverrides {
    /// Adds a problem for each value that is out of its bounds.
    pub fn check(&self, problems: &mut Problems) {
        let mut within = |field: &str, fits: bool, message: String| {
            if !fits {
                problems.add(Problem::new(ProblemCode::Invalid, field, message));
            }
        };
        within(
            "rollout.maxParallel",
            self.max_parallel.is_none_or(|amount| amount.is_within(1, MAX_PARALLEL)),
            format!("maxParallel must be a count of 1 to {MAX_PARALLEL}, or 0 to 100 percent."),
        );
        within(
            "rollout.maxFailures",
            self.max_failures.is_none_or(|amount| amount.is_within(0, i64::MAX)),
            "maxFailures must be a count of 0 or more, or 0 to 100 percent.".to_owned(),
        );
        within(
            "rollout.timeoutSeconds",
            self.timeout_seconds.is_none_or(|seconds| (1..=MAX_TIMEOUT_SECONDS).contains(&seconds)),
            format!("timeoutSeconds must be 1 to {MAX_TIMEOUT_SECONDS}."),
        );
    }

    /// Returns the rollout of a release with `targets` targets, with the defaults filled in. No start may take longer
    /// than its executor allows, and at least one target may run at a time.
    pub fn resolve(&self, defaults: &RolloutDefaults, executor_timeout: Duration, targets: i64) -> Rollout {
        let executor_seconds = i64::try_from(executor_timeout.as_secs()).unwrap_or(i64::MAX);
        let longest = executor_seconds.clamp(1, MAX_TIMEOUT_SECONDS);
        Rollout {
            max_parallel: self.max_parallel.unwrap_or(defaults.max_parallel).of(targets).clamp(1, MAX_PARALLEL),
            max_failures: self.max_failures.unwrap_or(defaults.max_failures).of(targets).max(0),
            on_failure: self.on_failure.unwrap_or(defaults.on_failure),
            timeout_seconds: self.timeout_seconds.map_or(longest, |seconds| seconds.min(longest)),
        }
    }
}

impl Amount {
    fn is_within(self, least: i64, most: i64) -> bool {
        match self {
            Amount::Count(count) => (least..=most).contains(&count),
            Amount::Percent(percent) => (0..=100).contains(&percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_what_is_left_out_has_its_default() {
        let rollout = Rollout { max_parallel: 1, max_failures: 0, on_failure: OnFailure::Stop, timeout_seconds: 600 };
        assert_eq!(
            RolloutOverrides::default().resolve(&RolloutDefaults::default(), Duration::from_mins(10), 10),
            rollout
        );
    }

    #[test]
    fn r16_a_share_is_rounded_up_and_at_least_one_moves() {
        let parallel = |percent, targets| {
            RolloutOverrides { max_parallel: Some(Amount::Percent(percent)), ..RolloutOverrides::default() }
                .resolve(&RolloutDefaults::default(), Duration::from_secs(1), targets)
                .max_parallel
        };
        assert_eq!([parallel(25, 10), parallel(0, 10), parallel(100, 7), parallel(1, 1)], [3, 1, 7, 1]);
        assert_eq!(parallel(100, 10_000), MAX_PARALLEL);
    }

    #[test]
    fn r16_a_request_cannot_go_beyond_its_executors_timeout() {
        let seconds = |timeout_seconds| {
            RolloutOverrides { timeout_seconds, ..RolloutOverrides::default() }
                .resolve(&RolloutDefaults::default(), Duration::from_mins(1), 1)
                .timeout_seconds
        };
        assert_eq!([seconds(None), seconds(Some(5)), seconds(Some(61))], [60, 5, 60]);
    }

    #[test]
    fn r4_amounts_and_timeouts_have_bounds() {
        let fields = |overrides: RolloutOverrides| {
            let mut problems = Problems::default();
            overrides.check(&mut problems);
            problems.0.iter().map(|problem| problem.field.join(".")).collect::<Vec<_>>()
        };
        for max_parallel in [Amount::Count(0), Amount::Count(1001), Amount::Percent(-1), Amount::Percent(101)] {
            let overrides = RolloutOverrides { max_parallel: Some(max_parallel), ..RolloutOverrides::default() };
            assert_eq!(fields(overrides), ["input.rollout.maxParallel"]);
        }
        let overrides = RolloutOverrides {
            max_failures: Some(Amount::Count(-1)),
            timeout_seconds: Some(0),
            ..RolloutOverrides::default()
        };
        assert_eq!(fields(overrides), ["input.rollout.maxFailures", "input.rollout.timeoutSeconds"]);
        let overrides = RolloutOverrides {
            max_parallel: Some(Amount::Percent(0)),
            timeout_seconds: Some(86_401),
            ..RolloutOverrides::default()
        };
        assert_eq!(fields(overrides), ["input.rollout.timeoutSeconds"]);
    }
}
