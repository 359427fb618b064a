//! Health: what the checks of a soak say about instances. Only answers in a row decide.

words! {
    /// Whether an instance is healthy, by the checks of its executor while a release soaks.
    Health {
        /// The last checks succeeded, as many in a row as the executor's health check asks for.
        Healthy = "HEALTHY",
        /// As many checks in a row failed as the executor's health check allows, and too few have succeeded since.
        Unhealthy = "UNHEALTHY",
    }
}

/// How many answers in a row decide; each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswersInARow {
    /// Good ones that make an instance healthy.
    pub successes: i64,
    /// Bad ones that make it unhealthy.
    pub failures: i64,
}

/// What is known of the health of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HealthRecord {
    /// `None` before the first verdict.
    pub health: Option<Health>,
    /// The last answers, which are all good or all bad, as far as they are counted.
    pub good_answers: i64,
    pub bad_answers: i64,
}

impl HealthRecord {
    /// Returns what is known after one more answer. `soaks` says whether a release soaks with the instance: without one, the
    /// instance is only checked until it is healthy again. No more answers are counted than decide.
    pub fn after(self, is_good: bool, required: AnswersInARow, soaks: bool) -> HealthRecord {
        if !soaks && self.health != Some(Health::Unhealthy) {
            return self;
        }
        let (good_answers, bad_answers) = match is_good {
            true => ((self.good_answers + 1).min(required.successes), 0),
            false => (0, (self.bad_answers + 1).min(required.failures)),
        };
        let health = match is_good {
            true if good_answers >= required.successes => Some(Health::Healthy),
            false if bad_answers >= required.failures => Some(Health::Unhealthy),
            _ => self.health,
        };
        HealthRecord { health, good_answers, bad_answers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: AnswersInARow = AnswersInARow { successes: 2, failures: 3 };

    /// The health after each of these answers: `+` is a good one.
    fn verdicts(answers: &str, soaks: bool, mut record: HealthRecord) -> Vec<Option<Health>> {
        let mut next = |answer| {
            record = record.after(answer == '+', REQUIRED, soaks);
            record.health
        };
        answers.chars().map(&mut next).collect()
    }

    #[test]
    fn r19_answers_in_a_row_decide() {
        let (good, bad) = (Some(Health::Healthy), Some(Health::Unhealthy));
        let of = |answers| verdicts(answers, true, HealthRecord::default());
        assert_eq!(of("++---"), [None, good, good, good, bad]);
        assert_eq!(of("--+--+--"), [None; 8], "they are not in a row");
        assert_eq!(of("---+-++"), [None, None, bad, bad, bad, bad, good]);
        assert_eq!(of("+-+-++"), [None, None, None, None, None, good]);
    }

    #[test]
    fn r19_after_a_soak_only_what_is_unhealthy_is_judged() {
        let unhealthy = HealthRecord { health: Some(Health::Unhealthy), good_answers: 0, bad_answers: 3 };
        assert_eq!(
            verdicts("-++-", false, unhealthy)[1..],
            [Some(Health::Unhealthy), Some(Health::Healthy), Some(Health::Healthy)]
        );
        assert_eq!(verdicts("---", false, HealthRecord::default()), [None; 3]);
    }

    #[test]
    fn no_more_answers_are_counted_than_decide_so_that_a_steady_state_changes_nothing() {
        let steady = |answer: bool| {
            let first = HealthRecord::default();
            let settled = (0..3).fold(first, |record, _| record.after(answer, REQUIRED, true));
            (settled, settled.after(answer, REQUIRED, true))
        };
        for answer in [true, false] {
            let (settled, after) = steady(answer);
            assert_eq!(settled, after);
        }
    }
}
