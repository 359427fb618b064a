//! Executors as the configuration file declares them: `[executors.NAME]`.

use super::command::{Command, Probe};
use super::simulate::Simulate;
use super::{Executor, How, OnLost};
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// One `[executors.NAME]` of the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ExecutorSettings {
    /// A program of this machine.
    Command(CommandSettings),
    /// Nothing at all, for demonstrations and measurements.
    Simulate(SimulateSettings),
}

/// Settings of `kind = "command"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    program: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default = "ten_minutes", deserialize_with = "duration")]
    timeout: Duration,
    #[serde(default)]
    on_lost: OnLost,
    #[serde(default)]
    shares_host: bool,
    probe: Option<ProbeSettings>,
}

/// Settings of `[executors.NAME.probe]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSettings {
    program: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "ten_seconds", deserialize_with = "duration")]
    timeout: Duration,
}

/// Settings of `kind = "simulate"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulateSettings {
    #[serde(default, deserialize_with = "duration")]
    delay: Duration,
    #[serde(default, deserialize_with = "duration")]
    jitter: Duration,
    #[serde(default)]
    lines: u32,
    #[serde(default)]
    fail_hosts: Vec<String>,
    #[serde(default)]
    fail_every: u32,
    #[serde(default = "ten_minutes", deserialize_with = "duration")]
    timeout: Duration,
    #[serde(default)]
    on_lost: OnLost,
    #[serde(default)]
    shares_host: bool,
}

impl ExecutorSettings {
    /// The executor of this name.
    pub fn named(self, name: impl Into<String>) -> Executor {
        let name = name.into();
        match self {
            ExecutorSettings::Command(CommandSettings { timeout, on_lost, shares_host, program, args, env, probe }) => {
                let probe = probe.map(|ProbeSettings { program, args, timeout }| Probe { program, args, timeout });
                let how = How::Command(Command { program, args, env, probe });
                Executor { name, timeout, shares_host, on_lost, how }
            }
            ExecutorSettings::Simulate(settings) => {
                let SimulateSettings { delay, jitter, lines, fail_hosts, fail_every, .. } = settings;
                let SimulateSettings { timeout, on_lost, shares_host, .. } = settings;
                let how = How::Simulate(Simulate { delay, jitter, lines, fail_hosts, fail_every });
                Executor { name, timeout, shares_host, on_lost, how }
            }
        }
    }
}

const fn ten_minutes() -> Duration {
    Duration::from_mins(10)
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

/// A length of time as a person writes it: `500ms`, `2s`, `10m`, `1h 30m`.
fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| {
        let expected = "a length of time such as \"500ms\", \"30s\" or \"10m\"";
        de::Error::invalid_value(de::Unexpected::Str(&text), &expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, ExecutorSettings>, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn executors_are_read_with_their_defaults() {
        let text = "[web]\nkind = 'command'\nprogram = '/bin/true'\ntimeout = '90s'\non_lost = 'retry'\n\
                    [web.probe]\nprogram = '/bin/false'\n[demo]\nkind = 'simulate'\ndelay = '1m 30s'";
        let mut read = read(text).unwrap();
        let web = read.remove("web").unwrap().named("web");
        assert_eq!((web.timeout, web.on_lost, web.kind()), (Duration::from_secs(90), OnLost::Retry, "command"));
        assert!(!web.shares_host);
        let demo = read.remove("demo").unwrap().named("demo");
        assert!(matches!(demo.how, How::Simulate(Simulate { delay, .. }) if delay == Duration::from_secs(90)));
        assert_eq!((demo.timeout, demo.on_lost), (Duration::from_mins(10), OnLost::Resolve));
    }

    #[test]
    fn a_mistake_is_refused_and_told_with_its_place() {
        for (wrong, told) in [
            ("kind = 'command'\nprogram = '/x'\nprogarm = 1", "unknown field `progarm`"),
            ("kind = 'command'\nprogram = '/x'\ntimeout = '10 parsecs'", "a length of time"),
            ("kind = 'command'\nprogram = '/x'\ntimeout = '-1s'", "a length of time"),
            ("kind = 'simulate'\nprogram = '/x'", "unknown field `program`"),
            ("kind = 'command'", "missing field `program`"),
            ("kind = 'carrier-pigeon'", "unknown variant"),
        ] {
            let error = read(&format!("\n[web]\n{wrong}")).unwrap_err();
            assert!(error.message().contains(told), "{error}");
            assert!(error.span().is_some_and(|span| span.start >= 1), "{error}");
        }
    }
}
