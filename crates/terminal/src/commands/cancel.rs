//! `lockkeeper cancel`.

use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::release::{
    CancelRelease, CancelVariables, CanceledRelease, ReleaseStatus, undo_among,
};

/// Cancel a release: what has not started never does
///
/// Cancels a release: targets that have not started never do. Those that run finish, or are stopped with `--stop`.
///
/// Canceling a release that is canceled already changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper cancel rel_41
  lockkeeper cancel rel_41 --stop --reason \"wrong version\"
  lockkeeper cancel rel_41 --undo")]
pub struct CancelArgs {
    /// The release, for example rel_41
    #[arg(value_name = "RELEASE")]
    release: String,
    /// Also stop the commands that are running
    #[arg(long)]
    stop: bool,
    /// Undo the release once it has ended: what it moved goes back, as with `lockkeeper undo --include-unknown`
    #[arg(long)]
    undo: bool,
    /// Why it is canceled; `watch`, `log` and `releases` show it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub async fn run(args: CancelArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let CancelArgs { release, stop, undo, reason } = args;
    let variables = CancelVariables { release_id: release.clone(), stop_running: stop, then_undo: undo, reason };
    let payload = session.call::<CancelRelease>(&variables).await?.payload;
    let canceled = super::changed(payload.release)?;
    if session.output.json {
        session.output.json_line(&canceled.release)?;
        return Ok(ExitStatus::Success);
    }
    let message = match (&canceled.release.status, canceled.release.progress.running) {
        (ReleaseStatus::Canceled, _) => format!("{release} is canceled."),
        (_, 0) => format!("{release} is being canceled."),
        (_, running) if stop => format!("{release} is being canceled; {running} running are stopped."),
        (_, running) => format!("{release} is being canceled; {running} running finish."),
    };
    session.output.line(&format!("{message}{}", if undo { then(&canceled) } else { String::new() }))?;
    Ok(ExitStatus::Success)
}

/// What becomes of a release that is to be undone.
fn then(canceled: &CanceledRelease) -> String {
    match (&canceled.release.undo_message, undo_among(&canceled.follow_ups)) {
        (_, Some(undo)) => format!(" {undo} undoes it: lockkeeper watch {undo}"),
        (Some(message), None) => format!(" It is not undone: {message}"),
        (None, None) => " It is undone once it has ended.".to_owned(),
    }
}

/// Cancels a release, whose instances go back once it has ended.
pub async fn and_undo(session: &Session, release: &str) -> Result<(), Failure> {
    let variables =
        CancelVariables { release_id: release.to_owned(), stop_running: false, then_undo: true, reason: None };
    session.call::<CancelRelease>(&variables).await.map(drop)
}
