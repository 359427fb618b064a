//! Waiting for children: also for those that became children of this process because their parents had ended. Whoever
//! waits for any child takes every end, so this is the only place of its process that waits.

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};
use std::io;

/// What became of the children of this process.
#[derive(Clone, Copy, Debug)]
pub enum Reaped {
    /// The child that was started has ended. `alone` says that nothing that it started is left.
    Ended { status: WaitStatus, alone: bool },
    /// No child is left, so nothing that descends from this process is.
    NoneLeft,
}

/// Waits for the children of this process until none is left, and reports the end of the one with this id and the end of
/// all. `report` returns whether to go on.
///
/// # Errors
/// If the system refuses to wait.
pub fn reap(own: Pid, mut report: impl FnMut(Reaped) -> bool) -> io::Result<()> {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((child, status))) if child == own => {
                if !report(Reaped::Ended { status, alone: is_childless()? }) {
                    return Ok(());
                }
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => {
                report(Reaped::NoneLeft);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes the ends of children that have ended, and returns whether none is left.
fn is_childless() -> io::Result<bool> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return Ok(false),
            Err(Errno::CHILD) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}
