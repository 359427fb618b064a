//! Asking what runs on a host: after an interruption.

use super::command::{Command, Probe};
use super::{Found, Order};
use crate::domain::name;
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::Stdio;
use tokio::io::AsyncReadExt;

/// The longest answer that is read, in bytes: a version's name is shorter.
const ANSWER: u64 = 1024;

/// Which version the executor's probe finds; no answer without a probe, after another exit status than 0,
/// when it takes too long, and when what it says can be no version.
pub(super) async fn ask(command: &Command, order: &Order) -> Found {
    let Some(probe) = &command.probe else { return Found::NoAnswer };
    match answer(probe, command, order).await.as_deref().map(str::trim) {
        Some("") => Found::Nothing,
        // It would be shown.
        Some(secret) if command.env.mask().is_in(secret) => Found::NoAnswer,
        Some(version) if name::version("", version).is_ok() => Found::Version(version.to_owned()),
        _ => Found::NoAnswer,
    }
}

async fn answer(probe: &Probe, command: &Command, order: &Order) -> Option<String> {
    let mut child = tokio::process::Command::new(&probe.program)
        .args(&probe.args)
        .env_clear()
        .envs(order.environment(&command.env))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .ok()?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let output = child.stdout.take()?;
    let answer = async {
        let mut answer = String::new();
        output.take(ANSWER).read_to_string(&mut answer).await.ok()?;
        child.wait().await.ok()?.success().then_some(answer)
    };
    let answer = tokio::time::timeout(probe.timeout, answer).await;
    if let Some(group) = group.filter(|_| answer.is_err()) {
        // It may have ended just now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    answer.ok()?
}
