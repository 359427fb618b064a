//! Calls of the far runner that do not stay with a start: connecting, and programs that only look.

use super::far_runner::{Answer, Call, CallFailure};
use super::message::{FarResult, Message};
use super::request::{Request, Verb};
use super::{Ssh, Started};
use crate::domain::order::{ConnectFailure, Ended, Order};
use crate::executor::RunContext;
use crate::executor::command::family::new_word;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a host that was connected to may fail to answer.
const ANSWER_PERIOD: Duration = Duration::from_secs(30);
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// A longer answer of a program is cut.
const MAX_ANSWER_BYTES: usize = 4096;

/// Carries out the step `connect`: connects, puts the far runner there, and finds out which machine and directory it is.
pub(super) async fn connect(ssh: &Ssh, order: &Order, run: &RunContext) -> Ended {
    let request = match ssh.request(Verb::Status, order, run, new_word()) {
        Ok(request) => request,
        Err(why) => return Ended::StartFailed(why),
    };
    let hostname = &order.hostname;
    let deadline = Instant::now() + ANSWER_PERIOD;
    loop {
        let connection = match ssh.pool.get(&order.host_address, &run.state).await {
            Ok(connection) => connection,
            Err(failure) => return failure.ended(hostname),
        };
        let failure = match Call::new(&connection, &ssh.place, &request).await {
            Ok((mut call, place)) => match call.message().await {
                Ok(Some(Message::Busy(_))) => CallFailure::Broken("another call of lockkeeper is busy there".into()),
                Ok(Some(Message::Failed(why))) => CallFailure::Refused(why),
                Ok(Some(_)) => return Ended::Connected(place),
                Ok(None) => CallFailure::Broken("the connection ended".into()),
                Err(error) => CallFailure::Broken(error.to_string()),
            },
            Err(failure) => failure,
        };
        match failure {
            CallFailure::Broken(_) if Instant::now() < deadline => sleep(RETRY_DELAY).await,
            CallFailure::Broken(why) => {
                let why = format!("Host {hostname} was connected to, and did not answer: {why}.");
                return Ended::NotConnected { failure: ConnectFailure::Unreachable, why };
            }
            failure => return not_allowed(hostname, &failure),
        }
    }
}

/// What it means for a start that a host does not let the far runner work.
pub(super) fn not_allowed(hostname: &str, failure: &CallFailure) -> Ended {
    match failure {
        CallFailure::Sudo(_) => Ended::NotConnected {
            failure: ConnectFailure::Refused,
            why: format!("Host {hostname} refused sudo: {failure}. Allow sudo -n there, or set sudo = false."),
        },
        failure => Ended::StartFailed(format!("Host {hostname} cannot run commands of lockkeeper: {failure}.")),
    }
}

/// A program that only looks.
pub(super) struct Program<'a> {
    pub path: &'a str,
    pub args: &'a [String],
    /// After this time, the host ends it.
    pub timeout: Duration,
}

/// Runs a program that only looks. Returns its exit status and what it printed to standard output.
///
/// # Errors
/// Why it did not run to its end, a phrase.
pub(super) async fn run(
    ssh: &Ssh,
    program: &Program<'_>,
    address: &str,
    instance_id: i64,
    env: &[(String, String)],
    run: &RunContext,
) -> Result<(i32, String), String> {
    let mut request = Request::new(Verb::Probe);
    let word = new_word();
    request.set("FAR_LOG", &run.database_id)?;
    request.set("FAR_INSTANCE", instance_id)?;
    request.set("FAR_FOLDER", format!("probe-{word}"))?;
    request.set("FAR_ORDER", 0)?;
    let Program { path, args, timeout } = *program;
    ssh.command(&mut request, Started { program: path, args, env, word, grace: Duration::ZERO })?;
    // No beats are sent.
    request.set("FAR_ORPHAN_TIMEOUT", timeout.as_secs_f64().ceil() + 1.0)?;
    let connection = ssh.pool.get(address, &run.state).await.map_err(|failure| failure.to_string())?;
    let (mut call, _) = Call::new(&connection, &ssh.place, &request).await.map_err(|failure| failure.to_string())?;
    let mut printed = Vec::new();
    loop {
        match call.next().await.map_err(|error| error.to_string())? {
            Some(Answer::Output { is_stderr: false, bytes, .. }) => {
                let room = MAX_ANSWER_BYTES.saturating_sub(printed.len()).min(bytes.len());
                printed.extend_from_slice(&bytes[..room]);
            }
            Some(Answer::Message(Message::Ended(FarResult::Exited { status, .. }))) => {
                return Ok((status, String::from_utf8_lossy(&printed).into_owned()));
            }
            Some(Answer::Message(Message::Ended(_))) => return Err("it was ended".into()),
            Some(Answer::Message(Message::Failed(why))) => return Err(why),
            Some(_) => {}
            None => return Err("the connection ended".into()),
        }
    }
}

/// Runs the executor's program as a check.
///
/// # Errors
/// Why it did not exit with 0, a sentence.
pub(super) async fn check(ssh: &Ssh, order: &Order, context: &RunContext) -> Result<(), String> {
    let name = &ssh.program;
    let program = Program { path: name, args: &ssh.args, timeout: MAX_CHECK_TIME };
    let env = ssh.env.of_order(order);
    match run(ssh, &program, &order.host_address, order.instance_id, &env, context).await {
        Ok((0, _)) => Ok(()),
        Ok((status, printed)) => {
            let last = ssh.env.mask().text(printed.trim().lines().last().unwrap_or_default());
            Err(format!(
                "{name} ended with exit status {status}{}",
                if last.is_empty() { ".".into() } else { format!(": {last}") }
            ))
        }
        Err(why) => Err(format!("{name} did not run: {why}.")),
    }
}

/// The host ends a check after this time, also when its worker is gone.
const MAX_CHECK_TIME: Duration = Duration::from_mins(1);
