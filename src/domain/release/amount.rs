//! Numbers of targets, given as a count or as a share (R16). What limits harm rounds down; what makes progress is at
//! least one.

use serde::{Deserialize, Serialize};

/// A number of targets, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amount {
    Count(i64),
    /// 0 to 100.
    Percent(i64),
}

impl Amount {
    /// Returns the amount of `total` targets, a share rounded down: for limits.
    pub fn at_most(self, total: i64) -> i64 {
        match self {
            Amount::Count(count) => count,
            Amount::Percent(percent) => total * percent / 100,
        }
    }

    /// Returns the amount of `total` targets, a share rounded up: for how far a wave goes.
    pub fn at_least(self, total: i64) -> i64 {
        match self {
            Amount::Count(count) => count,
            Amount::Percent(percent) => (total * percent + 99) / 100,
        }
    }

    /// Whether it is a count from `least` to `most`, or a share of `least_percent` to 100.
    pub fn is_within(self, least: i64, most: i64, least_percent: i64) -> bool {
        match self {
            Amount::Count(count) => (least..=most).contains(&count),
            Amount::Percent(percent) => (least_percent..=100).contains(&percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_a_limit_rounds_down_and_a_wave_rounds_up() {
        let of_12 = |percent| (Amount::Percent(percent).at_most(12), Amount::Percent(percent).at_least(12));
        assert_eq!([of_12(1), of_12(10), of_12(25), of_12(100)], [(0, 1), (1, 2), (3, 3), (12, 12)]);
        assert_eq!((Amount::Count(5).at_most(3), Amount::Count(5).at_least(3)), (5, 5));
    }
}
