//! Durations as people write them: one grammar for the whole configuration and the command line.

use jiff::fmt::friendly::SpanPrinter;
use jiff::{Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// Parses `90d`, `12h`, `1h 30m` or `500ms`; a day has 24 hours.
///
/// # Errors
/// A sentence that says what is wrong and what to write.
pub fn parse(text: &str) -> Result<Duration, String> {
    let span: Option<Span> = text.parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let length = length.and_then(|length| Duration::try_from(length).ok());
    length.ok_or_else(|| format!("{text:?} is not a duration: write for example \"90d\", \"12h\" or \"30m\""))
}

/// Formats a duration as [`parse`] reads it.
pub fn format(duration: Duration) -> String {
    SpanPrinter::new().unsigned_duration_to_string(&duration)
}

/// Deserializes a duration from its text.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(from)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_formatted_as_they_are_parsed() {
        for text in ["30s", "500ms", "1h 30m"] {
            assert_eq!(parse(text).map(format).as_deref(), Ok(text));
        }
    }

    #[test]
    fn durations_are_parsed_and_nothing_else_is() {
        assert_eq!(parse("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_mins(90)));
        for wrong in ["", "90", "-1d", "soon", "1 month"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
