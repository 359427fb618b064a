//! Bytes of requests that were read and wait: while a body arrives, until it can be parsed, and until it is answered.
//! Beyond the limit nothing more is read, and a request that has waited until the deadline is refused.

use crate::limits::{Bytes, Limits};
use crate::server::refusal::Refusal;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// About what one JSON value takes in memory beside its text, spare capacity of lists included.
const JSON_VALUE_BYTES: usize = 64;
/// With this many callers, those without a request are forgotten.
const MAX_CALLERS: usize = 64;

/// The bytes of all callers that wait.
pub struct WaitingBytes {
    /// As they were sent.
    sent: Account,
    /// As large as they are when they are parsed. A request with a reservation here waits for no other reservation, so
    /// that at least one request always proceeds.
    parsed: Account,
    limits: Limits,
}

/// Bytes that are reserved for a request until this is dropped.
pub struct Reservation {
    _of_caller: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl WaitingBytes {
    /// Nothing waits yet.
    pub fn new(limits: Limits) -> WaitingBytes {
        WaitingBytes { sent: Account::new(&limits), parsed: Account::new(&limits), limits }
    }

    /// Waits until this many bytes of a caller may be read.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the limit is still reached at the deadline.
    pub async fn reserve_to_read(&self, caller: &str, bytes: usize) -> Result<Reservation, Refusal> {
        self.reserve(&self.sent, caller, bytes).await
    }

    /// Waits until what was read of a caller may be parsed: JSON, or the parameters of a URL with JSON in them.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the limit is still reached at the deadline.
    pub async fn reserve_to_parse(&self, caller: &str, json: &[u8]) -> Result<Reservation, Refusal> {
        self.reserve(&self.parsed, caller, parsed_bytes(json)).await
    }

    /// Reserves bytes to parse what was read of a caller. Returns `None` if it would have to wait.
    pub fn try_reserve_to_parse(&self, caller: &str, json: &[u8]) -> Option<Reservation> {
        self.parsed.try_reserve(caller, parsed_bytes(json))
    }

    async fn reserve(&self, account: &Account, caller: &str, bytes: usize) -> Result<Reservation, Refusal> {
        if let Some(reservation) = account.try_reserve(caller, bytes) {
            return Ok(reservation);
        }
        let reserved = timeout(self.limits.query_deadline, account.reserve(caller, bytes)).await;
        reserved.ok().flatten().ok_or_else(|| self.refusal())
    }

    fn refusal(&self) -> Refusal {
        let Limits { waiting_bytes_per_caller: own, waiting_bytes: all, .. } = self.limits;
        let message = format!(
            "Too many bytes of requests wait to be executed: at most {own} of one caller (`waiting_bytes_per_caller`) and \
             {all} of all callers (`waiting_bytes`) may wait. Wait for answers, then send this request again."
        );
        Refusal::at_capacity(message)
    }
}

/// The bytes that are reserved, of all callers together and of each caller.
struct Account {
    all: Arc<Semaphore>,
    callers: Mutex<HashMap<String, Arc<Semaphore>>>,
    max: u32,
    max_of_caller: u32,
}

impl Account {
    fn new(limits: &Limits) -> Account {
        let (max, own) = (permits(limits.waiting_bytes), permits(limits.waiting_bytes_per_caller));
        let callers = Mutex::default();
        Account { all: Arc::new(Semaphore::new(max as usize)), callers, max, max_of_caller: own.min(max) }
    }

    /// Reserves bytes, or returns `None` if too few are free. A request that is larger than the limit reserves all of
    /// it.
    fn try_reserve(&self, caller: &str, bytes: usize) -> Option<Reservation> {
        let bytes = self.bytes(bytes);
        let of_caller = self.of(caller).try_acquire_many_owned(bytes).ok()?;
        let of_all = self.all.clone().try_acquire_many_owned(bytes).ok()?;
        Some(Reservation { _of_caller: of_caller, _of_all: of_all })
    }

    /// Reserves bytes as soon as enough are free, for one request after the other. Never returns `None`: no semaphore
    /// is closed.
    async fn reserve(&self, caller: &str, bytes: usize) -> Option<Reservation> {
        let bytes = self.bytes(bytes);
        let of_caller = self.of(caller).acquire_many_owned(bytes).await.ok()?;
        let of_all = self.all.clone().acquire_many_owned(bytes).await.ok()?;
        Some(Reservation { _of_caller: of_caller, _of_all: of_all })
    }

    fn bytes(&self, bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX).clamp(1, self.max_of_caller.min(self.max))
    }

    fn of(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock();
        if let Some(own) = callers.get(caller) {
            return own.clone();
        }
        if callers.len() >= MAX_CALLERS {
            callers.retain(|_, own| Arc::strong_count(own) > 1);
        }
        let own = Arc::new(Semaphore::new(self.max_of_caller as usize));
        callers.insert(caller.to_owned(), own.clone());
        own
    }
}

/// Returns a limit as a number of permits, at least one: without any, nothing would get through.
fn permits(limit: Bytes) -> u32 {
    u32::try_from(limit.0).unwrap_or(u32::MAX).max(1)
}

/// Returns about what JSON takes in memory when it is parsed: each value but one is behind one of these characters, or
/// in the parameters of a URL behind an escaped one.
fn parsed_bytes(json: &[u8]) -> usize {
    let values = json.iter().filter(|byte| matches!(byte, b'[' | b'{' | b',' | b':' | b'%')).count();
    json.len() + JSON_VALUE_BYTES * values
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::time::Duration;

    fn waiting(own: usize, all: usize) -> WaitingBytes {
        let query_deadline = Duration::from_millis(20);
        WaitingBytes::new(Limits {
            waiting_bytes_per_caller: Bytes(own),
            waiting_bytes: Bytes(all),
            query_deadline,
            ..Limits::default()
        })
    }

    #[tokio::test]
    async fn a_caller_waits_for_its_own_room_and_others_do_not() {
        let waiting = waiting(100, 250);
        let first = waiting.reserve_to_read("ana", 60).await.unwrap_or_else(|_| panic!("there is room"));
        assert!(waiting.reserve_to_read("ana", 60).now_or_never().is_none());
        let _of_ben = waiting.reserve_to_read("ben", 90).await.unwrap_or_else(|_| panic!("he has room"));
        let refused = waiting.reserve_to_read("ana", 60).await.err().unwrap().message;
        assert!(refused.contains("100 bytes of one caller (`waiting_bytes_per_caller`)"), "{refused}");
        let second = waiting.reserve_to_read("ana", 60);
        let (second, ()) = tokio::join!(second, async { drop(first) });
        assert!(second.is_ok());
    }

    #[tokio::test]
    async fn all_callers_together_have_a_limit() {
        let waiting = waiting(100, 250);
        let mut rooms = Vec::new();
        for caller in ["ana", "ben"] {
            rooms.push(waiting.reserve_to_read(caller, 100).await.unwrap_or_else(|_| panic!("there is room")));
        }
        assert!(waiting.reserve_to_read("cleo", 60).await.is_err());
        rooms.pop();
        assert!(waiting.reserve_to_read("cleo", 60).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_larger_than_the_limit_has_it_alone() {
        let waiting = waiting(100, 250);
        let large = waiting.reserve_to_parse("ana", &[b'['; 1000]).await.unwrap_or_else(|_| panic!("there is room"));
        assert!(waiting.reserve_to_parse("ana", b"{}").await.is_err());
        drop(large);
        assert!(waiting.reserve_to_parse("ana", b"{}").await.is_ok());
    }

    #[tokio::test]
    async fn callers_without_requests_are_forgotten() {
        let waiting = waiting(100, 250);
        let _kept = waiting.reserve_to_read("ana", 1).await;
        for caller in 0..10 * MAX_CALLERS {
            let _ = waiting.reserve_to_read(&format!("caller-{caller}"), 1).await;
        }
        let callers = waiting.sent.callers.lock();
        assert!(callers.len() <= MAX_CALLERS && callers.contains_key("ana"), "{}", callers.len());
    }
}
