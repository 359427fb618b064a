//! How a release moves over its targets (R16).

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
