//! Settings of `kind = "command"`.

use super::environment::{self, Environment, Variables};
use super::{Command, Probe};
use crate::domain::duration;
use serde::{Deserialize, Deserializer, de};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    #[serde(deserialize_with = "program")]
    program: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default, deserialize_with = "environment::variables")]
    env: Variables,
    #[serde(default, deserialize_with = "environment::secrets")]
    secrets: Option<Variables>,
    secrets_file: Option<PathBuf>,
    probe: Option<ProbeSettings>,
}

/// The table `[executors.NAME.probe]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeSettings {
    #[serde(deserialize_with = "program")]
    program: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "ten_seconds", deserialize_with = "duration::deserialize")]
    timeout: Duration,
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

impl TryFrom<Settings> for Command {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Command, String> {
        let Settings { program, args, env, secrets, secrets_file, probe } = settings;
        let secrets = match (secrets, secrets_file) {
            (Some(_), Some(_)) => return Err("set secrets by `secrets` or by `secrets_file`, not by both".into()),
            (secrets, None) => secrets.unwrap_or_default(),
            (None, Some(file)) => environment::secrets_file(&file)?,
        };
        let env = Environment::new(env, secrets)?;
        let probe = probe.map(|ProbeSettings { program, args, timeout }| Probe { program, args, timeout });
        Ok(Command { program, args, env, probe })
    }
}

/// The path of a program to start.
fn program<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(from)?;
    match text.is_empty() || text.contains('\0') {
        true => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &"the path of a program")),
        false => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Executor;

    fn read(text: &str) -> Result<Command, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn a_probe_has_a_timeout_of_its_own() {
        let probe = read("program = '/x'\nprobe = { program = '/y' }").unwrap().probe.unwrap();
        assert_eq!((probe.program, probe.timeout), ("/y".into(), Duration::from_secs(10)));
        let probe = read("program = '/x'\nprobe = { program = '/y', timeout = '1m 30s' }").unwrap().probe.unwrap();
        assert_eq!(probe.timeout, Duration::from_secs(90));
    }

    #[test]
    fn a_mistake_is_refused_and_says_what_is_wrong() {
        for (wrong, expected) in [
            ("program = ''", "the path of a program"),
            ("program = '/x'\nprobe = { program = '' }", "the path of a program"),
            ("program = '/x'\nprobe = { program = '/y', every = '1m' }", "unknown field `every`"),
            ("program = '/x'\nprobe = { program = '/y', timeout = '-1s' }", "is not a duration"),
            ("program = '/x'\nenv = { LOCKKEEPER_VERSION = '1' }", "cannot be set"),
            ("program = '/x'\nenv = { 'A=B' = '1' }", "cannot be set"),
            ("program = '/x'\nsecrets = { LOCKKEEPER_VERSION = '1' }", "cannot be set"),
            ("program = '/x'\nsecrets = { A = 5 }", "the secret \"A\" must be a string"),
            ("program = '/x'\nenv = { A = '1' }\nsecrets = { A = '1' }", "in `env` and in the secrets"),
            ("program = '/x'\nsecrets_file = '/none/such'", "/none/such cannot be read"),
            ("program = '/x'\nsecrets = {}\nsecrets_file = '/x'", "not by both"),
            ("", "missing field `program`"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
            let mistake = Executor::parse("web", &format!("kind = 'command'\n{wrong}")).unwrap_err();
            assert!(mistake.span.is_some(), "{mistake}");
        }
    }

    #[test]
    fn secrets_are_read_from_either_place_and_shown_by_neither() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secrets.toml");
        std::fs::write(&file, "# who deploys\nTOKEN = \"top-secret-value\"\n").unwrap();
        for secrets in ["secrets = { TOKEN = 'top-secret-value' }", &format!("secrets_file = {file:?}")] {
            let command = read(&format!("program = '/x'\nenv = {{ PLAIN = 'seen' }}\n{secrets}")).unwrap();
            let shown = format!("{command:?}");
            assert!(shown.contains("seen") && shown.contains("TOKEN") && !shown.contains("top-secret"), "{shown}");
            assert_eq!(command.env.get("TOKEN"), Some("top-secret-value"));
        }
        for (wrong, line) in [("TOKEN = \"top-secret-value\"\nTOP_SECRET", 2), ("\nTOKEN = 12345678", 2)] {
            std::fs::write(&file, wrong).unwrap();
            let error = read(&format!("program = '/x'\nsecrets_file = {file:?}")).unwrap_err();
            assert!(error.message().contains(&format!("line {line}")), "{error}");
            assert!(!["top-secret", "12345678"].iter().any(|value| error.to_string().contains(value)), "{error}");
        }
    }
}
