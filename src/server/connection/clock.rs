//! What a connection waits for, and until when.

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
    /// Since when the client has taken nothing of what is to be written.
    stalled: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request has to arrive, since this instant.
    Head(Instant),
    /// A request is under way, or the connection has become a socket, which has times of its own.
    Busy(Next),
    /// The last request is answered; nothing was read or written since this instant.
    Idle(Instant),
}

/// What is known of the next request while one is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// What is read belongs to the body of this one.
    Behind,
    /// This one has arrived in whole, and nothing was read since. What came together with its end is not seen here.
    Away,
    /// Its head has begun to arrive.
    Begun,
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The head of its request took longer than `header_timeout`.
    Head,
    /// It was silent for longer than `keep_alive` after a request.
    Silence,
    /// It took nothing of an answer for longer than `write_timeout`.
    Stalled,
    /// Its place was needed: `connections` are open.
    Place,
}

impl Why {
    /// The setting of `[limits]` behind the reason.
    pub fn word(self) -> &'static str {
        match self {
            Why::Head => "header_timeout",
            Why::Silence => "keep_alive",
            Why::Stalled => "write_timeout",
            Why::Place => "connections",
        }
    }
}

impl Clock {
    /// The clock of a connection that is opened at this instant.
    pub fn new(limits: &Limits, now: Instant) -> Clock {
        let Limits { header_timeout, keep_alive, write_timeout, .. } = *limits;
        Clock { header_timeout, keep_alive, write_timeout, phase: Phase::Head(now), stalled: None }
    }

    /// Something was read.
    pub fn read(&mut self, now: Instant) {
        match self.phase {
            Phase::Idle(_) => self.phase = Phase::Head(now),
            Phase::Busy(Next::Away) => self.phase = Phase::Busy(Next::Begun),
            Phase::Head(_) | Phase::Busy(_) => {}
        }
    }

    /// The head of a request has arrived.
    pub fn begin(&mut self) {
        self.phase = Phase::Busy(Next::Behind);
    }

    /// The body of the request has arrived, too.
    pub fn arrived(&mut self) {
        if let Phase::Busy(Next::Behind) = self.phase {
            self.phase = Phase::Busy(Next::Away);
        }
    }

    /// The answer is complete, even if it is not written yet.
    pub fn answered(&mut self, now: Instant) {
        self.phase = match self.phase {
            Phase::Busy(Next::Begun) => Phase::Head(now),
            _ => Phase::Idle(now),
        };
    }

    /// The client took something.
    pub fn wrote(&mut self, now: Instant) {
        self.stalled = None;
        if let Phase::Idle(_) = self.phase {
            self.phase = Phase::Idle(now);
        }
    }

    /// The client could not take anything more.
    pub fn stalled(&mut self, now: Instant) {
        self.stalled.get_or_insert(now);
    }

    /// Whether no request is under way.
    pub fn is_waiting(&self) -> bool {
        !matches!(self.phase, Phase::Busy(_))
    }

    /// Until when something has to happen, and why the connection is closed if it does not.
    pub fn deadline(&self) -> Option<(Instant, Why)> {
        let phase = match self.phase {
            Phase::Head(since) => Some((since + self.header_timeout, Why::Head)),
            Phase::Idle(since) => Some((since + self.keep_alive, Why::Silence)),
            Phase::Busy(_) => None,
        };
        let stalled = self.stalled.map(|since| (since + self.write_timeout, Why::Stalled));
        phase.into_iter().chain(stalled).min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_phase_has_its_own_time() {
        let limits = Limits {
            header_timeout: 10 * SECOND,
            keep_alive: 75 * SECOND,
            write_timeout: 30 * SECOND,
            ..Limits::default()
        };
        let began = Instant::now();
        let at = |seconds| began + seconds * SECOND;
        let mut clock = Clock::new(&limits, began);
        let deadline = |clock: &Clock| clock.deadline().map(|(at, why)| ((at - began).as_secs(), why));
        assert_eq!(deadline(&clock), Some((10, Why::Head)));
        clock.read(at(1));
        assert_eq!(deadline(&clock), Some((10, Why::Head)), "a byte now and then gives no more time");
        clock.begin();
        assert_eq!(deadline(&clock), None, "an answer may take as long as it takes");
        clock.stalled(at(1));
        clock.stalled(at(2));
        assert_eq!(deadline(&clock), Some((31, Why::Stalled)), "since the first attempt");
        clock.wrote(at(2));
        clock.answered(at(2));
        assert_eq!(deadline(&clock), Some((77, Why::Silence)));
        clock.wrote(at(3));
        assert_eq!(deadline(&clock), Some((78, Why::Silence)), "a slow reader is not silent");
        clock.read(at(3));
        assert_eq!(deadline(&clock), Some((13, Why::Head)), "the next request has begun");
        clock.begin();
        clock.read(at(4));
        clock.arrived();
        clock.answered(at(5));
        assert_eq!(deadline(&clock), Some((80, Why::Silence)), "what was read was the body");
        clock.begin();
        clock.arrived();
        clock.read(at(6));
        clock.answered(at(7));
        assert_eq!(deadline(&clock), Some((17, Why::Head)), "the next request began before the answer ended");
    }
}
