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
pub(super) async fn ask(command: &Command, order: &Order, lockkeeper: &Path) -> Observed {
    let Some(probe) = &command.probe else { return Observed::NoAnswer };
    match answer(probe, command, order, lockkeeper).await.as_deref().map(str::trim) {
        Some("") => Observed::Nothing,
        // It would be shown in the output.
        Some(secret) if command.env.mask().is_in(secret) => Observed::NoAnswer,
        Some(version) if name::version("", version).is_ok() => Observed::Version(version.to_owned()),
        _ => Observed::NoAnswer,
    }
}

async fn answer(probe: &Probe, command: &Command, order: &Order, lockkeeper: &Path) -> Option<String> {
    let mut child = retried(|| spawn(probe, command, order, lockkeeper)).await.ok()?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let output = child.stdout.take()?;
    let answer = async {
        let mut answer = String::new();
        output.take(MAX_ANSWER_BYTES).read_to_string(&mut answer).await.ok()?;
        child.wait().await.ok()?.success().then_some(answer)
    };
    let answer = tokio::time::timeout(probe.timeout, answer).await;
    if let Some(group) = group.filter(|_| answer.is_err()) {
        // It may have ended just now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    answer.ok()?
}

fn spawn(probe: &Probe, command: &Command, order: &Order, lockkeeper: &Path) -> io::Result<tokio::process::Child> {
    let open_files = open_files::inherited().map(|limit| format!("--open-files={limit}"));
    tokio::process::Command::new(lockkeeper)
        .arg(SUBCOMMAND)
        .args(open_files)
        .arg("--")
        .arg(&probe.program)
        .args(&probe.args)
        .env_clear()
        .envs(command.env.for_order(order))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
