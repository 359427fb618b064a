//! Drift: what a probe sees on a host differs from what is recorded, again and again.

use super::order::Observed;

/// So many equal answers in a row that differ from the record are a drift. One alone may be a deployment by hand that is
/// under way, or an instance that is starting.
pub const MIN_ANSWERS: i64 = 3;

/// What is known of an instance by its probes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The newest answer: a version, or empty if nothing runs; `None` before the first one.
    pub version: Option<String>,
    /// How many times in a row this answer came, while it differed from the record.
    pub times: i64,
    /// Whether the instance drifts.
    pub drifts: bool,
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftChange {
    /// The instance drifts from now on.
    Began,
    /// What runs is what is recorded again.
    Ended,
}

impl Observation {
    /// Returns what is known after one more answer, and what it changed. `recorded` is the version on record, `None` if
    /// none is. Without an answer nothing changes.
    pub fn after(&self, observed: &Observed, recorded: Option<&str>) -> (Observation, Option<DriftChange>) {
        let version = match observed {
            Observed::Version(version) => version.clone(),
            Observed::Nothing => String::new(),
            Observed::NoAnswer => return (self.clone(), None),
        };
        if observed.is(recorded) {
            let change = self.drifts.then_some(DriftChange::Ended);
            return (Observation { version: Some(version), times: 0, drifts: false }, change);
        }
        let times = if self.version.as_deref() == Some(&version) { self.times + 1 } else { 1 };
        let drifts = self.drifts || times >= MIN_ANSWERS;
        let change = (drifts && !self.drifts).then_some(DriftChange::Began);
        (Observation { version: Some(version), times, drifts }, change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What these answers changed, one after the other; "" is that nothing runs, "?" no answer.
    fn changes(recorded: Option<&str>, answers: &[&str]) -> Vec<Option<DriftChange>> {
        let mut known = Observation::default();
        let mut change = |answer: &&str| {
            let observed = match *answer {
                "" => Observed::Nothing,
                "?" => Observed::NoAnswer,
                version => Observed::Version(version.to_owned()),
            };
            let (after, change) = known.after(&observed, recorded);
            known = after;
            change
        };
        answers.iter().map(&mut change).collect()
    }

    #[test]
    fn three_equal_answers_in_a_row_that_differ_are_a_drift_and_one_that_does_not_ends_it() {
        use DriftChange::{Began, Ended};
        assert_eq!(
            changes(Some("2"), &["1", "1", "1", "1", "2", "2"]),
            [None, None, Some(Began), None, Some(Ended), None]
        );
        assert_eq!(changes(Some("2"), &["1", "3", "1", "1", "2"]), [None; 5], "they are not equal");
        assert_eq!(changes(Some("2"), &["1", "1", "2", "1", "1"]), [None; 5], "they are not in a row");
        assert_eq!(changes(Some("2"), &["", "?", "", "?", ""])[4], Some(Began), "no answer is no answer");
        assert_eq!(changes(Some("2"), &["1", "1", "1", "3", "2"])[3..], [None, Some(Ended)], "it drifts further");
        assert_eq!(changes(None, &["", "1", "1", "1", ""]), [None, None, None, Some(Began), Some(Ended)]);
    }

    #[test]
    fn what_is_known_is_the_newest_answer() {
        let (known, _) = Observation::default().after(&Observed::Version("3".into()), Some("2"));
        assert_eq!(known, Observation { version: Some("3".into()), times: 1, drifts: false });
        assert_eq!(known.after(&Observed::NoAnswer, Some("2")), (known.clone(), None));
        assert_eq!(known.after(&Observed::Nothing, Some("2")).0.version.as_deref(), Some(""));
    }
}
