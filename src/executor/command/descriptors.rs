//! Starting a program while the system is short of descriptors or processes: that is temporary, and no target fails
//! because of it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// How long to wait before the next try.
pub const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Whether a program could not be started only because its user or the machine is short of descriptors or processes.
pub fn are_short(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let codes = [Errno::MFILE, Errno::NFILE, Errno::AGAIN].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// Tries again for as long as the system is short of these.
pub async fn retried<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut warned = false;
    loop {
        match attempt() {
            Err(error) if are_short(&error) => pause(&error, &mut warned).await,
            ended => return ended,
        }
    }
}

/// Starts a program, and tries again like [`retried`]; on a thread that may wait until the system has started it. On the
/// threads of tasks, many starts at once would hold up everything else, also the renewal of the worker's lease.
pub async fn spawned(command: Command) -> io::Result<Child> {
    let command = Arc::new(Mutex::new(command));
    let mut warned = false;
    loop {
        let shared = Arc::clone(&command);
        let start = move || shared.lock().unwrap_or_else(PoisonError::into_inner).spawn();
        match spawn_blocking(start).await.map_err(io::Error::other)? {
            Err(error) if are_short(&error) => pause(&error, &mut warned).await,
            ended => return ended,
        }
    }
}

async fn pause(error: &io::Error, warned: &mut bool) {
    if !*warned {
        tracing::warn!(%error, "a program cannot be started now; trying again. Raise the limits of open files and processes.");
    }
    *warned = true;
    sleep(RETRY_DELAY).await;
}
