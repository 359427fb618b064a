//! The runner: a process between a worker and a command, so that no command runs unattended when the worker dies or
//! hangs. It ends the command when the worker's pipe closes or brings no beat, and leaves output and result in the state
//! directory. It also reports the result to the worker through its standard output, so that nothing is lost when the
//! disk is full just then.

use super::attend::{Attention, attend};
use super::cgroup;
use super::check;
use super::descriptors::{RETRY_DELAY, are_short};
use super::family::{Family, POLL_INTERVAL};
use super::mask::Mask;
use super::output::{self, Recording};
use super::state::{InstanceLock, Start, StartFiles};
use crate::domain::order::{Ended, StopReason, Stopping};
use crate::executor::StateDir;
use crate::failpoint;
use crate::limits::open_files;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "run-command";

/// What a worker hands to a runner. The command's environment is the runner's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub state_dir: PathBuf,
    pub start: Start,
    /// The word of the start, 128 random bits, which is in the environment, too.
    pub word: String,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Where the program is started; `None` for an empty directory of its own.
    pub dir: Option<PathBuf>,
    /// Whether both streams of the output are one.
    pub merge: bool,
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
    /// After this time without output, the command is stopped; `None` for never.
    pub idle_timeout: Option<Duration>,
    /// The grace once the worker is lost: whoever takes over waits no longer.
    pub lost_grace: Duration,
}

/// What a worker writes into the runner's standard input.
pub(super) fn signal(stop: Option<StopReason>) -> u8 {
    match stop {
        None => b'b',
        Some(StopReason::TimedOut) => b't',
        Some(StopReason::Idle) => b'i',
        Some(StopReason::Canceled) => b'c',
        Some(StopReason::Lost) => b'l',
    }
}

/// What a runner waits for before the command runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum WorkerEvent {
    Beat,
    Stop(StopReason),
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
    // A session of its own, by which processes of the command are found. It fails only for a leader of a group, which has
    // one.
    let _ = rustix::process::setsid();
    // Processes of the command whose parents end become children of the runner.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let state = StateDir::open(&job.state_dir)?;
    let (sender, events) = channel();
    listen(sender);
    failpoint::at("executor::command::runner::before_fence");
    let mut lock = lock(&state, job, &events)?;
    let files = StartFiles::new(&state, job.start);
    failpoint::at("executor::command::runner::before_begin");
    let family = match begin(&files, &mut lock, job) {
        Ok(Ok(family)) => family,
        Ok(Err(why)) => return report(&Ended::StartFailed(why)),
        Err(error) => {
            let why = format!("The command was not started: {} cannot be written: {error}.", state.path().display());
            return report(&Ended::StartFailed(why));
        }
    };
    failpoint::at("executor::command::runner::before_spawn");
    let ended = match start(job, &files, &family, &events) {
        Ok(Ok((child, output))) => {
            failpoint::at("executor::command::runner::after_spawn");
            let attention = Attention { job, files: &files, family: &family, lock: &lock };
            attend(&attention, &child, output, events)?
        }
        Ok(Err(StopReason::Lost)) => Ended::NeverStarted,
        Ok(Err(reason)) => Ended::Stopped { reason, stopping: Stopping::InTime, last_lines: String::new() },
        Err(why) => Ended::StartFailed(mask(job).text(&why)),
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

/// Notes that the command begins, once nothing of an earlier command of the instance runs any more. Returns its family, or
/// why the command may not be started.
fn begin(files: &StartFiles, lock: &mut InstanceLock, job: &Job) -> io::Result<Result<Family, String>> {
    if !lock.raise(job.start)? {
        return Ok(Err("The command was not started: a newer one was started for the instance.".into()));
    }
    for family in lock.remembered()? {
        if let Err(processes) = family.end(job.lost_grace)? {
            return Ok(Err(format!(
                "The command was not started: an earlier command of the instance still runs and could not be ended: \
                 {processes}. End it on the host."
            )));
        }
    }
    lock.forget_remembered();
    let family = Family::found(&job.word, cgroup::join(&job.word))?;
    files.begin(&family)?;
    Ok(Ok(family))
}

/// Reports to the worker, if it still reads.
fn report(ended: &Ended) -> io::Result<()> {
    serde_json::to_writer(io::stdout(), ended)?;
    io::stdout().flush()
}

/// Takes the lock of the instance. If another runner holds it, either that one is about to end, or this one is too late.
fn lock(state: &StateDir, job: &Job, events: &Receiver<WorkerEvent>) -> io::Result<InstanceLock> {
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
            Ok(WorkerEvent::Stop(_)) => return Err(io::Error::other("It was stopped before the command was started.")),
            _ if Instant::now() > deadline => {
                return Err(io::Error::other("Another command still runs for the instance."));
            }
            _ => {}
        }
    }
}

/// Starts the program as soon as the system can, unless it is stopped before. An error says why that is impossible.
fn start(
    job: &Job,
    files: &StartFiles,
    family: &Family,
    events: &Receiver<WorkerEvent>,
) -> Result<Result<(Child, Recording), StopReason>, String> {
    let directory = match &job.dir {
        Some(dir) => dir.clone(),
        None => files
            .make_directory(family)
            .map_err(|error| format!("The command was not started: its working directory cannot be made: {error}."))?,
    };
    let mut deadline = Instant::now() + job.first_beat;
    loop {
        match spawn(job, files, &directory) {
            Err(error) if are_short(&error) => {}
            Err(error) => return Err(check::explain(&job.program, &directory, &error)),
            Ok(started) => return Ok(Ok(started)),
        }
        match events.recv_timeout(RETRY_DELAY) {
            Ok(WorkerEvent::Stop(reason)) => return Ok(Err(reason)),
            Ok(WorkerEvent::Beat) => deadline = Instant::now() + job.beat,
            _ if Instant::now() > deadline => return Ok(Err(StopReason::Lost)),
            _ => {}
        }
    }
}

fn spawn(job: &Job, files: &StartFiles, directory: &Path) -> io::Result<(Child, Recording)> {
    let (streams, stdout, stderr) = output::pipes(job.merge)?;
    let mut command = Command::new(&job.program);
    command.args(&job.args).current_dir(directory).process_group(0);
    let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn()?;
    // The command has the only writing ends.
    drop(command);
    Ok((child, output::record(&files.output(), mask(job), streams)?))
}

/// Reads what the worker sends, byte by byte, to the end of the pipe.
fn listen(sender: Sender<WorkerEvent>) {
    thread::spawn(move || {
        for byte in io::stdin().lock().bytes() {
            let event = match byte {
                Ok(b't') => WorkerEvent::Stop(StopReason::TimedOut),
                Ok(b'i') => WorkerEvent::Stop(StopReason::Idle),
                Ok(b'c') => WorkerEvent::Stop(StopReason::Canceled),
                Ok(b'l') | Err(_) => WorkerEvent::Stop(StopReason::Lost),
                Ok(_) => WorkerEvent::Beat,
            };
            // Nobody receives once the command has ended.
            let _ = sender.send(event);
        }
        let _ = sender.send(WorkerEvent::Stop(StopReason::Lost));
    });
}
