//! What a caller can correct: every problem with a code, the input to blame, and the ids it is about.

use super::Word as _;

words! {
    /// Why an input was refused.
    ProblemCode {
        /// A value is outside the allowed range, or does not have the required form.
        Invalid = "INVALID",
        /// A required value is missing.
        Required = "REQUIRED",
        /// An object with this unique value exists already.
        Taken = "TAKEN",
        /// An id or a name refers to nothing that exists.
        NotFound = "NOT_FOUND",
        /// An id refers to an object of another type.
        WrongType = "WRONG_TYPE",
        /// Two objects belong to different services but must belong to the same one.
        OtherService = "OTHER_SERVICE",
        /// The version has no successful build.
        VersionNotBuilt = "VERSION_NOT_BUILT",
        /// The version was withdrawn.
        VersionWithdrawn = "VERSION_WITHDRAWN",
        /// A selected instance is locked, and onLocked is REJECT.
        Locked = "LOCKED",
        /// The service is frozen.
        Frozen = "FROZEN",
        /// A host in the request has no instance of the service, or its instance is not at currentVersionId.
        HostNotDeployed = "HOST_NOT_DEPLOYED",
        /// A selected host has an instance of the service already.
        HostAlreadyDeployed = "HOST_ALREADY_DEPLOYED",
        /// No executor with this name is configured.
        UnknownExecutor = "UNKNOWN_EXECUTOR",
        /// None of the selected instances can take part.
        NothingToRelease = "NOTHING_TO_RELEASE",
        /// The object is still in use: it cannot be removed, or changed in this way.
        InUse = "IN_USE",
        /// The status of the object does not allow this.
        WrongState = "WRONG_STATE",
        /// The idempotency key was used before, with another input.
        IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
        /// The object changed after the caller had read it.
        Stale = "STALE",
    }
}

/// The most ids that one problem names.
pub const MAX_RELATED_IDS: usize = 100;

/// One problem of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: ProblemCode,
    /// Path to the input, from `input` on, up to a list; empty when no single input is to blame.
    pub field: Vec<String>,
    /// What is wrong and what to do about it, a sentence for a person.
    pub message: String,
    /// Ids, or hostnames as sent where no id exists; at most [`MAX_RELATED_IDS`].
    pub related_ids: Vec<String>,
}

impl Problem {
    /// A problem of one input; `field` is its path below `input`, joined by dots, empty for none.
    pub fn new(code: ProblemCode, field: &str, message: impl Into<String>) -> Problem {
        let field = match field {
            "" => Vec::new(),
            path => std::iter::once("input").chain(path.split('.')).map(str::to_owned).collect(),
        };
        Problem { code, field, message: message.into(), related_ids: Vec::new() }
    }

    /// The same, with what it is about.
    pub fn about(mut self, ids: impl IntoIterator<Item = impl ToString>) -> Problem {
        self.related_ids = ids.into_iter().take(MAX_RELATED_IDS).map(|id| id.to_string()).collect();
        self
    }

    /// Merges another problem of the same code and input into this one.
    fn join(&mut self, other: Problem) {
        if !self.message.contains(&other.message) {
            self.message = format!("{} {}", self.message, other.message);
        }
        for id in other.related_ids {
            if self.related_ids.len() < MAX_RELATED_IDS && !self.related_ids.contains(&id) {
                self.related_ids.push(id);
            }
        }
    }
}

/// Every problem that was found so far; all are reported at once (R4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds a problem. One of the same code and input is merged with it (R4).
    pub fn add(&mut self, problem: Problem) {
        match self.0.iter_mut().find(|known| (known.code, &known.field) == (problem.code, &problem.field)) {
            Some(known) => known.join(problem),
            None => self.0.push(problem),
        }
    }

    /// Adds the problem, if there is one. Returns the value, or `None` if there is none.
    pub fn collect<T>(&mut self, checked: Result<T, Problem>) -> Option<T> {
        checked.map_err(|problem| self.add(problem)).ok()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all problems as an error, if there are any.
    pub fn into_result(self) -> Result<(), Problems> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Returns a value that [`collect`](Problems::collect) returned, or all problems as an error, if there are any.
    pub fn ok_with<T>(self, collected: Option<T>) -> Result<T, Problems> {
        match collected {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// The codes, for logs and audit rows.
    pub fn codes(&self) -> Vec<&'static str> {
        self.0.iter().map(|problem| problem.code.word()).collect()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}
