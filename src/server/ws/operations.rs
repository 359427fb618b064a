//! The operations of one socket, by the ids that the client gave them.

use super::super::answer::Refused;
use crate::limits::Limits;
use async_graphql::parser::types::OperationType;
use futures_util::stream::{AbortHandle, AbortRegistration};
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Why an operation is not taken on.
#[derive(Debug)]
pub enum NotTaken {
    /// Another one has this id.
    IdInUse(String),
    /// There are too many, whatever this one is.
    TooMany(String, Refused),
}

/// All operations of a socket that have not ended. Clones are the same.
#[derive(Clone)]
pub struct Operations {
    all: Arc<Mutex<HashMap<String, Begun>>>,
    /// Queries and mutations at a time.
    max_answered: usize,
    /// Subscriptions at a time.
    max_subscriptions: usize,
}

/// An operation under way.
struct Begun {
    stop: AbortHandle,
    /// Whether it is a subscription; none as long as nobody has looked.
    subscription: Option<bool>,
}

/// An id in use. It is freed when this is dropped, if not before.
pub struct InUse {
    id: String,
    operations: Operations,
    /// Stopped, the operation has its id no more: another one may have it.
    stop: AbortHandle,
}

impl Operations {
    /// None yet, and at most as many at a time as these limits allow.
    pub fn new(limits: &Limits) -> Operations {
        let (operations, subscriptions) = (limits.operations_per_socket, limits.subscriptions_per_socket);
        Operations { all: Arc::default(), max_answered: operations, max_subscriptions: subscriptions }
    }

    /// Takes on an operation, with a signal that stops it. Its kind is not known yet: [`InUse::count`] says it later.
    pub fn begin(&self, id: String) -> Result<(InUse, AbortRegistration), NotTaken> {
        let mut all = self.lock();
        let full = all.len() >= self.max_answered.saturating_add(self.max_subscriptions);
        match all.entry(id) {
            Entry::Occupied(entry) => Err(NotTaken::IdInUse(entry.key().clone())),
            Entry::Vacant(entry) if full => {
                let message = format!(
                    "This socket has {} operations and subscriptions, as many as `operations_per_socket` and \
                     `subscriptions_per_socket` allow together. End one first.",
                    self.max_answered + self.max_subscriptions
                );
                Err(NotTaken::TooMany(entry.into_key(), Refused::full(message)))
            }
            Entry::Vacant(entry) => {
                let (stop, stopped) = AbortHandle::new_pair();
                let in_use = InUse { id: entry.key().clone(), operations: self.clone(), stop: stop.clone() };
                entry.insert(Begun { stop, subscription: None });
                Ok((in_use, stopped))
            }
        }
    }

    /// Stops the operation with this id, if there is one: it says nothing more.
    pub fn stop(&self, id: &str) {
        if let Some(begun) = self.lock().remove(id) {
            begun.stop.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Begun>> {
        self.all.lock()
    }
}

impl InUse {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Counts it as what it is, unless the socket has as many of these as it may have.
    pub fn count(&self, kind: OperationType) -> Result<(), Refused> {
        let is_subscription = kind == OperationType::Subscription;
        let (what, setting, most) = match is_subscription {
            true => ("subscriptions", "subscriptions_per_socket", self.operations.max_subscriptions),
            false => ("queries and mutations", "operations_per_socket", self.operations.max_answered),
        };
        let mut all = self.operations.lock();
        // Stopped, it says nothing more, and its id may be another one's.
        if self.stop.is_aborted() {
            return Ok(());
        }
        let others = all.values().filter(|begun| begun.subscription == Some(is_subscription)).count();
        if others >= most {
            let message = format!("This socket has {most} {what}, as many as `{setting}` allows. End one first.");
            return Err(Refused::full(message));
        }
        if let Some(begun) = all.get_mut(&self.id) {
            begun.subscription = Some(is_subscription);
        }
        Ok(())
    }

    /// Frees the id, unless the operation has been stopped.
    pub fn free(&self) {
        let mut all = self.operations.lock();
        if !self.stop.is_aborted() {
            self.stop.abort();
            all.remove(&self.id);
        }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.free();
    }
}
