//! One open connection, as its reading, its requests and its watchdog see it.

use super::clock::{Clock, Why};
use super::places::Place;
use parking_lot::{Mutex, MutexGuard};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub struct Opened {
    clock: Mutex<Clock>,
    place: Place,
}

impl Opened {
    pub fn new(clock: Clock, place: Place) -> Opened {
        Opened { clock: Mutex::new(clock), place }
    }

    /// Its clock, for a moment.
    pub fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock()
    }

    /// The head of a request has arrived.
    pub fn begin(&self) {
        self.clock().begin();
        self.place.busy();
    }

    /// A request is answered, and another one may come.
    pub fn answered(&self) {
        self.clock().answered(Instant::now());
        self.place.idle();
    }

    /// Waits until the connection has to go. It has to be polled after what drives the connection, in the same task.
    pub async fn ended(&self) -> Why {
        tokio::select! {
            biased;
            why = self.expired() => why,
            () = self.evicted() => Why::Place,
        }
    }

    /// Waits until its time is over. Each request moves the deadline, so the timer is set only for an earlier instant, or
    /// when it has gone off.
    async fn expired(&self) -> Why {
        let timer = sleep(Duration::ZERO);
        tokio::pin!(timer);
        poll_fn(|context| {
            loop {
                let Some((at, why)) = self.clock().deadline() else { return Poll::Pending };
                if at < timer.deadline() {
                    timer.as_mut().reset(at);
                }
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                if at <= timer.deadline() {
                    return Poll::Ready(why);
                }
                timer.as_mut().reset(at);
            }
        })
        .await
    }

    /// Waits until its place is needed by another one, while it has no request under way.
    async fn evicted(&self) {
        loop {
            self.place.evicted().await;
            if self.clock().is_waiting() {
                return;
            }
        }
    }
}
