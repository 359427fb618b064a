//! Executors as the configuration file declares them: `[executors.NAME]`.

use super::command::{Command, Probe};
use super::environment::{self, Environment, Variables};
use super::simulate::Simulate;
use super::{Executor, How};
use crate::domain::duration;
use crate::domain::order::OnLost;
use crate::domain::release::rollout::LONGEST;
use serde::{Deserialize, Deserializer, de};
use std::path::PathBuf;
use std::time::Duration;

/// One `[executors.NAME]` of the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub enum ExecutorSettings {
    /// A program of this machine.
    Command(CommandSettings),
    /// Nothing at all, for demonstrations and measurements.
    Simulate(SimulateSettings),
}

/// Settings of `kind = "command"`.
#[derive(Clone, Debug)]
pub struct CommandSettings {
    program: PathBuf,
    args: Vec<String>,
    env: Environment,
    timeout: Duration,
    on_lost: OnLost,
    shares_host: bool,
    probe: Option<ProbeSettings>,
}

/// Settings of `[executors.NAME.probe]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSettings {
    #[serde(deserialize_with = "program")]
    program: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "ten_seconds", deserialize_with = "duration::deserialize")]
    timeout: Duration,
}

/// Settings of `kind = "simulate"`.
#[derive(Clone, Debug)]
pub struct SimulateSettings {
    delay: Duration,
    jitter: Duration,
    lines: u32,
    fail_hosts: Vec<String>,
    fail_every: u32,
    timeout: Duration,
    on_lost: OnLost,
    shares_host: bool,
}

/// What can be written of any kind: read as one, so that a mistake is told with its line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: Kind,
    #[serde(default = "ten_minutes", deserialize_with = "start_time")]
    timeout: Duration,
    #[serde(default)]
    on_lost: OnLost,
    #[serde(default)]
    shares_host: bool,
    #[serde(default, deserialize_with = "some_program")]
    program: Option<PathBuf>,
    args: Option<Vec<String>>,
    #[serde(default, deserialize_with = "environment::variables")]
    env: Option<Variables>,
    #[serde(default, deserialize_with = "environment::secrets")]
    secrets: Option<Variables>,
    secrets_file: Option<PathBuf>,
    probe: Option<ProbeSettings>,
    #[serde(default, deserialize_with = "some_duration")]
    delay: Option<Duration>,
    #[serde(default, deserialize_with = "some_duration")]
    jitter: Option<Duration>,
    lines: Option<u32>,
    fail_hosts: Option<Vec<String>>,
    fail_every: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Command,
    Simulate,
}

impl TryFrom<Written> for ExecutorSettings {
    type Error = String;

    fn try_from(written: Written) -> Result<ExecutorSettings, String> {
        let Written { kind, timeout, on_lost, shares_host, program, args, env, probe, .. } = written;
        let Written { secrets, secrets_file, delay, jitter, lines, fail_hosts, fail_every, .. } = written;
        let of_commands = [
            ("program", program.is_some()),
            ("args", args.is_some()),
            ("env", env.is_some()),
            ("secrets", secrets.is_some()),
            ("secrets_file", secrets_file.is_some()),
            ("probe", probe.is_some()),
        ];
        let of_simulations = [
            ("delay", delay.is_some()),
            ("jitter", jitter.is_some()),
            ("lines", lines.is_some()),
            ("fail_hosts", fail_hosts.is_some()),
            ("fail_every", fail_every.is_some()),
        ];
        let (strange, of) = match kind {
            Kind::Command => (&of_simulations[..], "command"),
            Kind::Simulate => (&of_commands[..], "simulate"),
        };
        if let Some((field, _)) = strange.iter().find(|(_, given)| *given) {
            return Err(format!("unknown field `{field}` for the kind \"{of}\""));
        }
        Ok(match kind {
            Kind::Command => ExecutorSettings::Command(CommandSettings {
                program: program.ok_or("missing field `program`")?,
                args: args.unwrap_or_default(),
                env: Environment::new(env.unwrap_or_default(), the_secrets(secrets, secrets_file)?)?,
                timeout,
                on_lost,
                shares_host,
                probe,
            }),
            Kind::Simulate => ExecutorSettings::Simulate(SimulateSettings {
                delay: delay.unwrap_or_default(),
                jitter: jitter.unwrap_or_default(),
                lines: lines.unwrap_or_default(),
                fail_hosts: fail_hosts.unwrap_or_default(),
                fail_every: fail_every.unwrap_or_default(),
                timeout,
                on_lost,
                shares_host,
            }),
        })
    }
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

/// A duration that may be left out.
fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration::deserialize(from).map(Some)
}

/// The longest time for one start, within what a rollout can say.
fn start_time<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = duration::deserialize(from)?;
    let most = Duration::from_secs(LONGEST.unsigned_abs());
    match (Duration::from_secs(1)..=most).contains(&time) {
        true => Ok(time),
        false => Err(de::Error::custom("one start takes at least a second and at most 24 hours")),
    }
}

/// A program to start.
fn program<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(from)?;
    match text.is_empty() || text.contains('\0') {
        true => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &"the path of a program")),
        false => Ok(text.into()),
    }
}

fn some_program<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    program(from).map(Some)
}

/// Secrets that stand in the configuration, or in a file of their own.
fn the_secrets(secrets: Option<Variables>, file: Option<PathBuf>) -> Result<Variables, String> {
    match (secrets, file) {
        (Some(_), Some(_)) => Err("set secrets by `secrets` or by `secrets_file`, not by both".into()),
        (secrets, None) => Ok(secrets.unwrap_or_default()),
        (None, Some(file)) => environment::secrets_file(&file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

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
            ("kind = 'command'\nprogram = ''", "the path of a program"),
            ("kind = 'command'\nprogram = '/x'\nprobe = { program = '' }", "the path of a program"),
            ("kind = 'command'\nprogram = '/x'\nenv = { LOCKKEEPER_VERSION = '1' }", "cannot be set"),
            ("kind = 'command'\nprogram = '/x'\nenv = { 'A=B' = '1' }", "cannot be set"),
            ("kind = 'command'\nprogram = '/x'\nsecrets = { LOCKKEEPER_VERSION = '1' }", "cannot be set"),
            ("kind = 'command'\nprogram = '/x'\nsecrets = { A = 5 }", "the secret \"A\" is not a text"),
            (
                "kind = 'command'\nprogram = '/x'\nenv = { A = '1' }\nsecrets = { A = '1' }",
                "by `env` and by the secrets",
            ),
            ("kind = 'command'\nprogram = '/x'\nsecrets_file = '/none/such'", "/none/such cannot be read"),
            ("kind = 'command'\nprogram = '/x'\nsecrets = {}\nsecrets_file = '/x'", "not by both"),
            ("kind = 'simulate'\nsecrets = { A = '1' }", "unknown field `secrets`"),
            ("kind = 'simulate'\ntimeout = '900ms'", "at least a second"),
            ("kind = 'simulate'\ntimeout = '25h'", "at most 24 hours"),
            ("kind = 'command'", "missing field `program`"),
            ("kind = 'carrier-pigeon'", "unknown variant"),
        ] {
            let error = read(&format!("\n[web]\n{wrong}")).unwrap_err();
            assert!(error.message().contains(told), "{error}");
            assert!(error.span().is_some_and(|span| span.start >= 1), "{error}");
        }
    }
    #[test]
    fn secrets_are_read_from_either_place_and_shown_by_neither() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secrets.toml");
        std::fs::write(&file, "# who deploys\nTOKEN = \"top-secret-value\"\n").unwrap();
        for secrets in ["secrets = { TOKEN = 'top-secret-value' }", &format!("secrets_file = {file:?}")] {
            let text = format!("[web]\nkind = 'command'\nprogram = '/x'\nenv = {{ PLAIN = 'seen' }}\n{secrets}");
            let settings = read(&text).unwrap().remove("web").unwrap();
            let shown = format!("{settings:?} {:?}", settings.clone().named("web"));
            assert!(shown.contains("seen") && shown.contains("TOKEN") && !shown.contains("top-secret"), "{shown}");
            let How::Command(command) = settings.named("web").how else { panic!("a command") };
            assert!(
                command
                    .env
                    .iter()
                    .any(|(name, value)| (name.as_str(), value.as_str()) == ("TOKEN", "top-secret-value"))
            );
        }
        for (wrong, line) in [("TOKEN = \"top-secret-value\"\nTOP_SECRET", 2), ("\nTOKEN = 12345678", 2)] {
            std::fs::write(&file, wrong).unwrap();
            let error = read(&format!("[web]\nkind = 'command'\nprogram = '/x'\nsecrets_file = {file:?}")).unwrap_err();
            assert!(error.message().contains(&format!("mistake in line {line}")), "{error}");
            assert!(!["top-secret", "12345678"].iter().any(|value| error.to_string().contains(value)), "{error}");
        }
    }
}
