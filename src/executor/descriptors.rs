//! Starting a program while the system is short of descriptors or processes: that passes, and nothing fails by it.

use std::io;
use std::time::Duration;
use tokio::time::sleep;

/// How long to wait before the next try.
pub const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Whether a program could not be started only for want of descriptors or processes, of its user or of the machine.
pub fn are_short(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let codes = [Errno::MFILE, Errno::NFILE, Errno::AGAIN].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// Tries until it is not for want of these that it fails. Dropped, it tries no more.
pub async fn retried<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut warned = false;
    loop {
        match attempt() {
            Err(error) if are_short(&error) => {
                if !warned {
                    tracing::warn!(%error, "a program cannot be started now; trying again. Raise the limit of open files.");
                }
                warned = true;
                sleep(RETRY_DELAY).await;
            }
            ended => return ended,
        }
    }
}
