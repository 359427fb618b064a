//! Scanning the keys of hosts.

use super::known_hosts::{self, Key, KnownHosts};
use crate::fleet::FleetHost;
use crate::ssh_executor::SshExecutor;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many hosts are scanned at a time: fewer than `sshd` answers before a login, also behind one jump host.
const AT_A_TIME: usize = 8;
/// How long a host may take to answer.
const TIMEOUT_SECONDS: u32 = 10;
/// What `ssh` says where the key of a host is another one than the known one.
const CHANGED: &str = "IDENTIFICATION HAS CHANGED";

/// What a scan says about the key of a host.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It is known: the file has it, or a certificate authority that signed it.
    Known,
    /// No key of the host is known.
    New,
    /// Another key of the host is known.
    Changed,
    /// The host did not show its key.
    Unreachable,
}

/// A host that was scanned.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scanned {
    pub hostname: String,
    pub address: String,
    pub state: State,
    /// The keys that are not known: its own, and that of a jump host before it.
    #[serde(rename = "scanned")]
    pub keys: Vec<Key>,
    /// The keys that are known under its name.
    pub known: Vec<Key>,
    /// Why it did not show its key.
    pub problem: Option<String>,
    /// The lines that would make its keys known.
    #[serde(skip)]
    pub lines: Vec<String>,
    /// The names whose keys would be replaced.
    #[serde(skip)]
    pub replaced: Vec<String>,
}

/// Scans hosts, several at a time, and returns what was found in their order.
pub fn scan_all(hosts: &[FleetHost], executor: &SshExecutor, known: &KnownHosts) -> Vec<Scanned> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Scanned)>> = Mutex::new(Vec::with_capacity(hosts.len()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(hosts.len()) {
            scope.spawn(|| {
                while let Some((place, host)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    hosts.get(place).map(|host| (place, host))
                } {
                    let scanned = scan(host, executor, known).unwrap_or_else(|problem| unreachable(host, problem));
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((place, scanned));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, scanned)| scanned).collect()
}

fn unreachable(host: &FleetHost, problem: String) -> Scanned {
    Scanned {
        hostname: host.hostname.clone(),
        address: host.address.clone(),
        state: State::Unreachable,
        keys: Vec::new(),
        known: Vec::new(),
        problem: Some(problem),
        lines: Vec::new(),
        replaced: Vec::new(),
    }
}

/// # Errors
/// A phrase that says why the host did not show its key.
fn scan(host: &FleetHost, executor: &SshExecutor, known: &KnownHosts) -> Result<Scanned, String> {
    let directory = tempfile::tempdir().map_err(|error| format!("no temporary directory can be made: {error}"))?;
    let ssh = Ssh { directory: directory.path(), executor, is_hashed: known.is_hashed() };
    let (lines, output) = ssh.learn(&host.address, known.text())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let name = ssh.known_name(&host.address)?;
    let known_keys = known.keys_of(&name)?;
    let (state, lines) = if said.contains(CHANGED) {
        let (lines, _) = ssh.learn(&host.address, "")?;
        (State::Changed, lines)
    } else if !lines.is_empty() {
        (State::New, lines)
    } else if reached(&said) {
        (State::Known, Vec::new())
    } else {
        return Err(reason(&said));
    };
    let keys = known_hosts::keys_in(&lines)?;
    if state != State::Known && keys.is_empty() {
        return Err(reason(&said));
    }
    // Hashed names say nothing to people.
    let keys = keys
        .into_iter()
        .map(|key| if key.name.starts_with("|1|") { Key { name: name.clone(), ..key } } else { key })
        .collect();
    let replaced = if state == State::Changed { vec![name] } else { Vec::new() };
    Ok(Scanned { state, keys, known: known_keys, problem: None, lines, replaced, ..unreachable(host, String::new()) })
}

/// Whether `ssh` came as far as the login, which is not tried.
fn reached(said: &str) -> bool {
    said.contains("Permission denied") || said.contains("Authenticated to")
}

/// The last line that `ssh` printed.
fn reason(said: &str) -> String {
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("ssh said nothing");
    last.trim_end_matches('.').to_owned()
}

/// Calls of `ssh` with a configuration in a directory of its own.
struct Ssh<'a> {
    directory: &'a Path,
    executor: &'a SshExecutor,
    is_hashed: bool,
}

impl Ssh<'_> {
    /// Connects up to the login, which is not tried, with these known hosts. Returns the lines that `ssh` would add to them,
    /// and what it printed.
    fn learn(&self, address: &str, known: &str) -> Result<(Vec<String>, Output), String> {
        let failed = |error: std::io::Error| format!("{} cannot be written: {error}", self.directory.display());
        let known_hosts = self.directory.join("known_hosts");
        let known = if known.is_empty() || known.ends_with('\n') { known.to_owned() } else { format!("{known}\n") };
        fs::write(&known_hosts, &known).map_err(failed)?;
        fs::write(self.directory.join("config"), self.config(&known_hosts)).map_err(failed)?;
        let output = self
            .command()
            // Of the host alone: a jump host before it needs a login.
            .args(["-o", "PreferredAuthentications=none", "-o", "NumberOfPasswordPrompts=0", "--", address, "true"])
            .output()
            .map_err(|error| format!("ssh cannot be run: {error}. Install OpenSSH's client"))?;
        let now =
            fs::read_to_string(&known_hosts).map_err(|error| format!("ssh left no file of known hosts: {error}"))?;
        let lines = now.strip_prefix(known.as_str()).unwrap_or_default().lines();
        Ok((lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(), output))
    }

    /// The name under which `ssh` looks for the keys of an address.
    fn known_name(&self, address: &str) -> Result<String, String> {
        let output = self
            .command()
            .args(["-G", "--", address])
            .output()
            .map_err(|error| format!("ssh cannot be run: {error}. Install OpenSSH's client"))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let value = |name: &str| {
            printed
                .lines()
                .filter_map(|line| line.split_once(' '))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let name = value("hostkeyalias").or(value("hostname")).unwrap_or(address).to_ascii_lowercase();
        Ok(match (value("hostkeyalias"), value("port")) {
            (None, Some(port)) if port != "22" => format!("[{name}]:{port}"),
            _ => name,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(self.directory.join("config"));
        if let Some(user) = &self.executor.user {
            command.arg("-l").arg(user);
        }
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// Options that hold for jump hosts, too, before those of the executor's file.
    fn config(&self, known_hosts: &Path) -> String {
        let quoted = |path: &Path| format!("\"{}\"", path.display().to_string().replace('%', "%%"));
        let mut text = format!(
            "Host *\nBatchMode yes\nStrictHostKeyChecking accept-new\nUserKnownHostsFile {}\nGlobalKnownHostsFile /dev/null\n\
             HashKnownHosts {}\nUpdateHostKeys no\nVerifyHostKeyDNS no\nCheckHostIP no\nConnectTimeout {TIMEOUT_SECONDS}\n\
             ConnectionAttempts 1\nPermitLocalCommand no\nControlMaster no\nControlPath none\nRemoteCommand none\n\
             LogLevel INFO\n",
            quoted(known_hosts),
            if self.is_hashed { "yes" } else { "no" },
        );
        if let Some(file) = &self.executor.ssh_config {
            text.push_str("Include ");
            text.push_str(&quoted(file));
            text.push('\n');
        }
        text
    }
}
