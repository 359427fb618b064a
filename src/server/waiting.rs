//! Bytes of requests that were read and wait: while a body arrives, until it is its turn to be parsed, and until it is
//! answered. Beyond the limit nothing more is read, and what has waited until the deadline is refused.

use super::answer::Refused;
use crate::limits::{Bytes, Limits};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What one value of JSON takes in memory beside its text, with the room that lists keep free, roughly.
const VALUE_BYTES: usize = 64;
/// With this many callers, those without a request are forgotten.
const CALLERS: usize = 64;

/// What waits, of all callers.
pub struct Waiting {
    /// As it was sent.
    sent: Account,
    /// As large as it becomes when it is parsed. A request that has room here waits for no other room, so that at least
    /// one always goes on.
    parsed: Account,
    limits: Limits,
}

/// Room that a request has until this is dropped.
pub struct Room {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Waiting {
    pub fn new(limits: Limits) -> Waiting {
        Waiting { sent: Account::new(&limits), parsed: Account::new(&limits), limits }
    }

    /// Waits until this many bytes of a caller may be read.
    ///
    /// # Errors
    /// `RATE_LIMITED` if there is no room until the deadline.
    pub async fn to_read(&self, caller: &str, bytes: usize) -> Result<Room, Refused> {
        self.room(&self.sent, caller, bytes).await
    }

    /// Waits until what was read of a caller may be parsed: JSON, or parameters that hold some.
    ///
    /// # Errors
    /// `RATE_LIMITED` if there is no room until the deadline.
    pub async fn to_parse(&self, caller: &str, json: &[u8]) -> Result<Room, Refused> {
        self.room(&self.parsed, caller, parsed_bytes(json)).await
    }

    /// Returns room to parse what was read of a caller, or `None` if it would have to wait.
    pub fn to_parse_now(&self, caller: &str, json: &[u8]) -> Option<Room> {
        self.parsed.free(caller, parsed_bytes(json))
    }

    async fn room(&self, account: &Account, caller: &str, bytes: usize) -> Result<Room, Refused> {
        if let Some(room) = account.free(caller, bytes) {
            return Ok(room);
        }
        let waiting = timeout(self.limits.query_deadline, account.wait(caller, bytes)).await;
        waiting.ok().flatten().ok_or_else(|| self.refusal())
    }

    fn refusal(&self) -> Refused {
        let Limits { waiting_bytes_per_caller: own, waiting_bytes: all, .. } = self.limits;
        let message = format!(
            "Too many bytes of requests wait: a caller has at most {own} (waiting_bytes_per_caller), and all callers \
             have {all} (waiting_bytes). Wait for answers before you send more."
        );
        Refused::full(message)
    }
}

/// Bytes of all callers, and of each.
struct Account {
    all: Arc<Semaphore>,
    callers: Mutex<HashMap<String, Arc<Semaphore>>>,
    most: u32,
    most_of_caller: u32,
}

impl Account {
    fn new(limits: &Limits) -> Account {
        let (most, own) = (permits(limits.waiting_bytes), permits(limits.waiting_bytes_per_caller));
        let callers = Mutex::default();
        Account { all: Arc::new(Semaphore::new(most as usize)), callers, most, most_of_caller: own.min(most) }
    }

    /// Returns room, or `None` if there is none now. A request that is larger than the limit has all of the room alone.
    fn free(&self, caller: &str, bytes: usize) -> Option<Room> {
        let bytes = self.bytes(bytes);
        let own = self.of(caller).try_acquire_many_owned(bytes).ok()?;
        let of_all = self.all.clone().try_acquire_many_owned(bytes).ok()?;
        Some(Room { _own: own, _of_all: of_all })
    }

    /// Room as soon as there is some, for one after the other. Never `None`: no semaphore is closed.
    async fn wait(&self, caller: &str, bytes: usize) -> Option<Room> {
        let bytes = self.bytes(bytes);
        let own = self.of(caller).acquire_many_owned(bytes).await.ok()?;
        let of_all = self.all.clone().acquire_many_owned(bytes).await.ok()?;
        Some(Room { _own: own, _of_all: of_all })
    }

    fn bytes(&self, bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX).clamp(1, self.most_of_caller.min(self.most))
    }

    fn of(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock();
        if let Some(own) = callers.get(caller) {
            return own.clone();
        }
        if callers.len() >= CALLERS {
            callers.retain(|_, own| Arc::strong_count(own) > 1);
        }
        let own = Arc::new(Semaphore::new(self.most_of_caller as usize));
        callers.insert(caller.to_owned(), own.clone());
        own
    }
}

/// A limit as a number of permits; none at all would let nothing through.
fn permits(limit: Bytes) -> u32 {
    u32::try_from(limit.0).unwrap_or(u32::MAX).max(1)
}

/// What JSON takes when it is parsed, roughly: each value but one stands behind one of these, or in parameters behind an
/// escaped one.
fn parsed_bytes(json: &[u8]) -> usize {
    let values = json.iter().filter(|byte| matches!(byte, b'[' | b'{' | b',' | b':' | b'%')).count();
    json.len() + VALUE_BYTES * values
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::time::Duration;

    fn waiting(own: usize, all: usize) -> Waiting {
        let query_deadline = Duration::from_millis(20);
        Waiting::new(Limits {
            waiting_bytes_per_caller: Bytes(own),
            waiting_bytes: Bytes(all),
            query_deadline,
            ..Limits::default()
        })
    }

    #[tokio::test]
    async fn a_caller_waits_for_its_own_room_and_others_do_not() {
        let waiting = waiting(100, 250);
        let first = waiting.to_read("ana", 60).await.unwrap_or_else(|_| panic!("there is room"));
        assert!(waiting.to_read("ana", 60).now_or_never().is_none());
        let _of_ben = waiting.to_read("ben", 90).await.unwrap_or_else(|_| panic!("he has room"));
        let refused = waiting.to_read("ana", 60).await.err().unwrap().into_message();
        assert!(refused.contains("100 bytes (waiting_bytes_per_caller)"), "{refused}");
        let second = waiting.to_read("ana", 60);
        let (second, ()) = tokio::join!(second, async { drop(first) });
        assert!(second.is_ok());
    }

    #[tokio::test]
    async fn all_callers_together_have_a_limit() {
        let waiting = waiting(100, 250);
        let mut rooms = Vec::new();
        for caller in ["ana", "ben"] {
            rooms.push(waiting.to_read(caller, 100).await.unwrap_or_else(|_| panic!("there is room")));
        }
        assert!(waiting.to_read("cleo", 60).await.is_err());
        rooms.pop();
        assert!(waiting.to_read("cleo", 60).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_larger_than_the_limit_has_it_alone() {
        let waiting = waiting(100, 250);
        let large = waiting.to_parse("ana", &[b'['; 1000]).await.unwrap_or_else(|_| panic!("there is room"));
        assert!(waiting.to_parse("ana", b"{}").await.is_err());
        drop(large);
        assert!(waiting.to_parse("ana", b"{}").await.is_ok());
    }

    #[tokio::test]
    async fn callers_without_requests_are_forgotten() {
        let waiting = waiting(100, 250);
        let _kept = waiting.to_read("ana", 1).await;
        for caller in 0..10 * CALLERS {
            let _ = waiting.to_read(&format!("caller-{caller}"), 1).await;
        }
        let callers = waiting.sent.callers.lock();
        assert!(callers.len() <= CALLERS && callers.contains_key("ana"), "{}", callers.len());
    }
}
