//! Settings of `kind = "ssh"`.

use super::client::Client;
use super::far_runner::Place;
use super::pool::Pool;
use super::{Probe, Ssh};
use crate::domain::duration;
use crate::executor::command::environment::{self, Environment, Variables};
use crate::executor::command::settings::{default_grace, every, ten_seconds};
use serde::{Deserialize, Deserializer, de};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    #[serde(deserialize_with = "host_path")]
    program: String,
    #[serde(default, deserialize_with = "args")]
    args: Vec<String>,
    #[serde(default, deserialize_with = "variables")]
    env: Variables,
    #[serde(default, deserialize_with = "environment::secrets")]
    secrets: Option<Variables>,
    secrets_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "optional_host_path")]
    dir: Option<String>,
    #[serde(default = "default_grace", deserialize_with = "duration::deserialize")]
    grace: Duration,
    #[serde(default, deserialize_with = "duration::deserialize")]
    idle_timeout: Duration,
    #[serde(default)]
    merge: bool,
    probe: Option<ProbeSettings>,
    #[serde(default, deserialize_with = "user")]
    user: Option<String>,
    #[serde(default, deserialize_with = "optional_file")]
    ssh_config: Option<PathBuf>,
    #[serde(deserialize_with = "file")]
    known_hosts: PathBuf,
    #[serde(default = "ten_seconds", deserialize_with = "seconds")]
    connect_timeout: Duration,
    #[serde(default = "ten", deserialize_with = "connections")]
    connect_at_once: usize,
    #[serde(default)]
    sudo: bool,
    #[serde(default = "remote_state_directory", deserialize_with = "remote_state")]
    remote_state: String,
    #[serde(default = "five_minutes", deserialize_with = "seconds")]
    orphan_timeout: Duration,
}

/// The table `[executors.NAME.probe]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeSettings {
    #[serde(deserialize_with = "host_path")]
    program: String,
    #[serde(default, deserialize_with = "args")]
    args: Vec<String>,
    #[serde(default = "ten_seconds", deserialize_with = "seconds")]
    timeout: Duration,
    #[serde(default, deserialize_with = "every")]
    every: Option<Duration>,
}

impl TryFrom<Settings> for Ssh {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Ssh, String> {
        let Settings { program, args, env, secrets, secrets_file, dir, grace, idle_timeout, merge, .. } = settings;
        let secrets = environment::either_secrets(secrets, secrets_file.as_deref())?;
        check_variables(&secrets)?;
        let Settings { user, ssh_config, known_hosts, connect_timeout, connect_at_once, sudo, remote_state, .. } =
            settings;
        let client = Client { user, ssh_config, known_hosts, connect_timeout };
        let probe = settings.probe.map(|ProbeSettings { program, args, timeout, every }| Probe {
            program,
            args,
            timeout,
            every,
        });
        Ok(Ssh {
            program,
            args,
            env: Environment::new(env, secrets)?,
            dir: dir.unwrap_or_default(),
            grace,
            idle_timeout: Some(idle_timeout).filter(|timeout| !timeout.is_zero()),
            merge,
            orphan_timeout: settings.orphan_timeout,
            probe,
            place: Place { remote_state, sudo },
            pool: Arc::new(Pool::new(client, connect_at_once)),
        })
    }
}

const fn five_minutes() -> Duration {
    Duration::from_mins(5)
}

const fn ten() -> usize {
    10
}

fn remote_state_directory() -> String {
    "/var/lib/lockkeeper".into()
}

/// Checks that a path is one of a host, where nothing is relative.
///
/// # Errors
/// A phrase.
pub(super) fn absolute(path: &str) -> Result<String, String> {
    match path.starts_with('/') && !path.ends_with('/') && !path.contains(char::is_control) {
        true => Ok(path.to_owned()),
        false => Err(format!("{path:?} is not an absolute path on the host, such as \"/etc/lockkeeper/deploy\"")),
    }
}

/// Checks that no text has a line end: they go to the host line by line.
///
/// # Errors
/// A phrase.
pub(super) fn check_lines(args: &[String]) -> Result<(), String> {
    match args.iter().find(|arg| arg.contains(['\n', '\0'])) {
        Some(arg) => Err(format!("the argument {arg:?} has a line end, which cannot be passed to a host: remove it")),
        None => Ok(()),
    }
}

/// Checks what a shell of a host can set. No error shows a value.
fn check_variables(variables: &Variables) -> Result<(), String> {
    for (name, value) in variables {
        if value.contains('\n') {
            return Err(format!("the variable {name:?} has a line end, which cannot be passed to a host: remove it"));
        }
        let mut chars = name.chars();
        let begins = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        if !begins || !chars.all(|char| char.is_ascii_alphanumeric() || char == '_') || name.starts_with("FAR_") {
            return Err(format!(
                "the variable {name:?} cannot be set on a host: write a name of letters, digits and _, not FAR_…"
            ));
        }
    }
    Ok(())
}

fn host_path<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    absolute(&String::deserialize(from)?).map_err(de::Error::custom)
}

fn optional_host_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    host_path(from).map(Some)
}

fn args<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let args = Vec::deserialize(from)?;
    check_lines(&args).map_err(de::Error::custom)?;
    Ok(args)
}

fn variables<'de, D: Deserializer<'de>>(from: D) -> Result<Variables, D::Error> {
    let variables = environment::variables(from)?;
    check_variables(&variables).map_err(de::Error::custom)?;
    Ok(variables)
}

/// A file of this machine, which ssh's configuration can name.
fn file<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() || text.contains(['"', '\\', '*', '?', '[']) || text.contains(char::is_control) {
        return Err(de::Error::custom(format!(
            "{text:?} is not a path that ssh can use: it must have no quotes or wildcards"
        )));
    }
    std::path::absolute(&text).map_err(|error| de::Error::custom(format!("{text} cannot be resolved: {error}")))
}

fn optional_file<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    file(from).map(Some)
}

fn user<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let user = String::deserialize(from)?;
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-' | '@' | '$');
    match !user.is_empty() && !user.starts_with('-') && user.chars().all(allowed) {
        true => Ok(Some(user)),
        false => Err(de::Error::custom(format!("{user:?} is not the name of a user"))),
    }
}

/// A directory on the host. Any login shell takes its name as it is.
fn remote_state<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let path = host_path(from)?;
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-' | '/');
    match path.chars().all(allowed) && !path.contains("/runner/") && !path.contains("//") {
        true => Ok(path),
        false => {
            Err(de::Error::custom(format!("{path:?} must have only letters, digits and . _ - /, and no \"/runner/\"")))
        }
    }
}

/// ssh and the host count in seconds.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = duration::deserialize(from)?;
    match (Duration::from_secs(1)..=Duration::from_hours(24)).contains(&time) {
        true => Ok(time),
        false => Err(de::Error::custom("the time must be from 1 second to 24 hours")),
    }
}

fn connections<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    match usize::deserialize(from)? {
        many @ 1..=1000 => Ok(many),
        _ => Err(de::Error::custom("`connect_at_once` must be from 1 to 1000")),
    }
}

#[cfg(test)]
mod tests {
    use crate::executor::Executor;

    const LEAST: &str = "kind = 'ssh'\nprogram = '/x'\nknown_hosts = '/k'\n";

    #[test]
    fn a_mistake_names_its_line_and_what_to_write() {
        for (wrong, line, expected) in [
            ("program = 'x'", 2, "is not an absolute path on the host"),
            ("program = '/x/'", 2, "is not an absolute path on the host"),
            ("args = [\"a\\nb\"]", 4, "has a line end"),
            ("env = { A = \"a\\nb\" }", 4, "the variable \"A\" has a line end"),
            ("env = { A-B = 'a' }", 4, "the variable \"A-B\" cannot be set on a host"),
            ("env = { FAR_VERB = 'a' }", 4, "cannot be set on a host"),
            ("env = { LOCKKEEPER_VERSION = 'a' }", 4, "cannot be set"),
            ("dir = 'work'", 4, "is not an absolute path on the host"),
            ("user = '-l'", 4, "is not the name of a user"),
            ("ssh_config = '/a*'", 4, "is not a path that ssh can use"),
            ("known_hosts = ''", 3, "is not a path that ssh can use"),
            ("connect_timeout = '0s'", 4, "from 1 second"),
            ("connect_at_once = 0", 4, "from 1 to 1000"),
            ("remote_state = '/var/lib/lock keeper'", 4, "must have only letters"),
            ("remote_state = 'state'", 4, "is not an absolute path on the host"),
            ("orphan_timeout = '500ms'", 4, "from 1 second"),
            ("sudo = 'yes'", 4, "invalid type"),
            ("host = 'x'", 4, "kind \"ssh\": unknown field `host`"),
            ("probe = { program = 'x' }", 4, "is not an absolute path on the host"),
        ] {
            let name = wrong.split(' ').next().unwrap();
            let kept: Vec<&str> = LEAST.lines().filter(|line| !line.starts_with(&format!("{name} "))).collect();
            let place = LEAST.lines().position(|line| line.starts_with(&format!("{name} "))).unwrap_or(kept.len());
            let mut lines = kept.clone();
            lines.insert(place, wrong);
            let text = lines.join("\n");
            let mistake = Executor::parse("web", &text).unwrap_err();
            assert!(mistake.message.contains(expected), "{wrong}: {mistake}");
            let start = mistake.span.clone().unwrap().start;
            assert_eq!(text[..start].matches('\n').count() + 1, line, "{wrong}: {mistake}");
        }
        for (text, expected) in [
            ("kind = 'ssh'\nprogram = '/x'", "missing field `known_hosts`"),
            ("kind = 'ssh'\nknown_hosts = '/k'", "missing field `program`"),
        ] {
            let mistake = Executor::parse("web", text).unwrap_err();
            assert!(mistake.message.contains(expected), "{mistake}");
        }
        let secret = Executor::parse("web", &format!("{LEAST}secrets = {{ A = \"s3cr3t\\nb\" }}")).unwrap_err();
        assert!(secret.message.contains("has a line end") && !secret.message.contains("s3cr3t"), "{secret}");
    }

    #[test]
    fn steps_run_on_the_host_or_beside_the_worker() {
        let steps = "[prepare]\nprogram = '/p'\n[drain]\nprogram = './d'\non = 'worker'\n[undrain]\nprogram = '/u'\n";
        let web = Executor::parse("web", &format!("{LEAST}{steps}")).unwrap();
        let names: Vec<&str> =
            web.steps(crate::domain::release::ReleaseAction::Upgrade).iter().map(|step| step.label()).collect();
        assert_eq!(names, ["connect", "prepare", "drain", "run", "undrain"]);
        let mistake = Executor::parse("web", &format!("{LEAST}[prepare]\nprogram = 'p'")).unwrap_err();
        assert!(mistake.message.contains("prepare: \"p\" is not an absolute path on the host"), "{mistake}");
    }
}
