//! Until when the targets of a release may start (R21).

use crate::domain::Timestamp;

/// How long before the deadline the event `DEADLINE` comes: an hour.
const NOTICE_MS: i64 = 3_600_000;

/// The deadline of a release: what has not started by then is canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub at: Timestamp,
    /// When the event `DEADLINE` is due; `None` if the deadline is set too late for it.
    pub event_at: Option<Timestamp>,
}

impl Deadline {
    /// The deadline of a release that was accepted at this instant, set `now` to this number of seconds after that.
    pub fn set(accepted_at: Timestamp, seconds: i64, now: Timestamp) -> Deadline {
        let at = Timestamp(accepted_at.0 + seconds * 1000);
        let event_at = Timestamp(at.0 - NOTICE_MS);
        Deadline { at, event_at: (event_at > now).then_some(event_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    #[test]
    fn r21_the_event_comes_an_hour_before_unless_less_is_left_when_the_deadline_is_set() {
        let accepted = Timestamp(1000);
        let deadline = |seconds, now| Deadline::set(accepted, seconds, Timestamp(now)).event_at;
        assert_eq!(Deadline::set(accepted, 2 * HOUR, accepted).at, Timestamp(1000 + 2 * HOUR * 1000));
        assert_eq!(deadline(2 * HOUR, 1000), Some(Timestamp(1000 + HOUR * 1000)));
        assert_eq!(deadline(HOUR, 1000), None);
        assert_eq!(deadline(2 * HOUR, 1000 + HOUR * 1000), None);
        assert_eq!(deadline(HOUR + 1, 1000), Some(Timestamp(2000)));
    }
}
