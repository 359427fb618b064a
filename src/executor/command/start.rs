//! Starting a command: the worker's side of its runner.

use super::collect::{Outcome, find_out};
use super::descriptors::retried;
use super::family::{KILL_TIMEOUT, START_VARIABLE, new_word};
use super::runner::{self, Job};
use super::state::StartFiles;
use super::tail::Tail;
use super::{Command, start_of};
use crate::domain::order::{Ended, Order, StopReason};
use crate::executor::{Line, RunContext};
use crate::failpoint;
use crate::limits::open_files;
use std::io;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How often the output file is read.
const OUTPUT_INTERVAL: Duration = Duration::from_millis(200);
/// How much later than its command a runner may end.
const RUNNER_DELAY: Duration = Duration::from_secs(5);
/// The most of a runner's own messages that is read.
const MAX_MESSAGE_BYTES: u64 = 1000;

type Stop = watch::Receiver<Option<StopReason>>;

pub(super) async fn start(
    command: &Command,
    order: &Order,
    run: &RunContext,
    mut stop: Stop,
    lines: mpsc::Sender<Line>,
) -> Ended {
    failpoint::at("executor::command::start::before_runner");
    let spawned = tokio::select! {
        biased;
        spawned = retried(|| spawn(command, order, run)) => spawned,
        Ok(_) = stopped(&mut stop) => return Ended::NeverStarted,
    };
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Ended::StartFailed(format!("The runner cannot be started: {error}.")),
    };
    failpoint::at("executor::command::start::after_runner");
    let mut tail = Tail::new(StartFiles::new(&run.state, start_of(order)).output());
    tokio::select! {
        () = attend(&mut child, command.grace, run, stop) => {}
        () = follow(&mut tail, &lines) => {}
    }
    pass_on(&mut tail, &lines).await;
    if let Some(ended) = reported(&mut child).await {
        return ended;
    }
    let mut message = String::new();
    if let Some(stderr) = child.stderr.take() {
        // Only an explanation is lost.
        let _ = stderr.take(MAX_MESSAGE_BYTES).read_to_string(&mut message).await;
    }
    let message = one_line(&message);
    if !message.is_empty() {
        tracing::warn!(message, "the runner of a command failed");
    }
    match find_out(order, run).await {
        Outcome::Ended(ended) => ended,
        Outcome::NeverStarted => Ended::StartFailed(format!("The command was not started. {message}")),
        Outcome::Stopped(stopping) => Ended::ResultUnknown { stopping },
        Outcome::MayStillRun(processes) => Ended::MayStillRun { processes },
    }
}

fn spawn(command: &Command, order: &Order, run: &RunContext) -> io::Result<Child> {
    let word = new_word();
    let job = Job {
        state_dir: run.state.path().to_owned(),
        start: start_of(order),
        word: word.clone(),
        program: command.program.clone(),
        args: command.args.clone(),
        dir: command.dir.clone(),
        merge: command.merge,
        open_files: open_files::inherited(),
        secrets: command.env.secrets().cloned().collect(),
        first_beat: run.fence_after.saturating_sub(run.renewed.borrow().elapsed()),
        beat: run.fence_after,
        grace: command.grace,
        idle_timeout: command.idle_timeout,
        lost_grace: run.grace,
    };
    tokio::process::Command::new(&run.runner)
        .arg(runner::SUBCOMMAND)
        .arg(serde_json::to_string(&job)?)
        .env_clear()
        .envs(command.env.for_order(order))
        .env(START_VARIABLE, word)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Returns what the runner, which has ended, reports of its command, or `None` if it was killed or started none.
async fn reported(child: &mut Child) -> Option<Ended> {
    let mut text = Vec::new();
    child.stdout.take()?.read_to_end(&mut text).await.ok()?;
    serde_json::from_slice(&text).ok()
}

/// Stays with the runner until it has ended, and sends it the beats and the request to stop.
async fn attend(child: &mut Child, grace: Duration, run: &RunContext, mut stop: Stop) {
    let mut input = child.stdin.take();
    let mut renewed = run.renewed.clone();
    // A runner that does not end the command in time is killed; `find_out` kills what it leaves.
    let mut deadline = None::<Instant>;
    loop {
        tokio::select! {
            // An error of waiting changes nothing: what became of the runner is found out in any case.
            _ = child.wait() => return,
            Ok(()) = renewed.changed() => send(&mut input, None).await,
            Ok(reason) = stopped(&mut stop), if deadline.is_none() => {
                deadline = Some(Instant::now() + grace + KILL_TIMEOUT + RUNNER_DELAY);
                send(&mut input, reason).await;
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                // It may have ended just now.
                let _ = child.kill().await;
            }
        }
    }
}

async fn stopped(stop: &mut Stop) -> Result<Option<StopReason>, watch::error::RecvError> {
    stop.wait_for(Option::is_some).await.map(|reason| *reason)
}

async fn send(input: &mut Option<ChildStdin>, stop: Option<StopReason>) {
    // It fails only if the runner has ended.
    if let Some(input) = input {
        let _ = input.write_all(&[runner::signal(stop)]).await;
    }
}

/// A text as part of a sentence.
fn one_line(text: &str) -> String {
    text.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// Passes lines on while they come. A slow reader delays nothing else.
async fn follow(tail: &mut Tail, lines: &mpsc::Sender<Line>) {
    loop {
        sleep(OUTPUT_INTERVAL).await;
        pass_on(tail, lines).await;
    }
}

/// Passes on the lines that came since the last time. If it is dropped early, no line is lost.
async fn pass_on(tail: &mut Tail, lines: &mpsc::Sender<Line>) {
    tail.read_on();
    while !tail.lines.is_empty() {
        // The receiver is dropped only when the worker ends.
        let Ok(place) = lines.reserve().await else { return };
        if let Some(line) = tail.lines.pop_front() {
            place.send(line);
        }
    }
}
