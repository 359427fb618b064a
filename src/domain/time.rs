//! Instants, in whole milliseconds.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
/// The last instant that RFC 3339 can write; people mean "never" by it.
const LAST: DateTime = DateTime::constant(9999, 12, 31, 23, 59, 59, 999_000_000);

/// An instant in milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant by this machine's clock, cut to milliseconds.
    pub fn now() -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Reads RFC 3339, with any offset, in the years 0 to 9999; what is finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
        let local = pieces.date().to_datetime(pieces.time()?);
        let offset = SignedDuration::from_secs(pieces.to_numeric_offset()?.seconds().into());
        let instant = local.checked_sub(offset).ok().filter(|instant| instant.year() >= 0)?;
        i64::try_from(instant.duration_since(EPOCH).as_millis()).ok().map(Timestamp)
    }

    /// Writes this instant for a message: in UTC, with its date unless that is the date of `now`, with seconds only
    /// where there are some.
    pub fn short(self, now: Timestamp) -> String {
        let (instant, today) = (self.to_datetime(), now.to_datetime());
        let time = if instant.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        let date = if instant.date() == today.date() { "" } else { "%Y-%m-%d " };
        format!("{} UTC", instant.strftime(&format!("{date}{time}")))
    }

    fn to_datetime(self) -> DateTime {
        EPOCH.checked_add(SignedDuration::from_millis(self.0)).unwrap_or(LAST)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with three decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.3}Z", self.to_datetime()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_makes_the_round_trip() {
        let instant = Timestamp(1_795_000_000_007);
        assert_eq!(instant.to_string(), "2026-11-18T11:06:40.007Z");
        assert_eq!(Timestamp::parse(&instant.to_string()), Some(instant));
        assert_eq!(Timestamp::parse("2026-11-18T12:06:40.0079+01:00"), Some(instant));
        assert_eq!(Timestamp::parse("1969-12-31T23:59:59.999Z"), Some(Timestamp(-1)));
    }

    #[test]
    fn an_instant_is_one_that_rfc_3339_can_write() {
        for edge in ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"] {
            assert_eq!(Timestamp::parse(edge).map(|instant| instant.to_string()).as_deref(), Some(edge));
        }
        let never = Timestamp::parse("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(never.to_string(), "9999-12-31T23:59:59.000Z");
        for wrong in [
            "yesterday",
            "2026-11-24",
            "2026-11-24T08:00:00",
            "2026-02-30T08:00:00Z",
            "2026-11-24T08:00:00Z[UTC]",
            "-000001-12-31T23:59:59Z",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }
}
