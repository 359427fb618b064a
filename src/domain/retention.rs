//! How long old records are kept.

use super::duration;
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// How long something is kept; `None` for ever.
pub type Kept = Option<Duration>;

/// How long old records are kept. Releases and their targets are never deleted (R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// What commands wrote, from the end of their release on. After this time, the last lines of failed targets stay; after
    /// twice this time, nothing does.
    #[serde(deserialize_with = "kept")]
    pub output: Kept,
    #[serde(deserialize_with = "kept")]
    pub events: Kept,
    #[serde(deserialize_with = "kept")]
    pub audit: Kept,
}

impl Default for Retention {
    fn default() -> Retention {
        let days = |days: u64| Some(Duration::from_hours(24 * days));
        Retention { output: None, events: days(30), audit: days(365) }
    }
}

fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Kept, D::Error> {
    match String::deserialize(from)?.as_str() {
        "forever" => Ok(None),
        text => {
            duration::parse(text).map(Some).map_err(|mistake| de::Error::custom(format!("{mistake}, or \"forever\"")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_time_or_stays_for_ever() {
        let read = |text: &str| toml::from_str::<Retention>(text);
        assert_eq!(read("").unwrap(), Retention::default());
        let kept = read("output = '90d'\nevents = 'forever'\naudit = '1d'").unwrap();
        let days = |days: u64| Some(Duration::from_hours(24 * days));
        assert_eq!(kept, Retention { output: days(90), events: None, audit: days(1) });
        let mistake = read("events = 'always'").unwrap_err().to_string();
        assert!(mistake.contains("is not a duration") && mistake.contains("or \"forever\""), "{mistake}");
    }
}
