//! What a connection waits for, and until when it may wait.

use crate::limits::Limits;
use std::time::Duration;
use tokio::time::Instant;

/// The times of one connection.
#[derive(Debug)]
pub struct Clock {
    header_timeout: Duration,
    keep_alive: Duration,
    write_timeout: Duration,
    phase: Phase,
    /// Since when the client has read nothing of what is to be written.
    stalled: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request has to arrive, since this instant.
    Head(Instant),
    /// A request is under way, or the connection has become a socket, which has timeouts of its own.
    Busy(NextRequest),
    /// The last request is answered; nothing was read or written since this instant.
    Idle(Instant),
}

/// What is known of the next request while one is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NextRequest {
    /// What is read belongs to the body of the current request.
    NotExpected,
    /// The current request has arrived completely, and nothing was read since. What came together with its end is not
    /// noticed here.
    Expected,
    /// Its head has begun to arrive.
    Arriving,
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The head of its request took longer than `header_timeout`.
    SlowHead,
    /// It was idle for longer than `keep_alive` after a request.
    Idle,
    /// Its client read nothing of a response for longer than `write_timeout`.
    Stalled,
    /// Its slot was needed for another one: `connections` are open.
    Evicted,
}

impl CloseReason {
    /// Returns the setting of `[limits]` that was exceeded.
    pub fn setting(self) -> &'static str {
        match self {
            CloseReason::SlowHead => "header_timeout",
            CloseReason::Idle => "keep_alive",
            CloseReason::Stalled => "write_timeout",
            CloseReason::Evicted => "connections",
        }
    }
}

impl Clock {
    /// Returns the clock of a connection that is opened at this instant.
    pub fn new(limits: &Limits, now: Instant) -> Clock {
        let Limits { header_timeout, keep_alive, write_timeout, .. } = *limits;
        Clock { header_timeout, keep_alive, write_timeout, phase: Phase::Head(now), stalled: None }
    }

    /// Bytes were read.
    pub fn has_read(&mut self, now: Instant) {
        match self.phase {
            Phase::Idle(_) => self.phase = Phase::Head(now),
            Phase::Busy(NextRequest::Expected) => self.phase = Phase::Busy(NextRequest::Arriving),
            Phase::Head(_) | Phase::Busy(_) => {}
        }
    }

    /// The head of a request has arrived.
    pub fn begin_request(&mut self) {
        self.phase = Phase::Busy(NextRequest::NotExpected);
    }

    /// The body of the request has arrived, too.
    pub fn end_request(&mut self) {
        if let Phase::Busy(NextRequest::NotExpected) = self.phase {
            self.phase = Phase::Busy(NextRequest::Expected);
        }
    }

    /// The response is complete, even if it is not written yet.
    pub fn end_response(&mut self, now: Instant) {
        self.phase = match self.phase {
            Phase::Busy(NextRequest::Arriving) => Phase::Head(now),
            _ => Phase::Idle(now),
        };
    }

    /// Bytes were written.
    pub fn has_written(&mut self, now: Instant) {
        self.stalled = None;
        if let Phase::Idle(_) = self.phase {
            self.phase = Phase::Idle(now);
        }
    }

    /// Nothing can be written, since the client does not read.
    pub fn stall(&mut self, now: Instant) {
        self.stalled.get_or_insert(now);
    }

    /// Whether no request is under way.
    pub fn is_idle(&self) -> bool {
        !matches!(self.phase, Phase::Busy(_))
    }

    /// Returns until when something has to happen, and why the connection is closed if it does not.
    pub fn deadline(&self) -> Option<(Instant, CloseReason)> {
        let phase = match self.phase {
            Phase::Head(since) => Some((since + self.header_timeout, CloseReason::SlowHead)),
            Phase::Idle(since) => Some((since + self.keep_alive, CloseReason::Idle)),
            Phase::Busy(_) => None,
        };
        let stalled = self.stalled.map(|since| (since + self.write_timeout, CloseReason::Stalled));
        phase.into_iter().chain(stalled).min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_phase_has_its_own_timeout() {
        let limits = Limits {
            header_timeout: 10 * SECOND,
            keep_alive: 75 * SECOND,
            write_timeout: 30 * SECOND,
            ..Limits::default()
        };
        let began = Instant::now();
        let at = |seconds| began + seconds * SECOND;
        let mut clock = Clock::new(&limits, began);
        let deadline = |clock: &Clock| clock.deadline().map(|(at, reason)| ((at - began).as_secs(), reason));
        assert_eq!(deadline(&clock), Some((10, CloseReason::SlowHead)));
        clock.has_read(at(1));
        assert_eq!(
            deadline(&clock),
            Some((10, CloseReason::SlowHead)),
            "a byte now and then does not extend the timeout"
        );
        clock.begin_request();
        assert_eq!(deadline(&clock), None, "a response may take any time");
        clock.stall(at(1));
        clock.stall(at(2));
        assert_eq!(deadline(&clock), Some((31, CloseReason::Stalled)), "since the first attempt");
        clock.has_written(at(2));
        clock.end_response(at(2));
        assert_eq!(deadline(&clock), Some((77, CloseReason::Idle)));
        clock.has_written(at(3));
        assert_eq!(deadline(&clock), Some((78, CloseReason::Idle)), "a slow reader is not silent");
        clock.has_read(at(3));
        assert_eq!(deadline(&clock), Some((13, CloseReason::SlowHead)), "the next request has begun");
        clock.begin_request();
        clock.has_read(at(4));
        clock.end_request();
        clock.end_response(at(5));
        assert_eq!(deadline(&clock), Some((80, CloseReason::Idle)), "what was read was the body");
        clock.begin_request();
        clock.end_request();
        clock.has_read(at(6));
        clock.end_response(at(7));
        assert_eq!(
            deadline(&clock),
            Some((17, CloseReason::SlowHead)),
            "the next request began before the answer ended"
        );
    }
}
