//! How a change ends: committed, answered from an earlier request, or refused with every problem of its input.

use super::Change;
use crate::domain::event::NewEvent;
use crate::domain::{Id, Problem, Problems};
use crate::store;

/// What a mutation returns: its answer, or what refuses it.
pub type Answer<T, R = Problems> = store::Result<Result<T, R>>;

/// What refuses a change: the problems of its input, and whatever else the answer says then.
pub trait Refusal: From<Problems> {
    fn problems(&self) -> &Problems;
}

impl Refusal for Problems {
    fn problems(&self) -> &Problems {
        self
    }
}

/// Why a change has no effect.
pub enum Failure<R = Problems> {
    Refused(R),
    Store(store::Error),
}

impl<R: From<Problems>> From<Problem> for Failure<R> {
    fn from(problem: Problem) -> Self {
        Problems::from(problem).into()
    }
}

impl<R: From<Problems>> From<Problems> for Failure<R> {
    fn from(problems: Problems) -> Self {
        Failure::Refused(problems.into())
    }
}

impl<R> From<store::Error> for Failure<R> {
    fn from(error: store::Error) -> Self {
        Failure::Store(error)
    }
}

/// What a change did, not committed yet.
pub struct Done<T> {
    answer: T,
    effect: Effect,
}

enum Effect {
    /// Things that were made, to be kept under the key, and all that was changed, for the audit entry.
    New { made: Vec<Id>, changed: Vec<Id> },
    /// An earlier request with the same key had the effect (R10).
    Replayed,
}

impl<T> Done<T> {
    /// These things were changed.
    pub fn changed(answer: T, changed: Vec<Id>) -> Done<T> {
        Done { answer, effect: Effect::New { made: Vec::new(), changed } }
    }

    /// These things were made; a replay is answered from them.
    pub fn made(answer: T, made: Vec<Id>) -> Done<T> {
        Done { answer, effect: Effect::New { made: made.clone(), changed: made } }
    }

    /// These things were made by an earlier request.
    pub fn replayed(answer: T) -> Done<T> {
        Done { answer, effect: Effect::Replayed }
    }
}

impl Change<'_> {
    /// Commits what was done. A refusal rolls it back and leaves only an audit entry.
    pub async fn conclude<T, R: Refusal>(self, outcome: Result<Done<T>, Failure<R>>) -> Answer<T, R> {
        self.conclude_with(outcome, |_| ()).await
    }

    /// Does the same, and calls `committed` with the events once they are on disk.
    pub async fn conclude_with<T, R: Refusal>(
        self,
        outcome: Result<Done<T>, Failure<R>>,
        committed: impl FnOnce(&[NewEvent]),
    ) -> Answer<T, R> {
        match outcome {
            Ok(done) if self.rehearsal => Ok(Ok(done.answer)),
            Ok(Done { answer, effect: Effect::New { made, changed } }) => {
                committed(&self.commit(&made, &changed).await?);
                Ok(Ok(answer))
            }
            Ok(Done { answer, effect: Effect::Replayed }) => {
                self.commit_replay().await?;
                Ok(Ok(answer))
            }
            Err(Failure::Refused(refusal)) => {
                if !self.rehearsal {
                    self.refuse(refusal.problems()).await?;
                }
                Ok(Err(refusal))
            }
            Err(Failure::Store(error)) => Err(error),
        }
    }
}
