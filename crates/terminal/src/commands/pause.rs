//! `lockkeeper pause` and `resume`.

use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use crate::times;
use clap::Args;
use lockkeeper_client::operations::list::Input;
use lockkeeper_client::operations::pause::{PauseInput, PauseRelease, ReleasePayload, ResumeInput, ResumeRelease};
use std::time::Duration;

/// Pause a release: what has not started waits
///
/// Pauses a release: nothing more starts until `lockkeeper resume`. What runs finishes, and a soak goes on. Pausing a release that
/// is paused already changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper pause rel_41 --reason 'look at the error rate'")]
pub struct PauseArgs {
    /// The release, for example rel_41
    #[arg(value_name = "RELEASE")]
    release: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Let a paused release go on
///
/// Lets a paused release go on to its next pause. Failures so far are forgiven: they count no more against its limits. Resuming a
/// release that is not paused changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper resume rel_41
  lockkeeper resume rel_41 --to-end")]
pub struct ResumeArgs {
    /// The release, for example rel_41
    #[arg(value_name = "RELEASE")]
    release: String,
    /// Go on to the end, without the pauses that are to come
    #[arg(long)]
    to_end: bool,
    /// End the soak that is under way, also of a release that is not paused
    #[arg(long)]
    skip_soak: bool,
    /// What has not started by then, counted from the acceptance of the release, is canceled
    #[arg(long, value_name = "DURATION", value_parser = times::duration)]
    deadline: Option<Duration>,
}

/// How far a release goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeTo {
    NextPause,
    End,
}

impl ResumeTo {
    /// The word in the schema.
    pub fn word(self) -> &'static str {
        match self {
            ResumeTo::NextPause => "NEXT_PAUSE",
            ResumeTo::End => "END",
        }
    }
}

pub async fn pause(args: PauseArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let PauseArgs { release, reason } = args;
    let input = Input { input: PauseInput { release_id: release.clone(), reason } };
    let paused = session.call::<PauseRelease>(&input).await?.payload;
    print(session, paused, &format!("{release} is paused. \"lockkeeper resume {release}\" lets it go on."))
}

pub async fn resume(args: ResumeArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let ResumeArgs { release, to_end, skip_soak, deadline } = args;
    let to = if to_end { ResumeTo::End } else { ResumeTo::NextPause };
    let input = ResumeInput {
        release_id: release.clone(),
        to: to.word().to_owned(),
        skip_soak,
        deadline_seconds: deadline.map(|deadline| deadline.as_secs()),
    };
    let resumed = session.call::<ResumeRelease>(&Input { input }).await?.payload;
    print(session, resumed, &format!("{release} goes on. \"lockkeeper watch {release}\" shows how."))
}

/// Lets a release go on.
pub async fn resume_to(session: &Session, release: &str, to: ResumeTo) -> Result<(), Failure> {
    let input = ResumeInput {
        release_id: release.to_owned(),
        to: to.word().to_owned(),
        skip_soak: false,
        deadline_seconds: None,
    };
    session.call::<ResumeRelease>(&Input { input }).await.map(drop)
}

fn print(session: &Session, payload: ReleasePayload, message: &str) -> Result<ExitStatus, Failure> {
    let release = super::changed(payload.release)?;
    match session.output.json {
        true => session.output.json_line(&release)?,
        false => session.output.line(message)?,
    }
    Ok(ExitStatus::Success)
}
