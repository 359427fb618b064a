//! The runner: a process between a worker and a command, so that no command runs unattended when the worker dies or
//! hangs. It ends the command when the worker's pipe closes or brings no beat, and leaves output and result in the state
//! directory. It also reports the result to the worker through its standard output, so that nothing is lost when the
//! disk is full just then.
//!
//! A command has ended when its first process has ended. Other processes of its session are then ended, too. A process
//! that is to stay, a service for example, is started by a service manager or in a session of its own (`setsid`).

use super::collect::POLL_INTERVAL;
use super::descriptors::{RETRY_DELAY, are_short};
use super::mask::Mask;
use super::output;
use super::processes::Session;
use super::state::{InstanceLock, Start, StartFiles};
use crate::domain::order::{Ended, StopReason};
use crate::executor::StateDir;
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
    /// The soft limit of open files that the worker was started with; the command starts with it, too.
    pub open_files: Option<u64>,
    /// Variables of the environment whose values no line of the output may show.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// How long the first beat may take: less than later ones, since the lease is older than the runner.
    pub first_beat: Duration,
    /// After this time without a beat, the worker is taken for lost.
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

/// What a runner waits for.
enum RunnerEvent {
    Beat,
    Stop(StopReason),
    Exited(io::Result<ExitStatus>),
}

/// Runs the job, which is JSON. The exit status says only whether the runner did its work.
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
    // A session of its own, by which all its processes are found. It fails only for a leader of a group, which has one.
    let _ = rustix::process::setsid();
    let state = StateDir::open(&job.state_dir)?;
    let (sender, events) = channel();
    listen(sender.clone());
    failpoint::at("executor::command::runner::before_fence");
    let mut lock = lock(&state, job, &events)?;
    let session = Session::own()?;
    let files = StartFiles::new(&state, job.start);
    failpoint::at("executor::command::runner::before_begin");
    match begin(&files, &mut lock, job, &session) {
        Ok(true) => {}
        Ok(false) => return Err(io::Error::other("A newer command was started for the instance.")),
        Err(error) => {
            let why = format!("The command was not started: {} cannot be written: {error}.", state.path().display());
            return report(&Ended::StartFailed(why));
        }
    }
    failpoint::at("executor::command::runner::before_spawn");
    let ended = match start(job, &events) {
        Ok(Ok(child)) => attend(job, &files, &session, child, sender, &events)?,
        Ok(Err(StopReason::Lost)) => Ended::NeverStarted,
        Ok(Err(reason)) => Ended::Stopped(reason),
        Err(error) => {
            let why = format!("{} cannot be started: {error}.", job.program.display());
            Ended::StartFailed(mask(job).text(&why))
        }
    };
    failpoint::at("executor::command::runner::before_result");
    let noted = files.end(&ended);
    failpoint::at("executor::command::runner::after_result");
    report(&ended)?;
    noted
}

/// Hides the secrets of a job.
fn mask(job: &Job) -> Mask {
    Mask::new(job.secrets.iter().filter_map(|name| std::env::var(name).ok()))
}

/// Notes that the command begins. Returns false if a newer one was started for its instance.
fn begin(files: &StartFiles, lock: &mut InstanceLock, job: &Job, session: &Session) -> io::Result<bool> {
    let newest = lock.raise(job.start)?;
    if newest {
        files.begin(session)?;
    }
    Ok(newest)
}

/// Reports to the worker, if it still reads.
fn report(ended: &Ended) -> io::Result<()> {
    serde_json::to_writer(io::stdout(), ended)?;
    io::stdout().flush()
}

/// Takes the lock of the instance. If another runner holds it, either that one is about to end, or this one is too late.
fn lock(state: &StateDir, job: &Job, events: &Receiver<RunnerEvent>) -> io::Result<InstanceLock> {
    // A worker that hung for so long may have been declared dead, and its target taken over.
    if job.first_beat.is_zero() {
        return Err(io::Error::other("The lease of the worker ran out before the command was started."));
    }
    let deadline = Instant::now() + job.first_beat;
    loop {
        if let Some(lock) = InstanceLock::try_take(state, job.start.instance_id)? {
            return Ok(lock);
        }
        match events.recv_timeout(POLL_INTERVAL) {
            Ok(RunnerEvent::Stop(_)) => return Err(io::Error::other("It was stopped before the command was started.")),
            _ if Instant::now() > deadline => {
                return Err(io::Error::other("Another command still runs for the instance."));
            }
            _ => {}
        }
    }
}

/// Starts the program as soon as the system can, unless it is stopped before.
fn start(job: &Job, events: &Receiver<RunnerEvent>) -> io::Result<Result<Child, StopReason>> {
    let mut deadline = Instant::now() + job.first_beat;
    loop {
        match spawn(job) {
            Err(error) if are_short(&error) => {}
            started => return started.map(Ok),
        }
        match events.recv_timeout(RETRY_DELAY) {
            Ok(RunnerEvent::Stop(reason)) => return Ok(Err(reason)),
            Ok(RunnerEvent::Beat) => deadline = Instant::now() + job.beat,
            _ if Instant::now() > deadline => return Ok(Err(StopReason::Lost)),
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

/// Reads what the worker sends, byte by byte, to the end of the pipe.
fn listen(sender: Sender<RunnerEvent>) {
    thread::spawn(move || {
        for byte in io::stdin().lock().bytes() {
            let event = match byte {
                Ok(b't') => RunnerEvent::Stop(StopReason::TimedOut),
                Ok(b'c') => RunnerEvent::Stop(StopReason::Canceled),
                Ok(b'l') | Err(_) => RunnerEvent::Stop(StopReason::Lost),
                Ok(_) => RunnerEvent::Beat,
            };
            // Nobody receives once the command has ended.
            let _ = sender.send(event);
        }
        let _ = sender.send(RunnerEvent::Stop(StopReason::Lost));
    });
}

/// Stays with the command until it and all its processes have ended.
fn attend(
    job: &Job,
    files: &StartFiles,
    session: &Session,
    mut child: Child,
    sender: Sender<RunnerEvent>,
    events: &Receiver<RunnerEvent>,
) -> io::Result<Ended> {
    failpoint::at("executor::command::runner::after_spawn");
    let group = Pid::from_child(&child);
    let output = output::record(&files.output(), mask(job), child.stdout.take(), child.stderr.take());
    thread::spawn(move || sender.send(RunnerEvent::Exited(child.wait())));
    let mut deadline = Instant::now() + job.first_beat;
    let ended = loop {
        match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(RunnerEvent::Beat) => deadline = Instant::now() + job.beat,
            Ok(RunnerEvent::Exited(status)) => {
                let status = status?;
                break Ended::Exited { status: status.code(), signal: status.signal() };
            }
            Ok(RunnerEvent::Stop(reason)) => break Ended::Stopped(reason),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break Ended::Stopped(StopReason::Lost),
        }
    };
    end(job, session, group)?;
    output.finish();
    Ok(ended)
}

/// Asks the remaining processes of the command to end, and kills those that do not.
fn end(job: &Job, session: &Session, group: Pid) -> io::Result<()> {
    if session.members()?.is_empty() {
        return Ok(());
    }
    // Processes that left the group are killed below.
    let _ = kill_process_group(group, Signal::TERM);
    let deadline = Instant::now() + job.grace;
    while Instant::now() < deadline {
        thread::sleep(POLL_INTERVAL);
        if session.members()?.is_empty() {
            return Ok(());
        }
    }
    while !session.kill()? {
        thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}
