//! Limits for each value of a label of hosts (R20).

use crate::domain::{Problem, ProblemCode, Problems, name};
use serde::{Deserialize, Serialize};

/// The most that a limit for a value of a label allows.
const MAX_PER_LABEL: i64 = 1000;

/// How many instances, or targets of a release, may be moved at a time on hosts with the same value of a label. Hosts without
/// the label share one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerLabel {
    pub key: String,
    pub count: i64,
}

impl PerLabel {
    /// Adds a problem for each value that is out of its bounds. `field` names the limit.
    pub fn check(&self, field: &str, problems: &mut Problems) {
        if !(1..=MAX_PER_LABEL).contains(&self.count) {
            let message =
                format!("The count must be 1 to {MAX_PER_LABEL}. Leave maxPerLabel out or pass null for no limit.");
            problems.add(Problem::new(ProblemCode::Invalid, &format!("{field}.count"), message));
        }
        problems.collect(name::label(&format!("{field}.key"), &self.key, ""));
    }
}
