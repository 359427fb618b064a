//! Times and durations as people write and read them.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, ToSpan as _, ZonedDateTime};
use std::time::Duration;

/// In which time zone times are shown and read.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The zone in which times are read: the one in which they are shown.
    read: TimeZone,
    /// The zone in which times are shown; `None` where another program reads them, in UTC and in full.
    shown: Option<TimeZone>,
}

impl Clock {
    /// Times in pipes are UTC; in a terminal they are local unless UTC was asked for. They are read and shown in one zone.
    pub fn new(is_terminal: bool, utc: bool) -> Clock {
        let zone = if utc || !is_terminal { TimeZone::UTC } else { TimeZone::system() };
        Clock { shown: is_terminal.then(|| zone.clone()), read: zone }
    }

    /// Formats a time: `2026-11-28 16:20` in a terminal, `2026-11-28T16:20:08Z` elsewhere.
    pub fn show(&self, time: Timestamp) -> String {
        match &self.shown {
            Some(zone) => time.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
            None => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    /// Formats a time of day with its seconds: `16:20:08` in a terminal, `2026-11-28T16:20:08Z` elsewhere.
    pub fn show_seconds(&self, time: Timestamp) -> String {
        match &self.shown {
            Some(zone) => time.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string(),
            None => self.show(time),
        }
    }

    /// Formats a time that is near `now`: in a terminal, `18:00` if it is on the same day.
    pub fn show_near(&self, time: Timestamp, now: Timestamp) -> String {
        let date = |time: Timestamp, zone: &TimeZone| time.to_zoned_datetime(zone.clone()).date();
        match &self.shown {
            Some(zone) if date(time, zone) == date(now, zone) => {
                time.to_zoned_datetime(zone.clone()).strftime("%H:%M").to_string()
            }
            _ => self.show(time),
        }
    }

    /// Reads a time that is to come: a time of day is the next one.
    pub fn coming(&self, text: &str, now: Timestamp) -> Result<Timestamp, String> {
        self.parse(text, now, |at, now| i8::from(at <= now))
    }

    /// Reads a time that has been: a time of day is the last one, and a duration is so long ago.
    pub fn past(&self, text: &str, now: Timestamp) -> Result<Timestamp, String> {
        match duration(text) {
            Ok(ago) => now.checked_sub(ago).map_err(|_| format!("{text:?} is too long ago")),
            Err(_) => self.parse(text, now, |at, now| if at <= now { 0 } else { -1 }),
        }
    }

    fn parse(
        &self,
        text: &str,
        now: Timestamp,
        days: fn(&ZonedDateTime, &ZonedDateTime) -> i8,
    ) -> Result<Timestamp, String> {
        let mistake = |_| {
            format!("{text:?} is not a time: write for example 18:00, \"2026-11-28 18:00\" or 2026-11-28T18:00:00Z")
        };
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(instant);
        }
        // A time of day has a colon and no date; `2026-11-28` could be read as one, too.
        if let (true, Ok(time)) = (text.len() <= 8 && text.contains(':'), text.parse::<Time>()) {
            let now = now.to_zoned_datetime(self.read.clone());
            let today = now.date().to_datetime(time).to_zoned_datetime(self.read.clone()).map_err(mistake)?;
            let on = today.date().checked_add(i64::from(days(&today, &now)).days()).map_err(mistake)?;
            return Ok(on.to_datetime(time).to_zoned_datetime(self.read.clone()).map_err(mistake)?.timestamp());
        }
        let civil: DateTime = text.parse().map_err(mistake)?;
        Ok(civil.to_zoned_datetime(self.read.clone()).map_err(mistake)?.timestamp())
    }
}

/// Reads a duration as the configuration has it: `90d`, `12h`, `1h 30m` or `500ms`; a day has 24 hours.
pub fn duration(text: &str) -> Result<Duration, String> {
    let span: Option<Span> = text.parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let length = length.and_then(|length| Duration::try_from(length).ok());
    length.ok_or_else(|| format!("{text:?} is not a duration: write for example 90d, 12h or 30m"))
}

/// The text that [`duration`] reads.
pub fn written(duration: Duration) -> String {
    format!("{}s", duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn berlin() -> Clock {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        Clock { read: zone.clone(), shown: Some(zone) }
    }

    #[test]
    fn a_time_of_day_is_the_next_one_or_the_last_one() {
        let now = at("2026-11-28T16:20:00Z");
        for (text, coming, past) in [
            ("18:00", "2026-11-28T17:00:00Z", "2026-11-27T17:00:00Z"),
            ("17:20", "2026-11-29T16:20:00Z", "2026-11-28T16:20:00Z"),
            ("08:00", "2026-11-29T07:00:00Z", "2026-11-28T07:00:00Z"),
        ] {
            assert_eq!(berlin().coming(text, now), Ok(at(coming)), "{text}");
            assert_eq!(berlin().past(text, now), Ok(at(past)), "{text}");
        }
        // The clocks change in between.
        assert_eq!(berlin().coming("08:00", at("2026-10-24T10:00:00Z")), Ok(at("2026-10-25T07:00:00Z")));
    }

    #[test]
    fn dates_instants_and_durations_are_read() {
        let now = at("2026-11-28T16:20:00Z");
        assert_eq!(berlin().coming("2026-12-01 18:00", now), Ok(at("2026-12-01T17:00:00Z")));
        assert_eq!(berlin().coming("2026-12-01", now), Ok(at("2026-11-30T23:00:00Z")));
        assert_eq!(berlin().coming("2026-12-01T18:00:00Z", now), Ok(at("2026-12-01T18:00:00Z")));
        assert_eq!(berlin().past("2h", now), Ok(at("2026-11-28T14:20:00Z")));
        for wrong in ["", "soon", "25:00", "18", "2026-13-01"] {
            assert!(berlin().coming(wrong, now).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_in_pipes_are_utc_and_in_full() {
        let time = at("2026-11-28T16:20:08.123Z");
        assert_eq!(Clock::new(false, false).show(time), "2026-11-28T16:20:08Z");
        assert_eq!(Clock::new(true, true).show(time), "2026-11-28 16:20");
        assert_eq!(berlin().show(time), "2026-11-28 17:20");
        let midnight = at("2026-11-28T23:00:00Z");
        assert_eq!(berlin().show_near(time, time), "17:20");
        assert_eq!(berlin().show_near(midnight, time), "2026-11-29 00:00");
        assert_eq!(Clock::new(false, false).show_near(time, time), "2026-11-28T16:20:08Z");
        for clock in [Clock::new(false, false), Clock::new(true, true)] {
            assert_eq!(clock.coming("18:00", time), Ok(at("2026-11-28T18:00:00Z")), "as it is shown");
        }
    }

    #[test]
    fn durations_have_the_grammar_of_the_configuration() {
        assert_eq!(duration("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        for wrong in ["", "90", "-1d", "soon", "1 month"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
