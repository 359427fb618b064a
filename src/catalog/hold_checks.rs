//! What holds and freezes are checked for alike.

use crate::domain::hold::Hold;
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems, Timestamp, reference};

/// The most instances that one request names, and the most holds.
pub const MAX_NAMED: usize = 1000;

/// The ids of the holds that are in force.
pub fn in_force(holds: &[Hold], now: Timestamp) -> Vec<i64> {
    holds.iter().filter(|hold| hold.is_in_force(now)).map(|hold| hold.id).collect()
}

/// Checks that an end lies ahead.
pub fn check_until(until: Option<Timestamp>, now: Timestamp) -> Result<(), Problem> {
    match until {
        Some(until) if until <= now => {
            let message = "`until` is in the past. Omit it for a hold that does not expire.";
            Err(Problem::new(ProblemCode::Invalid, "until", message))
        }
        _ => Ok(()),
    }
}

/// Checks a list of ids. Returns those that are to be looked up: none of a list that is too long.
pub fn bounded<'t>(field: &str, texts: &'t [String], problems: &mut Problems) -> &'t [String] {
    reference::list_of(MAX_NAMED, field, texts, problems);
    if texts.len() > MAX_NAMED { &[] } else { texts }
}

/// Adds a problem with this message for those of the named holds that do not fit.
pub fn refuse_others(
    holds: &[Hold],
    fits: impl Fn(&Hold) -> bool,
    message: impl Into<String>,
    problems: &mut Problems,
) {
    let others: Vec<Id> = holds.iter().filter(|hold| !fits(hold)).map(|hold| Kind::Hold.id(hold.id)).collect();
    if !others.is_empty() {
        problems.add(Problem::new(ProblemCode::Invalid, "holdIds", message).about(others));
    }
}
