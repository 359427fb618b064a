//! A look at a host from end to end, without starting anything there.

use super::Ssh;
use super::failure::Failure;
use crate::domain::Timestamp;
use crate::domain::order::ConnectFailure;
use crate::executor::RunContext;
use crate::executor::command::descriptors::spawned;
use crate::executor::diagnosis::{Finding, Stage};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// How long a host that is not reached is tried.
const CONNECT_PERIOD: Duration = Duration::from_secs(5);
/// How long a host may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// A clock that differs by more is reported.
const MAX_CLOCK_DIFFERENCE_SECONDS: i64 = 30;
/// Begins a line of the answer. What a login shell prints does not.
const MARK: &str = "lockkeeper-check ";

/// Tries the tools that the far runner needs, its directory and the program, with the host's own `sh`.
const SCRIPT: &str = r#"say() { printf 'lockkeeper-check %s\n' "$*"; }
umask 077
missing=''
for tool in setsid flock tail head wc grep sed sort tr ls cat mkdir mv ln rm sleep; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
[ -r /proc/self/stat ] || missing="$missing /proc"
say "tools$missing"
if ! mkdir -p "$state/runner" 2>/dev/null || ! : >"$state/check.$$"; then say "state it cannot be made or written"
elif [ ! -O "$state" ]; then say "state it belongs to another user"
else say state; fi 2>/dev/null
rm -f "$state/check.$$" 2>/dev/null
if [ ! -e "$program" ]; then say "program it does not exist"
elif [ ! -f "$program" ]; then say "program it is not a file"
elif [ ! -x "$program" ]; then say "program it is not executable"
else say program; fi
say "clock $(date +%s)"
"#;

/// Looks at the host of an address. Stages that cannot be tried because of one before are left out.
pub(super) async fn diagnose(ssh: &Ssh, address: &str, run: &RunContext) -> Vec<Finding> {
    let reached = [Stage::Name, Stage::Port, Stage::HostKey, Stage::Login];
    let connection = match ssh.pool.get_within(CONNECT_PERIOD, address, &run.state).await {
        Ok(connection) => connection,
        Err(failure) => {
            let failed = stage(&failure);
            let mut findings: Vec<Finding> = reached.into_iter().filter(|stage| *stage < failed).map(good).collect();
            findings.push(Finding { stage: failed, problem: Some(cure(ssh, failed, &failure)) });
            return findings;
        }
    };
    let mut findings: Vec<Finding> = reached.into_iter().map(good).collect();
    let command = format!("{}sh -s", ssh.place.sudo());
    let answer = async {
        let mut call = connection.run(&command);
        call.stdin(Stdio::piped());
        let mut child = spawned(call).await?;
        let script = format!("state={}\nprogram={}\n{SCRIPT}", quoted(&ssh.place.remote_state), quoted(&ssh.program));
        if let Some(mut input) = child.stdin.take() {
            // If it fails, what ssh printed says why.
            let _ = input.write_all(script.as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let output = match timeout(ANSWER_TIMEOUT, answer).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return with(findings, Stage::Shell, format!("The call failed: {error}.")),
        Err(_) => return with(findings, Stage::Shell, "The login shell did not answer within 30 s.".into()),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let said = |name: &str| {
        let line = text.lines().filter_map(|line| line.split_once(MARK)).find_map(|(_, said)| said.strip_prefix(name));
        line.map(|rest| rest.trim().to_owned())
    };
    let Some(missing) = said("tools") else {
        let printed = super::far_runner::one_line(&String::from_utf8_lossy(&output.stderr));
        let why = match printed.contains("sudo") {
            true => format!("sudo is refused: {printed}. Allow sudo -n for this user, or set sudo = false."),
            false => format!("The login shell did not run sh: {printed}."),
        };
        return with(findings, Stage::Shell, why);
    };
    let problem =
        |found: Option<String>, text: &dyn Fn(String) -> String| found.filter(|found| !found.is_empty()).map(text);
    findings.push(Finding {
        stage: Stage::Shell,
        problem: problem(Some(missing), &|missing| {
            format!("The host lacks {missing}: install util-linux and coreutils.")
        }),
    });
    let state = &ssh.place.remote_state;
    findings.push(Finding {
        stage: Stage::StateDirectory,
        problem: problem(said("state"), &|why| {
            format!("{state}: {why}. Make it, owned by the login's user and with mode 0700, or set remote_state.")
        }),
    });
    findings.push(Finding {
        stage: Stage::Program,
        problem: problem(said("program"), &|why| format!("{}: {why}. Put it there, or correct program.", ssh.program)),
    });
    let now = Timestamp::now().0.div_euclid(1000);
    let ahead = said("clock").and_then(|seconds| seconds.parse::<i64>().ok()).map(|seconds| seconds - now);
    let wrong = ahead.filter(|ahead| ahead.abs() > MAX_CLOCK_DIFFERENCE_SECONDS);
    findings.push(Finding {
        stage: Stage::Clock,
        problem: wrong.map(|ahead| {
            let (by, which) = (ahead.abs(), if ahead > 0 { "fast" } else { "slow" });
            format!("The host's clock is {by} s {which}. lockkeeper does not rely on it; set it by NTP all the same.")
        }),
    });
    findings
}

fn good(stage: Stage) -> Finding {
    Finding { stage, problem: None }
}

fn with(mut findings: Vec<Finding>, stage: Stage, problem: String) -> Vec<Finding> {
    findings.push(Finding { stage, problem: Some(problem) });
    findings
}

/// The stage at which a connection failed.
fn stage(failure: &Failure) -> Stage {
    match failure.kind {
        Some(ConnectFailure::Unreachable) if !failure.message.contains("Could not resolve hostname") => Stage::Port,
        Some(ConnectFailure::Unreachable) | None => Stage::Name,
        Some(ConnectFailure::HostKey) => Stage::HostKey,
        Some(ConnectFailure::Refused) => Stage::Login,
    }
}

/// What failed, and what to do about it.
fn cure(ssh: &Ssh, stage: Stage, failure: &Failure) -> String {
    let said = failure.message.trim_end_matches('.');
    let known_hosts = ssh.pool.client.known_hosts.display();
    match stage {
        Stage::HostKey => format!("{said}. Compare the host's key with {known_hosts}, and correct the file."),
        Stage::Login => {
            format!("{said}. Put the public key of lockkeeper's user into authorized_keys of the host's user.")
        }
        Stage::Port => format!("{said}. Start sshd there, or correct the address, the port or the jump host."),
        _ => format!("{said}. Correct the host's address, or ssh_config."),
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
