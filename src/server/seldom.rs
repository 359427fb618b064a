//! Warnings that a stranger can cause, and that must not fill the log.

use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// The least time between two of them.
const INTERVAL: Duration = Duration::from_mins(1);

/// Lets something happen once a minute.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether it may happen now; the next minute it may not.
    pub fn is_due(&self) -> bool {
        let mut last = self.0.lock();
        let due = last.is_none_or(|last| last.elapsed() >= INTERVAL);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}
