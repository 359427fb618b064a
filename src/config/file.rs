//! The form of `lockkeeper.toml`. An unknown key is a mistake.

use super::LogFormat;
use crate::domain::release::OnFailure;
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::release::rollout::{Amount, MAX_PARALLEL};
use crate::domain::retention::Retention;
use crate::domain::{Word, duration};
use crate::limits::Limits;
use crate::net::Access;
use crate::worker::Timing;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    pub listen: Option<SocketAddr>,
    pub database_url: Option<String>,
    pub log_format: Option<LogFormat>,
    pub state_dir: Option<PathBuf>,
    pub no_worker: bool,
    pub trusted_documents: Option<PathBuf>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub server: Access,
    pub rollout: Rollout,
    pub keep: Retention,
    pub worker: Worker,
    pub limits: Limits,
    /// Read by the kinds of executor, each with settings of its own.
    executors: IgnoredAny,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Worker {
    #[serde(deserialize_with = "duration::deserialize")]
    drain: Duration,
    #[serde(deserialize_with = "lease")]
    lease: Duration,
}

impl Default for Worker {
    fn default() -> Self {
        let Timing { drain, dead_after, .. } = Timing::default();
        Worker { drain, lease: dead_after }
    }
}

impl From<Worker> for Timing {
    fn from(Worker { drain, lease }: Worker) -> Self {
        Timing { drain, ..Timing::of_lease(lease) }
    }
}

/// With a shorter lease, a busy machine would lose it; with a longer one, recovery would take too long.
fn lease<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let lease = duration::deserialize(from)?;
    match (Duration::from_secs(5)..=Duration::from_mins(10)).contains(&lease) {
        true => Ok(lease),
        false => Err(de::Error::custom("a lease must be from 5 seconds to 10 minutes")),
    }
}

/// How a release proceeds by default (R16).
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rollout {
    #[serde(deserialize_with = "parallel")]
    max_parallel: Option<Amount>,
    #[serde(deserialize_with = "amount")]
    max_failures: Option<Amount>,
    #[serde(deserialize_with = "on_failure")]
    on_failure: Option<OnFailure>,
    withdraw_on_undo: Option<bool>,
}

impl From<Rollout> for RolloutDefaults {
    fn from(file: Rollout) -> Self {
        let default = RolloutDefaults::default();
        RolloutDefaults {
            max_parallel: file.max_parallel.unwrap_or(default.max_parallel),
            max_failures: file.max_failures.unwrap_or(default.max_failures),
            on_failure: file.on_failure.unwrap_or(default.on_failure),
            withdraw_on_undo: file.withdraw_on_undo.unwrap_or(default.withdraw_on_undo),
        }
    }
}

fn parallel<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Amount>, D::Error> {
    match from.deserialize_any(Amounts)? {
        Amount::Count(count) if !(1..=MAX_PARALLEL).contains(&count) => Err(de::Error::custom(format!(
            "max_parallel must be from 1 to {MAX_PARALLEL}, or a share such as \"10%\"; it is {count}"
        ))),
        amount => Ok(Some(amount)),
    }
}

fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Amount>, D::Error> {
    from.deserialize_any(Amounts).map(Some)
}

/// A number such as `5`, or a share such as `"10%"`.
struct Amounts;

impl de::Visitor<'_> for Amounts {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of targets such as 5, or a share such as \"10%\"")
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<Amount, E> {
        match count {
            0..=1_000_000 => Ok(Amount::Count(count)),
            _ => Err(E::invalid_value(de::Unexpected::Signed(count), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
        let percent = text.strip_suffix('%').and_then(|digits| digits.parse().ok());
        match percent {
            Some(percent @ 0..=100) => Ok(Amount::Percent(percent)),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }
}

fn on_failure<'de, D: Deserializer<'de>>(from: D) -> Result<Option<OnFailure>, D::Error> {
    let word = String::deserialize(from)?;
    let known = OnFailure::from_word(&word.to_uppercase());
    known.map(Some).ok_or_else(|| {
        de::Error::invalid_value(de::Unexpected::Str(&word), &"\"stop\", \"continue\", \"pause\" or \"undo\"")
    })
}
