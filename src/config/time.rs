//! Lengths of time as people write them.

use jiff::{Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// Reads `90d`, `12h`, `1h 30m`, `500ms`; a day has 24 hours.
///
/// # Errors
/// A sentence on what is wrong.
pub fn length(text: &str) -> Result<Duration, String> {
    let span: Option<Span> = text.parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let length = length.and_then(|length| Duration::try_from(length).ok());
    length.ok_or_else(|| format!("{text:?} is no length of time: write for example \"90d\", \"12h\" or \"30m\""))
}

/// For fields of the file.
pub(super) fn field<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    length(&String::deserialize(from)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_nothing_else_is() {
        assert_eq!(length("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(length("1h 30m"), Ok(Duration::from_mins(90)));
        for wrong in ["", "90", "-1d", "soon", "1 month"] {
            assert!(length(wrong).is_err(), "{wrong:?}");
        }
    }
}
