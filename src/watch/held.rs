//! Counts the bytes that wait for subscribers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// How many bytes wait for the subscribers of a process. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct HeldBytes(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    used: AtomicUsize,
    /// How many wait until something is freed.
    waiters: AtomicUsize,
    freed: Notify,
}

impl HeldBytes {
    /// The bytes that wait now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::SeqCst)
    }

    /// Counts these bytes until the value that is returned is dropped.
    pub fn add(&self, bytes: usize) -> Held {
        self.0.used.fetch_add(bytes, Ordering::SeqCst);
        Held { of: self.clone(), bytes }
    }

    /// Counts these bytes if they fit beside those that wait now.
    pub fn try_add(&self, bytes: usize, fits: impl Fn(usize) -> bool) -> Option<Held> {
        let sum = |used: usize| fits(used).then_some(used + bytes);
        self.0.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, sum).ok()?;
        Some(Held { of: self.clone(), bytes })
    }

    /// How many wait until something is freed.
    #[cfg(test)]
    pub fn waiters(&self) -> usize {
        self.0.waiters.load(Ordering::SeqCst)
    }

    /// Waits until `add` succeeds, which is tried whenever bytes are freed.
    pub async fn wait(&self, add: impl Fn() -> Option<Held>) -> Held {
        let _waiter = Waiter::new(&self.0.waiters);
        loop {
            // Before it is tried: what is freed afterwards wakes it.
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            match add() {
                Some(held) => return held,
                None => freed.await,
            }
        }
    }
}

/// Bytes that wait for subscribers, until this is dropped.
#[derive(Debug)]
pub struct Held {
    of: HeldBytes,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        let counts = &self.of.0;
        counts.used.fetch_sub(self.bytes, Ordering::SeqCst);
        if counts.waiters.load(Ordering::SeqCst) > 0 {
            counts.freed.notify_waiters();
        }
    }
}

/// One that waits is counted until this is dropped.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn new(count: &'a AtomicUsize) -> Waiter<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        Waiter(count)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
