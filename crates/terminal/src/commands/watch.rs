//! `lockkeeper watch`.

use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use crate::times;
use crate::watching::{self, WatchOptions};
use clap::Args;
use lockkeeper_client::operations::release::{LatestFilter, LatestReleases, LatestVariables, ReleaseStatus};
use std::time::Duration;

/// Watch a release until it ends
///
/// Watches a release until it ends, through restarts of the server and broken connections.
///
/// In a terminal it shows how the release stands; elsewhere it prints a line for each change, from the beginning of the
/// release. Ctrl-C only ends the watching. The exit status says how the release ended: 0 SUCCEEDED, 1 FAILED, 7 CANCELED.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper watch
  lockkeeper watch rel_41 --timeout 30m
  lockkeeper watch rel_41 --json")]
pub struct WatchArgs {
    /// The release, for example rel_41 [default: the newest one that has not ended, else the newest one]
    #[arg(value_name = "RELEASE")]
    release: Option<String>,
    /// Begin after this cursor of the event log, for example one of `releaseEvents`
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    #[command(flatten)]
    timeout: TimeoutArgs,
}

/// How long to watch.
#[derive(Args, Clone, Debug, Default)]
pub struct TimeoutArgs {
    /// Stop watching after this time, for example 30m, 90s or 1h30m, with exit status 9; the release goes on
    #[arg(long, value_name = "DURATION", value_parser = times::duration)]
    pub timeout: Option<Duration>,
}

pub async fn run(args: WatchArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let release = match args.release {
        Some(release) => release,
        None => newest(session).await?,
    };
    watching::watch(session, &release, WatchOptions { since: args.since, timeout: args.timeout.timeout }).await
}

/// The newest release that has not ended, else the newest one.
async fn newest(session: &Session) -> Result<String, Failure> {
    let open = vec![ReleaseStatus::Pending, ReleaseStatus::Running, ReleaseStatus::Paused];
    for statuses in [Some(open), None] {
        let variables = LatestVariables { filter: LatestFilter { statuses } };
        let found = session.call::<LatestReleases>(&variables).await?.payload.nodes;
        if let Some(release) = found.into_iter().next() {
            return Ok(release.id);
        }
    }
    Err(Failure::not_found("release", "There has been no release yet.", &[]).help("lockkeeper upgrade --help"))
}
