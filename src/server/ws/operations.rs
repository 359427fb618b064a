//! The operations of one socket, by the ids that the client gave them.

use futures_util::stream::{AbortHandle, AbortRegistration};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Operations that one socket may have at a time.
pub const MOST: usize = 1000;

/// Why an operation is not taken on.
#[derive(Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Another one has this id.
    IdInUse(String),
    /// There are too many.
    TooMany(String),
}

/// All operations of a socket that have not ended, each with what stops it. Clones are the same.
#[derive(Clone, Default)]
pub struct Operations(Arc<Mutex<HashMap<String, AbortHandle>>>);

/// An id in use. It is freed when this is dropped, if not before.
pub struct InUse {
    id: String,
    operations: Operations,
    /// Stopped, the operation has its id no more: another one may have it.
    stop: AbortHandle,
}

impl Operations {
    /// Takes on an operation, with what it is told by that it is stopped.
    pub fn begin(&self, id: String) -> Result<(InUse, AbortRegistration), NotTaken> {
        let mut all = self.lock();
        let full = all.len() >= MOST;
        match all.entry(id) {
            Entry::Occupied(entry) => Err(NotTaken::IdInUse(entry.key().clone())),
            Entry::Vacant(entry) if full => Err(NotTaken::TooMany(entry.into_key())),
            Entry::Vacant(entry) => {
                let (stop, stopped) = AbortHandle::new_pair();
                let in_use = InUse { id: entry.key().clone(), operations: self.clone(), stop: stop.clone() };
                entry.insert(stop);
                Ok((in_use, stopped))
            }
        }
    }

    /// Stops the operation with this id, if there is one: it says nothing more.
    pub fn stop(&self, id: &str) {
        if let Some(stop) = self.lock().remove(id) {
            stop.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InUse {
    pub fn id(&self) -> &str {
        &self.id
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
