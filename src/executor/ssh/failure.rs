//! Why a host cannot be connected to, by what ssh prints: its exit status is the same for every reason.

use super::far_runner::one_line;
use crate::domain::order::{ConnectFailure, Ended};
use ConnectFailure::{HostKey, Refused, Unreachable};
use std::fmt;

/// A failure to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// `None` if ssh itself cannot be used here.
    pub kind: Option<ConnectFailure>,
    /// What ssh printed, a sentence.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Parts of messages, with what they mean. The first that is found decides: of a connection through a jump host, the message
/// of the jump host goes before that of the host behind it.
const MESSAGES: [(&str, Option<ConnectFailure>); 13] = [
    ("Host key verification failed", Some(HostKey)),
    ("HOST IDENTIFICATION HAS CHANGED", Some(HostKey)),
    ("host key is known for", Some(HostKey)),
    ("no matching host key type found", Some(HostKey)),
    ("Permission denied (", Some(Refused)),
    ("Too many authentication failures", Some(Refused)),
    ("account is currently not available", Some(Refused)),
    ("Bad configuration option", None),
    ("bad configuration options", None),
    ("Bad owner or permissions on", None),
    ("Can't open user config file", None),
    ("command-line: line", None),
    ("No user exists for uid", None),
];

impl Failure {
    /// Reads what ssh printed to standard error.
    pub fn from_stderr(stderr: &str) -> Failure {
        let kind = MESSAGES.iter().find(|(part, _)| stderr.contains(part)).map(|(_, kind)| *kind);
        if let Some(message) = changed_key(stderr) {
            return Failure::host_key(message);
        }
        let lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('@'));
        let message = one_line(&lines.collect::<Vec<_>>().join(" "));
        Failure {
            kind: kind.unwrap_or(Some(Unreachable)),
            message: if message.is_empty() { "ssh ended without a message".into() } else { message },
        }
    }

    /// ssh itself cannot be used.
    pub fn client(message: impl fmt::Display) -> Failure {
        Failure { kind: None, message: message.to_string() }
    }

    /// No key can be compared with that of the host.
    pub fn host_key(message: String) -> Failure {
        Failure { kind: Some(HostKey), message }
    }

    /// Whether another try may succeed.
    pub fn is_worth_a_retry(&self) -> bool {
        self.kind == Some(Unreachable)
    }

    /// What it means for a step that has started nothing yet.
    pub fn ended(&self, hostname: &str) -> Ended {
        let said = self.message.trim_end_matches('.');
        match self.kind {
            Some(failure) => {
                let what = match failure {
                    Unreachable => "was not reached",
                    HostKey => "was not trusted",
                    Refused => "refused the login",
                };
                Ended::NotConnected { failure, why: format!("Host {hostname} {what}: {said}.") }
            }
            None => Ended::StartFailed(format!("ssh cannot be used: {said}.")),
        }
    }
}

/// What a changed key means, without the long text that ssh prints about it.
fn changed_key(stderr: &str) -> Option<String> {
    let sent = stderr.split_once("IDENTIFICATION HAS CHANGED")?.1;
    let fingerprint = sent.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap_or("another one");
    let fingerprint = fingerprint.trim_end_matches('.');
    Some(format!(
        "its key has changed, or another machine answers: it sent {fingerprint}, which known_hosts does not have"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_what_ssh_prints() {
        for (stderr, kind) in [
            ("ssh: connect to host 10.0.0.1 port 22: Connection refused", Some(Unreachable)),
            ("ssh: connect to host 10.0.0.1 port 22: Connection timed out", Some(Unreachable)),
            ("ssh: connect to host 10.0.0.1 port 22: No route to host", Some(Unreachable)),
            ("ssh: Could not resolve hostname db-7: Name or service not known", Some(Unreachable)),
            (
                "kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22",
                Some(Unreachable),
            ),
            (
                "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\n\
                 Host key verification failed.",
                Some(HostKey),
            ),
            ("deploy@10.0.0.1: Permission denied (publickey).", Some(Refused)),
            ("bastion: Permission denied (publickey).\nConnection closed by UNKNOWN port 65535", Some(Refused)),
            (
                "/etc/x: line 3: Bad configuration option: frobnicate\n/etc/x: terminating, 1 bad configuration options",
                None,
            ),
            ("", Some(Unreachable)),
        ] {
            assert_eq!(Failure::from_stderr(stderr).kind, kind, "{stderr}");
        }
    }
}
