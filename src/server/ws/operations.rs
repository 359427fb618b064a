//! The operations of one socket, by the ids that the client gave them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::task::AbortOnDropHandle;

/// Operations that one socket may have at a time.
pub const MOST: usize = 1000;

/// An operation under way.
#[derive(Debug)]
pub struct Operation {
    pub id: String,
    stopped: AtomicBool,
}

impl Operation {
    /// Whether the client wants no more of it.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Why an operation is not taken on.
#[derive(Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Another one has this id.
    IdInUse,
    /// There are too many.
    TooMany(String),
}

/// All operations of a socket that have not ended; the last message of an ended one was written. Clones are the
/// same.
#[derive(Clone, Default)]
pub struct Operations(Arc<Mutex<HashMap<String, Running>>>);

struct Running {
    operation: Arc<Operation>,
    _task: AbortOnDropHandle<()>,
}

impl Operations {
    /// Takes on an operation; `work` is carried out in a task of its own.
    pub fn begin<F>(&self, id: String, work: impl FnOnce(Arc<Operation>) -> F) -> Result<(), NotTaken>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut all = self.lock();
        let full = all.len() >= MOST;
        match all.entry(id) {
            Entry::Occupied(_) => Err(NotTaken::IdInUse),
            Entry::Vacant(entry) if full => Err(NotTaken::TooMany(entry.into_key())),
            Entry::Vacant(entry) => {
                let operation = Arc::new(Operation { id: entry.key().clone(), stopped: AtomicBool::new(false) });
                let task = AbortOnDropHandle::new(tokio::spawn(work(operation.clone())));
                entry.insert(Running { operation, _task: task });
                Ok(())
            }
        }
    }

    /// Ends the operation with this id, if there is one; what it has still in the queue is not written.
    pub fn stop(&self, id: &str) {
        if let Some(running) = self.lock().remove(id) {
            running.operation.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Frees the id of an operation that has ended by itself. Another may have it meanwhile.
    pub fn ended(&self, operation: &Arc<Operation>) {
        let mut all = self.lock();
        if all.get(&operation.id).is_some_and(|running| Arc::ptr_eq(&running.operation, operation)) {
            all.remove(&operation.id);
        }
    }

    /// Ends all.
    pub fn stop_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
