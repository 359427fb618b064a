//! Asking a host which version runs there, after an interruption.

use super::descriptors::retried;
use super::{Command, Probe};
use crate::domain::name;
use crate::domain::order::{Observed, Order};
use crate::limits::open_files;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use tokio::io::AsyncReadExt;

/// The environment of a program.
type Variables = Vec<(OsString, OsString)>;

/// A longer answer is cut; the name of a version is shorter.
const MAX_ANSWER_BYTES: u64 = 1024;

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "run-probe";

/// Becomes the probe, with this soft limit of open files. Returns only if that fails.
pub fn main(open_files: Option<u64>, program: &Path, args: &[OsString]) -> ExitCode {
    let error = match open_files::restore(open_files) {
        Ok(()) => std::process::Command::new(program).args(args).exec(),
        Err(error) => error,
    };
    eprintln!("{}: {error}", program.display());
    ExitCode::FAILURE
}

/// Asks the executor's probe. There is no answer without a probe, after an exit status other than 0, after its timeout,
/// and if what it prints cannot be the name of a version.
pub(super) async fn ask(command: &Command, env: Variables, lockkeeper: &Path) -> Observed {
    let Some(probe) = &command.probe else { return Observed::NoAnswer };
    match answer(probe, env, lockkeeper).await.as_deref().map(str::trim) {
        Some("") => Observed::Nothing,
        // It would be shown in the output.
        Some(secret) if command.env.mask().is_in(secret) => Observed::NoAnswer,
        Some(version) if name::version("", version).is_ok() => Observed::Version(version.to_owned()),
        _ => Observed::NoAnswer,
    }
}

/// Runs a program as a check. Dropped, it kills the program with its process group.
///
/// # Errors
/// Why it did not exit with 0: its exit status and the last line of what it printed, a sentence.
pub(super) async fn check(command: &Command, order: &Order, lockkeeper: &Path) -> Result<(), String> {
    let program = command.program.display();
    let env = command.env.for_order(order);
    let started = retried(|| spawn(&command.program, &command.args, &env, lockkeeper)).await;
    let mut child = started.map_err(|error| format!("{program} cannot be started: {error}."))?;
    let mut group = ProcessGroup::of(&child);
    let mut printed = Vec::new();
    if let Some(output) = child.stdout.take() {
        // Only an explanation is lost.
        let _ = output.take(MAX_ANSWER_BYTES).read_to_end(&mut printed).await;
    }
    let status = child.wait().await.map_err(|error| format!("{program} was lost: {error}."))?;
    group.has_ended();
    if status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&printed);
    let last = command.env.mask().text(printed.trim().lines().last().unwrap_or_default());
    let why =
        status.code().map_or_else(|| "was ended by a signal".into(), |code| format!("ended with exit status {code}"));
    Err(format!("{program} {why}{}", if last.is_empty() { ".".into() } else { format!(": {last}") }))
}

/// The process group that a child leads. Dropped, it is killed, unless the child has ended: then its number may be reused.
struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    fn of(child: &tokio::process::Child) -> ProcessGroup {
        ProcessGroup(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    fn has_ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn answer(probe: &Probe, env: Variables, lockkeeper: &Path) -> Option<String> {
    let mut child = retried(|| spawn(&probe.program, &probe.args, &env, lockkeeper)).await.ok()?;
    let mut group = ProcessGroup::of(&child);
    let output = child.stdout.take()?;
    let answer = async {
        let mut answer = String::new();
        output.take(MAX_ANSWER_BYTES).read_to_string(&mut answer).await.ok()?;
        let status = child.wait().await.ok()?;
        group.has_ended();
        status.success().then_some(answer)
    };
    tokio::time::timeout(probe.timeout, answer).await.ok()?
}

fn spawn(program: &Path, args: &[String], env: &Variables, lockkeeper: &Path) -> io::Result<tokio::process::Child> {
    let open_files = open_files::inherited().map(|limit| format!("--open-files={limit}"));
    tokio::process::Command::new(lockkeeper)
        .arg(SUBCOMMAND)
        .args(open_files)
        .arg("--")
        .arg(program)
        .args(args)
        .env_clear()
        .envs(env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
