//! How much is read at once, and for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most events, or lines of output, that are read at once.
pub(super) const MAX_ROWS: usize = 500;

/// How many rows a follower reads at once, which may change while it follows. Clones are the same.
#[derive(Clone, Debug)]
pub struct BatchSize(Arc<AtomicUsize>);

/// [`MAX_ROWS`].
impl Default for BatchSize {
    fn default() -> BatchSize {
        BatchSize::new(MAX_ROWS)
    }
}

impl BatchSize {
    /// This many rows, at least one.
    pub fn new(rows: usize) -> BatchSize {
        BatchSize(Arc::new(AtomicUsize::new(within(rows))))
    }

    /// Reads this many rows from now on, at least one.
    pub fn set(&self, rows: usize) {
        self.0.store(within(rows), Ordering::Relaxed);
    }

    /// How many rows are read at once.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a follower reads.
#[derive(Clone, Debug)]
pub struct Demand {
    /// How many rows it reads at once.
    pub size: BatchSize,
    /// On whose behalf: callers that wait to read have their turns in rotation.
    pub caller: Arc<str>,
}

fn within(rows: usize) -> usize {
    rows.clamp(1, MAX_ROWS)
}
