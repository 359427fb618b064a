//! One open connection, shared by its stream, its requests and its watchdog.

use super::clock::{Clock, CloseReason};
use super::slots::Slot;
use parking_lot::{Mutex, MutexGuard};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The clock and the slot of a connection.
pub struct OpenConnection {
    clock: Mutex<Clock>,
    slot: Slot,
}

impl OpenConnection {
    pub fn new(clock: Clock, slot: Slot) -> OpenConnection {
        OpenConnection { clock: Mutex::new(clock), slot }
    }

    /// Locks the clock.
    pub fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock()
    }

    /// The head of a request has arrived.
    pub fn begin_request(&self) {
        self.clock().begin_request();
        self.slot.set_busy();
    }

    /// The response is complete, and another request may come.
    pub fn end_response(&self) {
        self.clock().end_response(Instant::now());
        self.slot.set_idle();
    }

    /// Waits until the connection has to be closed. It must be polled after what drives the connection, in the same
    /// task.
    pub async fn must_close(&self) -> CloseReason {
        tokio::select! {
            biased;
            reason = self.expired() => reason,
            () = self.evicted() => CloseReason::Evicted,
        }
    }

    /// Waits until the clock's deadline. Each request moves the deadline, so the timer is reset only for an earlier
    /// instant, or when it has elapsed.
    async fn expired(&self) -> CloseReason {
        let timer = sleep(Duration::ZERO);
        tokio::pin!(timer);
        poll_fn(|context| {
            loop {
                let Some((at, reason)) = self.clock().deadline() else { return Poll::Pending };
                if at < timer.deadline() {
                    timer.as_mut().reset(at);
                }
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                if at <= timer.deadline() {
                    return Poll::Ready(reason);
                }
                timer.as_mut().reset(at);
            }
        })
        .await
    }

    /// Waits until another connection needs the slot while this one has no request under way.
    async fn evicted(&self) {
        loop {
            self.slot.evicted().await;
            if self.clock().is_idle() {
                return;
            }
        }
    }
}
