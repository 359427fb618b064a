//! What is recorded about services, hosts, versions, instances and holds, and how callers change it. Each
//! operation is one [`Change`]: it reports every problem of its input at once and then changes nothing (R4), or
//! takes effect together with its events and its audit entry. Whether the caller may ask for it is checked above.

pub mod freeze;
pub mod hold;
pub mod host;
pub mod instance;
pub mod service;
pub mod version;

#[cfg(test)]
mod tests;

use crate::change::Change;
use crate::domain::{Id, Problem, Problems};
use crate::store;

/// What an operation gives: what it made or changed, or every problem of its input.
pub type Answer<T> = store::Result<Result<T, Problems>>;

/// What causes the events that no caller and no worker does.
pub const ITSELF: &str = "lockkeeper";

/// Why an operation takes no effect.
enum Stop {
    Refused(Problems),
    Failed(store::Error),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Refused(problem.into())
    }
}

impl From<Problems> for Stop {
    fn from(problems: Problems) -> Self {
        Stop::Refused(problems)
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Stop::Failed(error)
    }
}

/// What an operation did, not committed yet.
struct Done<T> {
    answer: T,
    effect: Effect,
}

enum Effect {
    /// Rows that were made, to be kept under the key, and ids of all that was changed, for the audit entry.
    New { made: Vec<i64>, changed: Vec<Id> },
    /// An earlier request with the same key had it (R10).
    Replayed,
}

impl<T> Done<T> {
    /// These things were changed.
    fn changed(answer: T, changed: Vec<Id>) -> Done<T> {
        Done { answer, effect: Effect::New { made: Vec::new(), changed } }
    }

    /// These things were made, and their numbers are what a replay is told from.
    fn made(answer: T, made: &[Id]) -> Done<T> {
        let numbers = made.iter().map(|id| id.number).collect();
        Done { answer, effect: Effect::New { made: numbers, changed: made.to_vec() } }
    }

    /// These things were made by an earlier request.
    fn replayed(answer: T) -> Done<T> {
        Done { answer, effect: Effect::Replayed }
    }
}

/// Commits what was done, or takes it back and leaves only the audit entry.
async fn settle<T>(change: Change<'_>, outcome: Result<Done<T>, Stop>) -> Answer<T> {
    match outcome {
        Ok(Done { answer, effect: Effect::New { made, changed } }) => {
            change.commit(&made, &changed).await?;
            Ok(Ok(answer))
        }
        Ok(Done { answer, effect: Effect::Replayed }) => {
            change.commit_replay().await?;
            Ok(Ok(answer))
        }
        Err(Stop::Refused(problems)) => {
            change.refuse(&problems).await?;
            Ok(Err(problems))
        }
        Err(Stop::Failed(error)) => Err(error),
    }
}
