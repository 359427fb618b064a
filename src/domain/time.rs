//! Instants, as everything here keeps them: whole milliseconds.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// An instant in milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant by this machine's clock, cut to milliseconds.
    pub fn now() -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Reads RFC 3339, with any offset; what is finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<Timestamp> {
        text.parse::<jiff::Timestamp>().ok().map(|instant| Timestamp(instant.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with three decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        f.pad(&format!("{instant:.3}"))
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
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
