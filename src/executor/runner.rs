//! The runner: between a worker and a command, in a process of its own, so that neither the worker's death
//! nor its standstill leaves a command running that nobody answers for. It ends the command when the
//! worker's pipe closes or brings no beat, and leaves output and result in the state directory. The worker beside it is
//! told the result also by the pipe of its standard output: a disk that is full just then takes nothing away.
//!
//! A command is over when its first process has ended. What else is left of its session ends with it; what is
//! to stay, a service for example, is started by a service manager or in a session of its own (`setsid`).

use super::descriptors::{RETRY_DELAY, are_short};
use super::mask::Mask;
use super::output;
use super::state::{InstanceLock, LOOK, Mark, Start, StateDir};
use crate::domain::order::{Ended, StopReason};
use crate::failpoint;
use crate::limits::open_files;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "run-command";

/// What a worker hands to a runner. The command's environment is the runner's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub state_dir: PathBuf,
    pub start: Start,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// The soft limit of open files that the worker was started with, and the command is, too.
    pub open_files: Option<u64>,
    /// Variables of its environment whose values no line of its output may show.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// How long the first beat may take: less than the others, since the lease is older than the runner.
    pub first_beat: Duration,
    /// Without a beat for so long, the worker counts as lost.
    pub beat: Duration,
    /// From the request to end until the command is killed.
    pub grace: Duration,
}

/// What a worker writes into the runner's standard input.
pub(super) fn signal(stop: Option<StopReason>) -> u8 {
    match stop {
        None => b'b',
        Some(StopReason::TimedOut) => b't',
        Some(StopReason::Canceled) => b'c',
        Some(StopReason::Lost) => b'l',
    }
}

enum Heard {
    Beat,
    Stop(StopReason),
    Exited(io::Result<ExitStatus>),
}

/// Runs the job that is told in JSON. The exit status says only whether the runner did its work.
pub fn main(job: &str) -> ExitCode {
    match serde_json::from_str(job).map_err(io::Error::from).and_then(|job| run(&job)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(job: &Job) -> io::Result<()> {
    open_files::restore(job.open_files)?;
    // A session of its own, by which all its processes are known; only a leader of a group has one already.
    let _ = rustix::process::setsid();
    let state = StateDir::open(&job.state_dir)?;
    let (tell, heard) = channel();
    listen(tell.clone());
    failpoint::at("executor::runner::before_fence");
    let mut lock = take(&state, job, &heard)?;
    let mark = Mark::own()?;
    failpoint::at("executor::runner::before_begin");
    match begin(&state, &mut lock, job, &mark) {
        Ok(true) => {}
        Ok(false) => return Err(io::Error::other("A newer command was started for this instance.")),
        Err(error) => {
            let why = format!("The command was not started: {} cannot be written: {error}.", state.path().display());
            return report(&Ended::StartFailed(why));
        }
    }
    failpoint::at("executor::runner::before_spawn");
    let ended = match start(job, &heard) {
        Ok(Ok(child)) => attend(job, &state, &mark, child, tell, &heard)?,
        Ok(Err(StopReason::Lost)) => Ended::NeverStarted,
        Ok(Err(why)) => Ended::Stopped(why),
        Err(error) => {
            let why = format!("{} cannot be started: {error}.", job.program.display());
            Ended::StartFailed(mask(job).text(&why))
        }
    };
    failpoint::at("executor::runner::before_result");
    let noted = state.end(job.start, &ended);
    failpoint::at("executor::runner::after_result");
    report(&ended)?;
    noted
}

/// What hides the secrets of a job.
fn mask(job: &Job) -> Mask {
    Mask::new(job.secrets.iter().filter_map(|name| std::env::var(name).ok()))
}

/// Notes that the command begins. False if a newer one was started for its instance.
fn begin(state: &StateDir, lock: &mut InstanceLock, job: &Job, mark: &Mark) -> io::Result<bool> {
    let newest = lock.raise(job.start.fence)?;
    if newest {
        state.begin(job.start, mark)?;
    }
    Ok(newest)
}

/// Tells the worker, if it is still there.
fn report(ended: &Ended) -> io::Result<()> {
    serde_json::to_writer(io::stdout(), ended)?;
    io::stdout().flush()
}

/// The instance's lock. Whoever has it is about to end, or this one is too late.
fn take(state: &StateDir, job: &Job, heard: &Receiver<Heard>) -> io::Result<InstanceLock> {
    // A worker that stood still that long may have been declared dead, and its target taken over.
    if job.first_beat.is_zero() {
        return Err(io::Error::other("The lease of its worker ran out before it began."));
    }
    let until = Instant::now() + job.first_beat;
    loop {
        if let Some(lock) = state.lock_instance(job.start.instance_id)? {
            return Ok(lock);
        }
        match heard.recv_timeout(LOOK) {
            Ok(Heard::Stop(_)) => return Err(io::Error::other("It was stopped before it began.")),
            _ if Instant::now() > until => {
                return Err(io::Error::other("Another command still runs for this instance."));
            }
            _ => {}
        }
    }
}

/// Starts the program, as soon as the system can, unless it is stopped before.
fn start(job: &Job, heard: &Receiver<Heard>) -> io::Result<Result<Child, StopReason>> {
    let mut until = Instant::now() + job.first_beat;
    loop {
        match spawn(job) {
            Err(error) if are_short(&error) => {}
            started => return started.map(Ok),
        }
        match heard.recv_timeout(RETRY_DELAY) {
            Ok(Heard::Stop(why)) => return Ok(Err(why)),
            Ok(Heard::Beat) => until = Instant::now() + job.beat,
            _ if Instant::now() > until => return Ok(Err(StopReason::Lost)),
            _ => {}
        }
    }
}

fn spawn(job: &Job) -> io::Result<Child> {
    Command::new(&job.program)
        .args(&job.args)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Hears the worker, byte by byte, to the end of the pipe.
fn listen(tell: Sender<Heard>) {
    thread::spawn(move || {
        for byte in io::stdin().lock().bytes() {
            let heard = match byte {
                Ok(b't') => Heard::Stop(StopReason::TimedOut),
                Ok(b'c') => Heard::Stop(StopReason::Canceled),
                Ok(b'l') | Err(_) => Heard::Stop(StopReason::Lost),
                Ok(_) => Heard::Beat,
            };
            // The runner hears nothing more once the command has ended.
            let _ = tell.send(heard);
        }
        let _ = tell.send(Heard::Stop(StopReason::Lost));
    });
}

/// Stays with the command until it and all that it started have ended.
fn attend(
    job: &Job,
    state: &StateDir,
    mark: &Mark,
    mut child: Child,
    tell: Sender<Heard>,
    heard: &Receiver<Heard>,
) -> io::Result<Ended> {
    failpoint::at("executor::runner::after_spawn");
    let group = Pid::from_child(&child);
    let output = output::record(&state.output(job.start), mask(job), child.stdout.take(), child.stderr.take());
    thread::spawn(move || tell.send(Heard::Exited(child.wait())));
    let mut patience = Instant::now() + job.first_beat;
    let ended = loop {
        match heard.recv_timeout(patience.saturating_duration_since(Instant::now())) {
            Ok(Heard::Beat) => patience = Instant::now() + job.beat,
            Ok(Heard::Exited(status)) => {
                let status = status?;
                break Ended::Exited { status: status.code(), signal: status.signal() };
            }
            Ok(Heard::Stop(why)) => break Ended::Stopped(why),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break Ended::Stopped(StopReason::Lost),
        }
    };
    end(job, mark, group)?;
    output.finish();
    Ok(ended)
}

/// Asks what is left of the command to end, and kills what does not.
fn end(job: &Job, mark: &Mark, group: Pid) -> io::Result<()> {
    if mark.members()?.is_empty() {
        return Ok(());
    }
    // What left the group is killed below.
    let _ = kill_process_group(group, Signal::TERM);
    let until = Instant::now() + job.grace;
    while Instant::now() < until {
        thread::sleep(LOOK);
        if mark.members()?.is_empty() {
            return Ok(());
        }
    }
    while !mark.kill()? {
        thread::sleep(LOOK);
    }
    Ok(())
}
