//! Settings of `kind = "command"`.

use super::environment::{self, Environment, Variables};
use super::{Command, Probe};
use crate::domain::duration;
use rustix::fs::{Access, access};
use serde::{Deserialize, Deserializer, de};
use std::path::{Path, PathBuf};
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
    #[serde(default, deserialize_with = "directory")]
    dir: Option<PathBuf>,
    #[serde(default = "default_grace", deserialize_with = "duration::deserialize")]
    grace: Duration,
    #[serde(default, deserialize_with = "duration::deserialize")]
    idle_timeout: Duration,
    #[serde(default)]
    merge: bool,
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
    #[serde(default, deserialize_with = "every")]
    every: Option<Duration>,
}

/// Reads how often to probe. A shorter time would keep hosts busy with nothing else.
pub fn every<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    match duration::deserialize(from)? {
        every if every < Duration::from_secs(1) => {
            Err(de::Error::custom("`every` of a probe must be at least 1 second; leave it out for never"))
        }
        every => Ok(Some(every)),
    }
}

/// From the request to end until a command is killed, unless its executor says otherwise.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// Returns the default of `grace`.
pub const fn default_grace() -> Duration {
    DEFAULT_GRACE
}

/// Returns the default of the timeout of a probe.
pub const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

impl TryFrom<Settings> for Command {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Command, String> {
        let Settings { program, args, env, secrets, secrets_file, dir, grace, idle_timeout, merge, probe } = settings;
        let secrets = environment::either_secrets(secrets, secrets_file.as_deref())?;
        let env = Environment::new(env, secrets)?;
        let probe =
            probe.map(|ProbeSettings { program, args, timeout, every }| Probe { program, args, timeout, every });
        let idle_timeout = Some(idle_timeout).filter(|timeout| !timeout.is_zero());
        Ok(Command { program, args, env, dir, grace, idle_timeout, merge, probe })
    }
}

/// The path of a program to start.
fn program<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    resolve(&path(from, "the path of a program")?).map_err(de::Error::custom)
}

/// The path of a program as it is seen from the directory that the server was started in: commands are started elsewhere.
/// A name alone is one of the search path, if it is there.
///
/// # Errors
/// A phrase, if that directory does not exist any more.
pub fn resolve(named: &Path) -> Result<PathBuf, String> {
    let found = if named.components().count() == 1 { in_search_path(named) } else { None };
    found.map_or_else(|| absolute(named), Ok)
}

/// The path of a directory.
fn directory<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    absolute(&path(from, "the path of a directory")?).map(Some).map_err(de::Error::custom)
}

fn path<'de, D: Deserializer<'de>>(from: D, what: &'static str) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(from)?;
    match text.is_empty() || text.contains('\0') {
        true => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &what)),
        false => Ok(text.into()),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{} cannot be resolved: {error}", path.display()))
}

/// The first executable file of this name in the directories of `PATH`.
fn in_search_path(name: &Path) -> Option<PathBuf> {
    if name.as_os_str() == ".." || name.as_os_str() == "." {
        return None;
    }
    let directories = std::env::var_os("PATH")?;
    let runs = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    std::env::split_paths(&directories).filter(|path| path.is_absolute()).map(|path| path.join(name)).find(runs)
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
    fn a_relative_path_is_seen_from_the_directory_of_the_server() {
        let here = std::env::current_dir().unwrap();
        let command = read("program = './deploy'\ndir = 'work'\nprobe = { program = 'bin/version' }").unwrap();
        assert_eq!((command.program, command.dir), (here.join("deploy"), Some(here.join("work"))));
        assert_eq!(command.probe.unwrap().program, here.join("bin/version"));
        let named = read("program = 'sh'").unwrap().program;
        assert!(named.is_absolute() && named.ends_with("sh") && named.exists(), "{}", named.display());
        assert_eq!(read("program = 'no-such-program'").unwrap().program, here.join("no-such-program"));
    }

    #[test]
    fn a_command_has_ten_seconds_to_end_and_two_streams_unless_its_executor_says_otherwise() {
        let command = read("program = '/x'").unwrap();
        assert_eq!((command.grace, command.merge, command.dir), (Duration::from_secs(10), false, None));
        let command = read("program = '/x'\ngrace = '0s'\nmerge = true").unwrap();
        assert_eq!((command.grace, command.merge), (Duration::ZERO, true));
    }

    #[test]
    fn a_mistake_is_refused_and_says_what_is_wrong() {
        for (wrong, expected) in [
            ("program = ''", "the path of a program"),
            ("program = '/x'\ndir = ''", "the path of a directory"),
            ("program = '/x'\ngrace = 'soon'", "is not a duration"),
            ("program = '/x'\nprobe = { program = '' }", "the path of a program"),
            ("program = '/x'\nprobe = { program = '/y', every = '900ms' }", "must be at least 1 second"),
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

    /// The rows of the documentation's table of settings behind this line: name and default.
    fn documented(of: &str) -> Vec<(String, String)> {
        let text = include_str!("../../../docs/executors.md");
        let table = text.split_once(&format!("\n{of}:\n\n")).unwrap().1.split("\n\n").next().unwrap();
        let cells = |row: &str| row.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`']).to_owned()).collect();
        let rows = table.lines().skip(2).map(cells);
        rows.map(|cells: Vec<String>| (cells[0].clone(), cells[1].clone())).collect()
    }

    #[test]
    fn the_documentation_has_every_setting_with_its_default() {
        let (command, ssh) =
            ("kind = 'command'\nprogram = '/x'\n", "kind = 'ssh'\nprogram = '/x'\nknown_hosts = '/k'\n");
        for (of, list, base) in [
            ("Of every executor", "every kind has also ", command),
            ("Of `kind = \"command\"`", "expected one of ", command),
            (
                "Of `kind = \"ssh\"`, the same ones as of `command`, for the host, and how it is reached",
                "expected one of ",
                ssh,
            ),
        ] {
            let documented = documented(of);
            let unknown = Executor::parse("web", &format!("{base}no_such = 1")).unwrap_err().message;
            let known = unknown.split_once(list).unwrap().1.split(';').next().unwrap().to_owned();
            let names: Vec<String> = documented.iter().map(|(name, _)| format!("`{name}`")).collect();
            assert_eq!(names.join(", "), known);
            let parse = |text: &str| format!("{:?}", Executor::parse("web", text).unwrap());
            for (name, default) in documented.iter().filter(|(_, default)| !["required", "none"].contains(&&**default))
            {
                assert_eq!(parse(&format!("{base}{name} = {default}")), parse(base), "{name} = {default}");
            }
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
