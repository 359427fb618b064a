//! What happens to a release, read from the server.

use crate::failure::Failure;
use lockkeeper_client::operations::output::{LogLine, ReleaseOutput, ReleaseOutputVariables};
use lockkeeper_client::operations::related::Cancellation;
use lockkeeper_client::operations::release::{
    EventsVariables, MaybeRelease, Release, ReleaseEvent, ReleaseEvents, ReleaseHistory, ReleaseId, ReleaseState,
    ReleaseTargets, Target, TargetStatus, TargetsVariables,
};
use lockkeeper_client::{Client, Error, Followed, Following, Payload};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Lines that a view of the state begins with.
const FIRST_LINES: u32 = 200;
/// The delay before a state that could not be read is asked for again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// A release, and the place in the event log from which what happens to it later follows.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub event_cursor: String,
    pub release: Release,
}

/// What happened.
#[derive(Debug)]
pub enum Update {
    Event(Box<ReleaseEvent>),
    /// A line of output, where the feed has them.
    Line(LogLine),
    /// The connection broke; it is tried again after this delay.
    Away {
        reason: String,
        retry_in: Duration,
    },
    /// The connection exists again.
    Back,
    /// Events were missed, since they are no longer kept.
    Expired,
}

/// The subscriptions to one release.
pub struct Feed {
    events: Following<Payload<ReleaseEvent>>,
    output: Option<Following<Payload<LogLine>>>,
}

impl Feed {
    /// Follows the events after this cursor, and the newest output if it is wanted.
    pub fn start(client: &Client, id: &str, after: String, with_output: bool) -> Feed {
        let events = EventsVariables { id: id.to_owned(), after: Some(after) };
        let output = ReleaseOutputVariables { id: id.to_owned(), last: Some(FIRST_LINES), ..Default::default() };
        Feed {
            events: client.follow::<ReleaseEvents>(&events),
            output: with_output.then(|| client.follow::<ReleaseOutput>(&output)),
        }
    }

    /// What happens next. Nothing is lost if it is dropped and called again.
    pub async fn next(&mut self) -> Result<Update, Failure> {
        loop {
            tokio::select! {
                biased;
                event = self.events.next() => return match event {
                    Some(Ok(Followed::Message(event))) => Ok(Update::Event(Box::new(event.payload))),
                    Some(Ok(Followed::Disconnected { reason, retry_in })) => Ok(Update::Away { reason, retry_in }),
                    Some(Ok(Followed::Reconnected)) => Ok(Update::Back),
                    Some(Err(error)) if is_expired(&error) => Ok(Update::Expired),
                    Some(Err(error)) => Err(error.into()),
                    // It has no end of its own: the release is read to see why.
                    None => Ok(Update::Expired),
                },
                line = next_line(&mut self.output) => match line {
                    Some(line) => return Ok(Update::Line(line)),
                    // The output only adorns the view.
                    None => self.output = None,
                },
            }
        }
    }
}

/// The next line, or `None` when there will be none; never if the output is not followed.
async fn next_line(output: &mut Option<Following<Payload<LogLine>>>) -> Option<LogLine> {
    let Some(output) = output else { return std::future::pending().await };
    loop {
        match output.next().await {
            Some(Ok(Followed::Message(line))) => return Some(line.payload),
            // The events say so, too.
            Some(Ok(Followed::Disconnected { .. } | Followed::Reconnected)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// All events of a release after this cursor, or `None` if they are no longer kept.
pub async fn history(client: &Client, id: &str, after: &str) -> Result<Option<Vec<ReleaseEvent>>, Failure> {
    let mut variables = EventsVariables { id: id.to_owned(), after: Some(after.to_owned()) };
    let mut all = Vec::new();
    loop {
        let page = match client.call::<ReleaseHistory>(&variables).await {
            Err(error) if is_expired(&error) => return Ok(None),
            page => page?.payload,
        };
        all.extend(page.nodes);
        if page.page_info.has_next_page != Some(true) {
            return Ok(Some(all));
        }
        variables.after = Some(page.next_cursor);
    }
}

/// Whether the events after a cursor are no longer kept.
fn is_expired(error: &Error) -> bool {
    error.code() == "CURSOR_EXPIRED"
}

/// Finds a release by its id.
///
/// # Errors
/// `NOT_FOUND` if the id is of no release.
pub async fn find(client: &Client, id: &str) -> Result<Snapshot, Failure> {
    let data = client.call::<ReleaseState>(&ReleaseId { id: id.to_owned() }).await;
    let data = match data {
        Ok(data) => data,
        // What is not an id is not one of a release either.
        Err(Error::Api(error)) if error.code == "BAD_REQUEST" => return Err(no_release(id)),
        Err(error) => return Err(error.into()),
    };
    match data.release {
        Some(MaybeRelease::Release(release)) => Ok(Snapshot { event_cursor: data.event_cursor, release: *release }),
        Some(MaybeRelease::Other {}) | None => Err(no_release(id)),
    }
}

/// Who asked for the cancellation of a release, as far as the event log still says so.
pub async fn canceled_by(client: &Client, id: &str) -> Option<String> {
    let asked = client.call::<Cancellation>(&ReleaseId { id: id.to_owned() }).await.ok()?;
    Some(asked.payload.nodes.into_iter().next()?.caused_by)
}

/// There is no release with this id.
pub fn no_release(id: &str) -> Failure {
    Failure::not_found("release", format!("There is no release {id}."), &[]).help("lockkeeper releases")
}

/// As [`find`], for a release that is being watched: waits so long for a server that is away, or without end.
pub async fn snapshot(client: &Client, id: &str, patience: Option<Duration>) -> Result<Snapshot, Failure> {
    let began = Instant::now();
    loop {
        match find(client, id).await {
            Err(failure) if failure.has_code("UNREACHABLE") && waits(began, patience) => sleep(RETRY_DELAY).await,
            found => return found,
        }
    }
}

/// Whether a server that has been away since then is waited for.
fn waits(began: Instant, patience: Option<Duration>) -> bool {
    patience.is_none_or(|patience| began.elapsed() < patience)
}

/// All targets of a release, or those with these statuses. Waits so long for a server that is away, or without end.
pub async fn targets(
    client: &Client,
    id: &str,
    statuses: Option<Vec<TargetStatus>>,
    patience: Option<Duration>,
) -> Result<Vec<Target>, Failure> {
    let began = Instant::now();
    let mut variables = TargetsVariables { id: id.to_owned(), statuses, after: None };
    let mut all = Vec::new();
    loop {
        let data = match client.call::<ReleaseTargets>(&variables).await {
            Err(Error::Unreachable { .. }) if waits(began, patience) => {
                sleep(RETRY_DELAY).await;
                continue;
            }
            data => data?,
        };
        let page = data.release.and_then(|release| release.targets).ok_or_else(|| no_release(id))?;
        all.extend(page.nodes);
        variables.after = page.page_info.next();
        if variables.after.is_none() {
            return Ok(all);
        }
    }
}
