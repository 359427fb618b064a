//! How a release moves over its targets (R16).

use super::OnFailure;
use crate::domain::{Problem, ProblemCode, Problems};

/// The most targets that may be under way at a time.
pub const MOST_PARALLEL: i64 = 1000;
/// The longest time for one start of one target, in seconds: a day.
pub const LONGEST: i64 = 86_400;

/// A number of targets, or a share of a release's targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Count(i64),
    /// 0 to 100, rounded up.
    Percent(i64),
}

impl Amount {
    /// How many of so many targets.
    pub fn of(self, total: i64) -> i64 {
        match self {
            Amount::Count(count) => count,
            Amount::Percent(percent) => (total * percent + 99) / 100,
        }
    }
}

/// What a request says of its rollout; what it leaves out has a default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
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

impl Asked {
    /// Notes what is out of its bounds.
    pub fn check(&self, problems: &mut Problems) {
        let mut within = |field: &str, fits: bool, message: String| {
            if !fits {
                problems.add(Problem::new(ProblemCode::Invalid, field, message));
            }
        };
        within(
            "rollout.maxParallel",
            self.max_parallel.is_none_or(|amount| amount.is_within(1, MOST_PARALLEL)),
            format!("How many at a time is a count of 1 to {MOST_PARALLEL}, or 0 to 100 percent."),
        );
        within(
            "rollout.maxFailures",
            self.max_failures.is_none_or(|amount| amount.is_within(0, i64::MAX)),
            "How many may fail is a count of 0 or more, or 0 to 100 percent.".to_owned(),
        );
        within(
            "rollout.timeoutSeconds",
            self.timeout_seconds.is_none_or(|seconds| (1..=LONGEST).contains(&seconds)),
            format!("A timeout has 1 to {LONGEST} seconds."),
        );
    }

    /// The rollout of a release of so many targets. `default` is for what was left out; no start takes
    /// longer than its executor allows, and at least one target moves at a time.
    pub fn settle(&self, default: (Amount, Amount, OnFailure), executor_seconds: i64, targets: i64) -> Rollout {
        let (max_parallel, max_failures, on_failure) = default;
        let longest = executor_seconds.clamp(1, LONGEST);
        Rollout {
            max_parallel: self.max_parallel.unwrap_or(max_parallel).of(targets).clamp(1, MOST_PARALLEL),
            max_failures: self.max_failures.unwrap_or(max_failures).of(targets).max(0),
            on_failure: self.on_failure.unwrap_or(on_failure),
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

    const DEFAULT: (Amount, Amount, OnFailure) = (Amount::Count(1), Amount::Count(0), OnFailure::Stop);

    #[test]
    fn r16_what_is_left_out_has_its_default() {
        let rollout = Rollout { max_parallel: 1, max_failures: 0, on_failure: OnFailure::Stop, timeout_seconds: 600 };
        assert_eq!(Asked::default().settle(DEFAULT, 600, 10), rollout);
    }

    #[test]
    fn r16_a_share_is_rounded_up_and_at_least_one_moves() {
        let parallel = |percent, targets| {
            Asked { max_parallel: Some(Amount::Percent(percent)), ..Asked::default() }
                .settle(DEFAULT, 1, targets)
                .max_parallel
        };
        assert_eq!([parallel(25, 10), parallel(0, 10), parallel(100, 7), parallel(1, 1)], [3, 1, 7, 1]);
        assert_eq!(parallel(100, 10_000), MOST_PARALLEL);
    }

    #[test]
    fn r16_a_request_cannot_go_beyond_its_executors_timeout() {
        let seconds =
            |asked| Asked { timeout_seconds: asked, ..Asked::default() }.settle(DEFAULT, 60, 1).timeout_seconds;
        assert_eq!([seconds(None), seconds(Some(5)), seconds(Some(61))], [60, 5, 60]);
    }

    #[test]
    fn r4_amounts_and_timeouts_have_bounds() {
        let fields = |asked: Asked| {
            let mut problems = Problems::default();
            asked.check(&mut problems);
            problems.0.iter().map(|problem| problem.field.join(".")).collect::<Vec<_>>()
        };
        for max_parallel in [Amount::Count(0), Amount::Count(1001), Amount::Percent(-1), Amount::Percent(101)] {
            let asked = Asked { max_parallel: Some(max_parallel), ..Asked::default() };
            assert_eq!(fields(asked), ["input.rollout.maxParallel"]);
        }
        let asked = Asked { max_failures: Some(Amount::Count(-1)), timeout_seconds: Some(0), ..Asked::default() };
        assert_eq!(fields(asked), ["input.rollout.maxFailures", "input.rollout.timeoutSeconds"]);
        let asked = Asked { max_parallel: Some(Amount::Percent(0)), timeout_seconds: Some(86_401), ..Asked::default() };
        assert_eq!(fields(asked), ["input.rollout.timeoutSeconds"]);
    }
}
