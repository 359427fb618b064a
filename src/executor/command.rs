//! Commands of this machine, under the runner.

use super::descriptors::retried;
use super::environment::Environment;
use super::output::Tail;
use super::runner::{self, Job};
use super::state::{LOOK, Start};
use super::{Line, Surroundings};
use crate::domain::order::{Ended, Order, StopReason};
use crate::failpoint;
use crate::limits::open_files;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How often the output is looked at.
const OUTPUT: Duration = Duration::from_millis(200);

/// A program with its arguments; what to do is told in its environment.
#[derive(Clone, Debug)]
pub struct Command {
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Set in its environment, beside the order.
    pub env: Environment,
    pub probe: Option<Probe>,
}

/// A program that prints the version that runs, or nothing if none does.
#[derive(Clone, Debug)]
pub struct Probe {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub timeout: Duration,
}

pub(super) async fn carry_out(
    command: &Command,
    order: &Order,
    with: &Surroundings,
    mut stop: watch::Receiver<Option<StopReason>>,
    lines: mpsc::Sender<Line>,
) -> Ended {
    failpoint::at("executor::command::before_runner");
    let spawned = tokio::select! {
        biased;
        spawned = retried(|| spawn(command, order, with)) => spawned,
        Ok(_) = asked(&mut stop) => return Ended::NeverStarted,
    };
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Ended::StartFailed(format!("The runner cannot be started: {error}.")),
    };
    failpoint::at("executor::command::after_runner");
    let mut tail = Tail::new(with.state.output(start(order)));
    tokio::select! {
        () = attend(&mut child, with, stop) => {}
        () = follow(&mut tail, &lines) => {}
    }
    pass_on(&mut tail, &lines).await;
    if let Some(ended) = told(&mut child).await {
        return ended;
    }
    let mut said = String::new();
    if let Some(errors) = child.stderr.take() {
        // Only words for people are lost.
        let _ = errors.take(1000).read_to_string(&mut said).await;
    }
    let said = one_line(&said);
    if !said.is_empty() {
        tracing::warn!(target_id = order.target_id, said, "a runner could not do its work");
    }
    match look(order, with).await {
        Found::Ended(ended) => ended,
        Found::NeverBegan => Ended::StartFailed(format!("The command was not started. {said}")),
        Found::Killed => Ended::ResultUnknown,
        Found::MayStillRun => Ended::MayStillRun,
    }
}

pub(super) async fn collect(order: &Order, with: &Surroundings, here: bool) -> (Ended, Vec<Line>) {
    let ended = match look(order, with).await {
        Found::Ended(ended) => ended,
        Found::NeverBegan if here => Ended::NeverStarted,
        // It may have begun where another state directory is.
        Found::NeverBegan => Ended::ResultUnknown,
        Found::Killed => Ended::ResultUnknown,
        Found::MayStillRun => Ended::MayStillRun,
    };
    let mut tail = Tail::new(with.state.output(start(order)));
    tail.look();
    (ended, tail.lines.into())
}

pub(super) fn start(order: &Order) -> Start {
    Start { instance_id: order.instance_id, target_id: order.target_id, fence: order.fence }
}

fn spawn(command: &Command, order: &Order, with: &Surroundings) -> io::Result<Child> {
    let job = Job {
        state_dir: with.state.path().to_owned(),
        start: start(order),
        program: command.program.clone(),
        args: command.args.clone(),
        open_files: open_files::inherited(),
        secrets: command.env.secrets().cloned().collect(),
        first_beat: with.fence_after.saturating_sub(with.renewed.borrow().elapsed()),
        beat: with.fence_after,
        grace: with.grace,
    };
    tokio::process::Command::new(&with.runner)
        .arg(runner::SUBCOMMAND)
        .arg(serde_json::to_string(&job)?)
        .env_clear()
        .envs(command.env.for_order(order))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// What the runner, which has ended, says of its command; nothing if it was killed, or had none.
async fn told(child: &mut Child) -> Option<Ended> {
    let mut text = Vec::new();
    child.stdout.take()?.read_to_end(&mut text).await.ok()?;
    serde_json::from_slice(&text).ok()
}

/// Stays with the runner until it has ended, and hands it the beats and the request to stop.
async fn attend(child: &mut Child, with: &Surroundings, mut stop: watch::Receiver<Option<StopReason>>) {
    let mut input = child.stdin.take();
    let mut renewed = with.renewed.clone();
    // A runner that does not end the command in time is ended itself; what it leaves is killed by `look`.
    let mut patience = None::<Instant>;
    loop {
        tokio::select! {
            // An error here is one of waiting: what became of the runner is looked at all the same.
            _ = child.wait() => return,
            Ok(()) = renewed.changed() => tell(&mut input, None).await,
            Ok(why) = asked(&mut stop), if patience.is_none() => {
                patience = Some(Instant::now() + 2 * with.grace + Duration::from_secs(5));
                tell(&mut input, why).await;
            }
            () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => {
                // It may have ended just now.
                let _ = child.kill().await;
            }
        }
    }
}

async fn asked(stop: &mut watch::Receiver<Option<StopReason>>) -> Result<Option<StopReason>, watch::error::RecvError> {
    stop.wait_for(Option::is_some).await.map(|why| *why)
}

async fn tell(input: &mut Option<ChildStdin>, stop: Option<StopReason>) {
    // A runner that hears nothing more has ended.
    if let Some(input) = input {
        let _ = input.write_all(&[runner::signal(stop)]).await;
    }
}

/// A text as part of a sentence.
fn one_line(text: &str) -> String {
    text.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// Hands lines on while they come; slow readers hold up nothing else.
async fn follow(tail: &mut Tail, lines: &mpsc::Sender<Line>) {
    loop {
        sleep(OUTPUT).await;
        pass_on(tail, lines).await;
    }
}

/// Hands on what came since the last time. Cut short, it loses nothing.
async fn pass_on(tail: &mut Tail, lines: &mpsc::Sender<Line>) {
    tail.look();
    while !tail.lines.is_empty() {
        // Nobody reads on when the worker goes.
        let Ok(place) = lines.reserve().await else { return };
        if let Some(line) = tail.lines.pop_front() {
            place.send(line);
        }
    }
}

enum Found {
    Ended(Ended),
    NeverBegan,
    /// What was left of it was killed, or it was stopped because its worker was lost.
    Killed,
    MayStillRun,
}

/// What became of a start: waits for its runner, ends what is left of it, and sees to it that it is not
/// started any more. Gives up waiting when a runner does not end that has long been without its worker.
async fn look(order: &Order, with: &Surroundings) -> Found {
    let start = start(order);
    let until = Instant::now() + with.fence_after + 2 * with.grace + Duration::from_secs(10);
    let mut warned = false;
    while Instant::now() < until {
        match try_look(start, with) {
            Ok(Some(found)) => return found,
            Ok(None) => sleep(LOOK).await,
            Err(error) => {
                if !warned {
                    tracing::warn!(%error, target_id = start.target_id, "the state directory cannot be used; trying again");
                }
                warned = true;
                sleep(LOOK).await;
            }
        }
    }
    Found::MayStillRun
}

fn try_look(start: Start, with: &Surroundings) -> io::Result<Option<Found>> {
    let Some(mut lock) = with.state.lock_instance(start.instance_id)? else { return Ok(None) };
    // From here on a runner that comes late is refused.
    lock.raise(start.fence)?;
    if let Some(ended) = with.state.ended(start)? {
        return Ok(Some(match ended {
            Ended::Stopped(StopReason::Lost) => Found::Killed,
            ended => Found::Ended(ended),
        }));
    }
    Ok(match with.state.begun(start)? {
        None => Some(Found::NeverBegan),
        Some(mark) => mark.kill()?.then_some(Found::Killed),
    })
}
