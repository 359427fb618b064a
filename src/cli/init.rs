//! Process 1 of a container: lockkeeper starts itself again as its only child, passes signals on to it, and waits for
//! every process whose parent has ended, as the system expects of process 1. That holds for every command: a signal that a
//! program does not handle ends it, but never process 1.

use crate::executor::command::reap::{Reaped, reap};
use rustix::process::{Pid, Signal, WaitStatus, getpid, kill_process};
use signal_hook::iterator::Signals;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;

/// The signals that are passed on.
const SIGNALS: [Signal; 6] = [Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP, Signal::USR1, Signal::USR2];

/// Whether this process is process 1.
pub fn is_init() -> bool {
    getpid().is_init()
}

/// Does what the arguments of this process say, in a child. Returns its exit status; for a signal, 128 and its number. What
/// `asks` keeps the terminal, which also sends its signals to the child itself.
///
/// # Errors
/// If the child cannot be started.
pub fn run(asks: bool) -> io::Result<ExitCode> {
    let mut signals = Signals::new(SIGNALS.map(Signal::as_raw))?;
    let mut command = Command::new("/proc/self/exe");
    command.args(std::env::args_os().skip(1));
    // What serves stops at once at a second signal: in a group of its own, it gets only the one that is passed on.
    if !asks {
        command.process_group(0);
    }
    let child = Pid::from_child(&command.spawn()?);
    thread::spawn(move || {
        for signal in signals.forever() {
            if let Some(signal) = Signal::from_named_raw(signal) {
                // It may have ended just now.
                let _ = kill_process(child, signal);
            }
        }
    });
    let mut ended = None;
    reap(child, |reaped| match reaped {
        Reaped::Ended { status, .. } => {
            ended = Some(status);
            false
        }
        Reaped::NoneLeft => true,
    })?;
    Ok(ended.map_or(ExitCode::FAILURE, exit_code))
}

fn exit_code(status: WaitStatus) -> ExitCode {
    let code = status.exit_status().or_else(|| Some(128 + status.terminating_signal()?));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
