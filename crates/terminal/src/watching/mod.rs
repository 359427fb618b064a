//! Watching a release to its end, through everything that can happen to the connection.
//!
//! [`feed`] reads what happens, [`model`] knows how the release stands and what has been shown, and a view shows it: lines in
//! a pipe, objects with `--json`, a region of the terminal that is redrawn.

mod asking;
mod describe;
mod draw;
mod feed;
mod json;
mod lines;
mod model;
mod screen;
mod summary;
mod watcher;
mod waves;

pub use describe::{canceled, length};
pub use feed::{canceled_by, find, no_release, targets};

use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use jiff::Timestamp;
use model::{Change, Model};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use watcher::Watcher;

/// How a release is watched.
#[derive(Clone, Debug, Default)]
pub struct WatchOptions {
    /// The place in the event log after which to begin; by default with the beginning of the release.
    pub since: Option<String>,
    /// How long to watch.
    pub timeout: Option<Duration>,
}

/// Shows what happens.
trait View {
    /// Something happened.
    fn changed(&mut self, model: &Model, change: &Change) -> Result<(), Failure>;
    /// Some time has passed; it is this time now.
    fn tick(&mut self, model: &Model, now: Instant) -> Result<(), Failure>;
    /// The release is no longer watched: what is drawn is erased.
    fn close(&mut self) -> Result<(), Failure>;
    /// The release has ended, or is paused and nobody can decide.
    fn ended(&mut self, model: &Model) -> Result<(), Failure>;
}

/// Watches a release until it ends, and returns the exit status that says how. Ctrl-C ends the watching alone.
///
/// # Errors
/// If the server refuses to go on, for example since the token has ended, or if it cannot be reached for [`watcher::PATIENCE`] and
/// there is no terminal.
pub async fn watch(session: &Session, id: &str, options: WatchOptions) -> Result<ExitStatus, Failure> {
    let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut watcher = tokio::select! {
        biased;
        _ = &mut interrupted => return Ok(detached(session, id)),
        watcher = Watcher::start(session, id, options.since) => watcher?,
    };
    let ended = tokio::select! {
        biased;
        _ = &mut interrupted => None,
        () = passed(deadline) => Some(Ok(ExitStatus::TimedOut)),
        status = watcher.run_to_end() => Some(status),
    };
    watcher.view.close()?;
    match ended {
        None => Ok(detached(session, id)),
        Some(Ok(ExitStatus::TimedOut)) => Ok(timed_out(session, &watcher.model)),
        Some(Ok(status)) => watcher.show_end(status),
        Some(Err(failure)) => Err(failure),
    }
}

/// Waits for the deadline, if there is one.
async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Ctrl-C: the release does not depend on who watches it.
fn detached(session: &Session, id: &str) -> ExitStatus {
    session.output.note(&format!("Detached. The release {id} goes on, if it has not ended."));
    session.output.help(&format!("lockkeeper watch {id}    lockkeeper cancel {id}"));
    ExitStatus::Detached
}

fn timed_out(session: &Session, model: &Model) -> ExitStatus {
    let (id, progress) = (&model.release.id, &model.progress);
    let (done, total, status) = (progress.done(), progress.total, &model.status);
    session
        .output
        .warning(&format!("The time for watching has passed. The release {id} goes on: {status}, {done}/{total}."));
    session.output.help(&format!("lockkeeper watch {id}    lockkeeper cancel {id}"));
    ExitStatus::TimedOut
}

/// Reads a time of the API. One that cannot be read is the beginning of time, so that nothing depends on it.
fn time(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}
