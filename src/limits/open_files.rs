//! The limit of open files: raised for the program, whose connections are files, and restored for commands.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::sync::OnceLock;

/// Open files that are reserved for the database, for commands and for everything else that is not a connection.
const RESERVED_FILES: u64 = 256;
/// Connections that are accepted even if the limit is lower than the reserve.
const MIN_CONNECTIONS: u64 = 16;

/// The soft limit that the program was started with.
static INHERITED: OnceLock<Option<u64>> = OnceLock::new();

/// Raises the soft limit to the hard one, and remembers what it was.
pub fn raise() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    INHERITED.get_or_init(|| limit.current);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(())
}

/// Returns the soft limit that the program was started with, or `None` if there was no limit.
pub fn inherited() -> Option<u64> {
    *INHERITED.get_or_init(|| getrlimit(Resource::Nofile).current)
}

/// Restores the soft limit, for the program that this process becomes or starts.
pub fn restore(soft: Option<u64>) -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: soft, ..limit })?;
    Ok(())
}

/// How many connections may be open, so that the reserve remains.
pub(super) fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(RESERVED_FILES).max(MIN_CONNECTIONS)).unwrap_or(usize::MAX)
}
