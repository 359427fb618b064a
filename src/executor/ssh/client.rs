//! The system's OpenSSH client: its options, and the file of configuration that states them.

use super::failure::Failure;
use super::{files, sessions};
use crate::executor::StateDir;
use crate::private;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// How often a host that is silent is asked for a sign, at most.
const MAX_ALIVE_INTERVAL_SECONDS: u64 = 5;

/// How hosts are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// The user to log in as; `None` for the one that the configuration of ssh names.
    pub user: Option<String>,
    /// Jump hosts, certificates, ports and aliases; without it, no configuration is read.
    pub ssh_config: Option<PathBuf>,
    /// The only file of known host keys.
    pub known_hosts: PathBuf,
    pub connect_timeout: Duration,
}

impl Client {
    /// Returns why hosts cannot be reached, as far as that can be seen beforehand.
    pub fn problems(&self) -> Vec<String> {
        [self.known_hosts_problem(), self.ssh_config_problem()].into_iter().flatten().collect()
    }

    fn known_hosts_problem(&self) -> Option<String> {
        files::problem(&self.known_hosts, "make it by `lockkeeper hosts trust`, or correct `known_hosts`")
    }

    fn ssh_config_problem(&self) -> Option<String> {
        files::problem(self.ssh_config.as_ref()?, "write it, or correct `ssh_config`")
    }

    /// Checks the files, and writes the configuration that every call of ssh reads, unless it is there.
    ///
    /// # Errors
    /// If a file cannot be used, or the state directory cannot be written.
    pub fn prepare(&self, state: &StateDir) -> Result<PathBuf, Failure> {
        // Without keys, no host is known.
        if let Some(problem) = self.known_hosts_problem() {
            return Err(Failure::host_key(format!("No host key is known: {problem}.")));
        }
        if let Some(problem) = self.ssh_config_problem() {
            return Err(Failure::client(problem));
        }
        self.write_config(state).map_err(Failure::client)
    }

    fn write_config(&self, state: &StateDir) -> io::Result<PathBuf> {
        let text = self.config();
        let folder = sessions::own_folder(state)?;
        let path = folder.join(format!("config-{}", &hex::encode(Sha256::digest(&text))[..16]));
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(path);
        }
        let new = folder.join(format!("config-{:08x}.new", rand::random::<u32>()));
        private::file().create_new(true).open(&new)?.write_all(text.as_bytes())?;
        fs::rename(&new, &path)?;
        Ok(path)
    }

    /// Its options precede those of `ssh_config`, and hold for jump hosts, too, which options of the command line do not.
    fn config(&self) -> String {
        let Client { user: _, ssh_config, known_hosts, connect_timeout } = self;
        let mut text = format!(
            "Host *\n\
             BatchMode yes\n\
             StrictHostKeyChecking yes\n\
             UserKnownHostsFile {}\n\
             GlobalKnownHostsFile /dev/null\n\
             UpdateHostKeys no\n\
             VerifyHostKeyDNS no\n\
             ConnectTimeout {}\n\
             ConnectionAttempts 1\n\
             ServerAliveInterval {}\n\
             ServerAliveCountMax 3\n\
             TCPKeepAlive yes\n\
             ClearAllForwardings yes\n\
             ForwardAgent no\n\
             ForwardX11 no\n\
             PermitLocalCommand no\n\
             RemoteCommand none\n\
             RequestTTY no\n\
             EscapeChar none\n\
             ControlPath none\n\
             ControlPersist no\n\
             LogLevel ERROR\n",
            quoted(known_hosts),
            connect_timeout.as_secs().max(1),
            // After three of these without a sign, a connection is dead.
            (connect_timeout.as_secs() / 2).clamp(1, MAX_ALIVE_INTERVAL_SECONDS),
        );
        if let Some(file) = ssh_config {
            text.push_str(&["Include ", &quoted(file), "\n"].concat());
        }
        text
    }

    /// A call of ssh that uses this configuration.
    pub fn command(&self, config: &Path) -> Command {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(config);
        if let Some(user) = &self.user {
            command.arg("-l").arg(user);
        }
        // Messages are compared with texts.
        command
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// A path as a value of ssh's configuration, where `%` begins a placeholder.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}
