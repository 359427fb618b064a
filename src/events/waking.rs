//! What makes the tail look for new events and new output.

use std::time::Duration;

/// How long to wait before a database that failed is read again.
pub(super) const RETRY_DELAY: Duration = Duration::from_secs(1);

/// What makes the tail look.
#[derive(Clone, Copy, Debug)]
pub struct Waking {
    /// How often it looks in any case.
    pub poll: Duration,
    /// Whether it also looks as soon as this process has committed an event.
    pub hints: bool,
}

impl Default for Waking {
    fn default() -> Self {
        Waking { poll: Duration::from_secs(1), hints: true }
    }
}
