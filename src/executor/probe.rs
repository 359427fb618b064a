//! Asking what runs on a host: after an interruption.

use super::Order;
use super::command::Command;
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::Stdio;
use tokio::io::AsyncReadExt;

/// The longest answer that is read, in bytes: a version's name is shorter.
const ANSWER: u64 = 1024;

/// Which version the executor's probe finds, `Some(None)` if nothing runs. None without a probe, after
/// another exit status than 0, and when it does not answer in time.
pub(super) async fn ask(command: &Command, order: &Order) -> Option<Option<String>> {
    let probe = command.probe.as_ref()?;
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
    let answer = answer.ok()??;
    let version = answer.trim();
    Some((!version.is_empty()).then(|| version.to_owned()))
}
