//! Staying with a command until it and all that belongs to it has ended.
//!
//! A command has ended when its first process has ended. What then stays in the command's own session is ended; what
//! detached on purpose, into a session of its own, lives on. A command that is stopped ends as a whole: every process that
//! descends from it is asked to end, and killed after a while.

use super::family::{self, Family, KILL_TIMEOUT, POLL_INTERVAL};
use super::output::Recording;
use super::proc::{Process, named};
use super::reap::{Reaped, reap};
use super::runner::{Job, WorkerEvent};
use super::state::{InstanceLock, StartFiles};
use crate::domain::order::{Ended, StopReason, Stopping};
use rustix::process::{Pid, WaitStatus};
use std::io;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process that the command has just started may take to leave the command's session: with `setsid PROGRAM &` as
/// its last line, a script ends before `setsid` runs.
const DETACH_TIMEOUT: Duration = Duration::from_secs(1);

/// What a runner knows of the command with which it stays.
pub(super) struct Attention<'a> {
    pub job: &'a Job,
    pub files: &'a StartFiles,
    pub family: &'a Family,
    pub lock: &'a InstanceLock,
}

/// What happens while a command runs.
enum RunnerEvent {
    Worker(WorkerEvent),
    Reaped(Reaped),
    Failed(io::Error),
}

/// The worker as the runner hears of it.
struct WorkerWatch<'a> {
    job: &'a Job,
    /// Without a beat until then, the worker is lost.
    deadline: Instant,
    lost: bool,
}

impl WorkerWatch<'_> {
    fn hear(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Beat => self.deadline = Instant::now() + self.job.beat,
            WorkerEvent::Stop(StopReason::Lost) => self.lost = true,
            WorkerEvent::Stop(_) => {}
        }
    }

    fn is_lost(&self) -> bool {
        self.lost || Instant::now() >= self.deadline
    }
}

/// Whether anything of a family is left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Something,
}

/// Stays with the command until it has ended, on its own or because it was stopped, and ends what may not live on.
pub(super) fn attend(
    attention: &Attention,
    child: &Child,
    output: Recording,
    worker_events: Receiver<WorkerEvent>,
) -> io::Result<Ended> {
    let Attention { job, files, family, lock } = *attention;
    let (sender, events) = channel();
    forward(worker_events, sender.clone());
    watch(Pid::from_child(child), sender);
    let mut worker = WorkerWatch { job, deadline: Instant::now() + job.first_beat, lost: false };
    let outcome = loop {
        let idle_at = job.idle_timeout.map(|longest| output.newest() + longest);
        let next = idle_at.map_or(worker.deadline, |idle_at| idle_at.min(worker.deadline));
        match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(RunnerEvent::Worker(WorkerEvent::Stop(reason))) => break Err(reason),
            Ok(RunnerEvent::Worker(event)) => worker.hear(event),
            Ok(RunnerEvent::Reaped(Reaped::Ended { status, alone })) => break Ok((status, alone)),
            Ok(RunnerEvent::Reaped(Reaped::NoneLeft)) => {}
            Ok(RunnerEvent::Failed(error)) => return Err(error),
            Err(RecvTimeoutError::Timeout) if Instant::now() < worker.deadline => {
                // It may have written something since the deadline was set.
                if job.idle_timeout.is_some_and(|longest| output.newest().elapsed() >= longest) {
                    break Err(StopReason::Idle);
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break Err(StopReason::Lost),
        }
    };
    let (ended, left, note) = match outcome {
        Ok((status, alone)) => {
            let (stayed, left) = if alone { (Ok(0), Left::Nothing) } else { end_session(&mut worker, &events)? };
            let note = stayed.as_ref().ok().filter(|count| **count > 0).map(|count| stayed_behind(*count));
            (stayed.map(|_| Stop::None(status)), left, note)
        }
        Err(reason) => {
            worker.lost |= reason == StopReason::Lost;
            match end_all(&mut worker, &events)? {
                Ok(stopping) => {
                    let note = (reason == StopReason::Lost)
                        .then(|| format!("The command was stopped because its worker was lost. {stopping}"));
                    (Ok(Stop::Stopped(reason, stopping)), Left::Nothing, note)
                }
                Err(processes) => (Err(processes), Left::Something, None),
            }
        }
    };
    let last_lines = output.finish(note);
    if left == Left::Nothing {
        files.remove_directory(family);
    }
    Ok(match ended {
        Ok(Stop::None(status)) => {
            Ended::Exited { status: status.exit_status(), signal: status.terminating_signal(), last_lines }
        }
        Ok(Stop::Stopped(reason, stopping)) => Ended::Stopped { reason, stopping, last_lines },
        Err(processes) => {
            lock.remember(family.clone())?;
            Ended::MayStillRun { processes }
        }
    })
}

/// How a command ended.
enum Stop {
    None(WaitStatus),
    Stopped(StopReason, Stopping),
}

pub fn stayed_behind(count: usize) -> String {
    let ended = match count {
        1 => "1 process that the command left in its session was ended.".to_owned(),
        count => format!("{count} processes that the command left in its session were ended."),
    };
    format!(
        "{ended} Start a service with a service manager, or in a session of its own: setsid PROGRAM < /dev/null > FILE \
         2>&1 &"
    )
}

/// Asks everything that descends from the runner to end, and kills what is left after the grace. Names what could not be
/// ended.
fn end_all(worker: &mut WorkerWatch, events: &Receiver<RunnerEvent>) -> io::Result<Result<Stopping, String>> {
    let job = worker.job;
    family::ask_to_end(&family::descendants()?);
    let began = Instant::now();
    let mut kill_at = began + job.grace;
    loop {
        if worker.is_lost() {
            kill_at = kill_at.min(Instant::now() + job.lost_grace);
            worker.lost = true;
            // From now on, nothing shortens it.
            worker.deadline = kill_at + job.beat;
        }
        let now = Instant::now();
        if now >= kill_at {
            break;
        }
        let next = if worker.lost { kill_at } else { kill_at.min(worker.deadline) };
        match events.recv_timeout(next - now) {
            Ok(RunnerEvent::Reaped(Reaped::NoneLeft)) => return Ok(Ok(Stopping::InTime)),
            Ok(RunnerEvent::Worker(event)) if !worker.lost => worker.hear(event),
            Ok(RunnerEvent::Failed(error)) => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    let after = began.elapsed();
    let killed = end_by_force(events, Extent::Family, family::descendants)?;
    Ok(killed.map(|_| Stopping::Killed { after }).map_err(|left| named(&left)))
}

/// Ends what stays in the session of the command. Returns how many processes that were, or names those that could not be
/// ended; and whether anything of the family is left.
fn end_session(worker: &mut WorkerWatch, events: &Receiver<RunnerEvent>) -> io::Result<(Result<usize, String>, Left)> {
    let job = worker.job;
    let own = Process::own()?.session;
    let stayed = || -> io::Result<Vec<Process>> {
        let mut stayed = family::descendants()?;
        stayed.retain(|process| process.session == own);
        Ok(stayed)
    };
    let ask_at = Instant::now() + DETACH_TIMEOUT;
    let first = loop {
        let first = stayed()?;
        if first.is_empty() {
            return Ok((Ok(0), Left::Something));
        }
        // A lost worker leaves no time for it.
        if Instant::now() >= ask_at || worker.is_lost() {
            break first;
        }
        match events.recv_timeout(POLL_INTERVAL) {
            Ok(RunnerEvent::Worker(event)) => worker.hear(event),
            Ok(RunnerEvent::Reaped(Reaped::NoneLeft)) => return Ok((Ok(0), Left::Nothing)),
            Ok(RunnerEvent::Failed(error)) => return Err(error),
            _ => {}
        }
    };
    family::ask_to_end(&first);
    let kill_at = Instant::now() + job.grace.min(job.lost_grace);
    while Instant::now() < kill_at {
        match events.recv_timeout(POLL_INTERVAL) {
            Ok(RunnerEvent::Reaped(Reaped::NoneLeft)) => return Ok((Ok(first.len()), Left::Nothing)),
            Ok(RunnerEvent::Failed(error)) => return Err(error),
            _ if stayed()?.is_empty() => return Ok((Ok(first.len()), Left::Something)),
            _ => {}
        }
    }
    match end_by_force(events, Extent::Session, stayed)? {
        Ok(left) => Ok((Ok(first.len()), left)),
        Err(processes) => Ok((Err(named(&processes)), Left::Something)),
    }
}

/// What is ended by force.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Family,
    Session,
}

/// Kills the processes that `find` returns until none is left. Returns whether anything of the family is, or the processes
/// that could not be ended.
fn end_by_force(
    events: &Receiver<RunnerEvent>,
    extent: Extent,
    find: impl Fn() -> io::Result<Vec<Process>>,
) -> io::Result<Result<Left, Vec<Process>>> {
    let deadline = Instant::now() + KILL_TIMEOUT;
    loop {
        let found = find()?;
        // Of a family, the last word is that of the system: no child is left.
        if found.is_empty() && extent == Extent::Session {
            return Ok(Ok(Left::Something));
        }
        family::kill(&found);
        match events.recv_timeout(POLL_INTERVAL) {
            Ok(RunnerEvent::Reaped(Reaped::NoneLeft)) => return Ok(Ok(Left::Nothing)),
            Ok(RunnerEvent::Failed(error)) => return Err(error),
            _ if Instant::now() >= deadline && !found.is_empty() => return Ok(Err(found)),
            _ => {}
        }
    }
}

/// Waits for the command and for whatever becomes a child of this process.
fn watch(child: Pid, sender: Sender<RunnerEvent>) {
    thread::spawn(move || {
        let report = |reaped| sender.send(RunnerEvent::Reaped(reaped)).is_ok();
        if let Err(error) = reap(child, report) {
            // Nobody receives once the command has ended.
            let _ = sender.send(RunnerEvent::Failed(error));
        }
    });
}

/// Passes on what the worker sends.
fn forward(from: Receiver<WorkerEvent>, to: Sender<RunnerEvent>) {
    thread::spawn(move || {
        for event in from {
            // As above.
            let _ = to.send(RunnerEvent::Worker(event));
        }
    });
}
