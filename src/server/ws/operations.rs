//! The operations of one socket, by the ids that the client chose.

use crate::limits::Limits;
use crate::server::refusal::Refusal;
use async_graphql::parser::types::OperationType;
use futures_util::stream::{AbortHandle, AbortRegistration};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Why an operation cannot begin.
#[derive(Debug)]
pub enum BeginError {
    /// Another operation has this id.
    IdInUse(String),
    /// The socket has too many operations, whatever this one is.
    TooMany(String, Refusal),
}

/// All operations of a socket that have not ended. Clones share them.
#[derive(Clone)]
pub struct Operations {
    all: Arc<Mutex<HashMap<String, RunningOperation>>>,
    /// The most queries and mutations at a time.
    max_single_answers: usize,
    /// The most subscriptions at a time.
    max_subscriptions: usize,
}

/// An operation under way.
struct RunningOperation {
    stop: AbortHandle,
    /// `None` until its document has been read.
    kind: Option<RunningKind>,
}

/// The kinds of operations that the limits of a socket distinguish.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunningKind {
    /// A query or a mutation.
    SingleAnswer,
    Subscription,
}

/// An id in use. It is freed when this is dropped, if not before.
pub struct IdInUse {
    id: String,
    operations: Operations,
    /// Once it is aborted, the operation no longer owns the id: another one may use it.
    stop: AbortHandle,
}

impl Operations {
    /// No operations yet, and at most as many at a time as these limits allow.
    pub fn new(limits: &Limits) -> Operations {
        let (operations, subscriptions) = (limits.operations_per_socket, limits.subscriptions_per_socket);
        Operations { all: Arc::default(), max_single_answers: operations, max_subscriptions: subscriptions }
    }

    /// Begins an operation. Returns its id with the signal that stops it. Its kind is not known yet:
    /// [`IdInUse::set_kind`] says it later.
    pub fn begin(&self, id: String) -> Result<(IdInUse, AbortRegistration), BeginError> {
        let mut all = self.all.lock();
        let is_full = all.len() >= self.max_single_answers.saturating_add(self.max_subscriptions);
        match all.entry(id) {
            Entry::Occupied(entry) => Err(BeginError::IdInUse(entry.key().clone())),
            Entry::Vacant(entry) if is_full => {
                let message = format!(
                    "This socket has {} operations and subscriptions, as many as `operations_per_socket` and \
                     `subscriptions_per_socket` allow together. End one first.",
                    self.max_single_answers + self.max_subscriptions
                );
                Err(BeginError::TooMany(entry.into_key(), Refusal::at_capacity(message)))
            }
            Entry::Vacant(entry) => {
                let (stop, stopped) = AbortHandle::new_pair();
                let in_use = IdInUse { id: entry.key().clone(), operations: self.clone(), stop: stop.clone() };
                entry.insert(RunningOperation { stop, kind: None });
                Ok((in_use, stopped))
            }
        }
    }

    /// Stops the operation with this id, if it exists: it sends nothing more.
    pub fn stop(&self, id: &str) {
        if let Some(running) = self.all.lock().remove(id) {
            running.stop.abort();
        }
    }
}

impl IdInUse {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sets the kind of the operation.
    ///
    /// # Errors
    /// If the socket has as many operations of this kind as it may have.
    pub fn set_kind(&self, kind: OperationType) -> Result<(), Refusal> {
        let (kind, plural, setting, max) = match kind {
            OperationType::Subscription => (
                RunningKind::Subscription,
                "subscriptions",
                "subscriptions_per_socket",
                self.operations.max_subscriptions,
            ),
            OperationType::Query | OperationType::Mutation => (
                RunningKind::SingleAnswer,
                "queries and mutations",
                "operations_per_socket",
                self.operations.max_single_answers,
            ),
        };
        let mut all = self.operations.all.lock();
        // A stopped operation sends nothing more, and another one may have its id.
        if self.stop.is_aborted() {
            return Ok(());
        }
        let others = all.values().filter(|running| running.kind == Some(kind)).count();
        if others >= max {
            let message = format!("This socket has {max} {plural}, as many as `{setting}` allows. End one first.");
            return Err(Refusal::at_capacity(message));
        }
        if let Some(running) = all.get_mut(&self.id) {
            running.kind = Some(kind);
        }
        Ok(())
    }

    /// Frees the id, unless the operation has been stopped.
    pub fn free(&self) {
        let mut all = self.operations.all.lock();
        if !self.stop.is_aborted() {
            self.stop.abort();
            all.remove(&self.id);
        }
    }
}

impl Drop for IdInUse {
    fn drop(&mut self) {
        self.free();
    }
}
