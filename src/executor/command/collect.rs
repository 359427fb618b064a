//! What became of a start, by what it left in the state directory: after its worker was lost, or its runner was killed.

use super::family::{Family, KILL_TIMEOUT, POLL_INTERVAL};
use super::start_of;
use super::state::{InstanceLock, Start, StartFiles};
use super::tail::Tail;
use crate::domain::order::{Ended, Order, StopReason, Stopping};
use crate::executor::{Line, RunContext};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How much later than its beats and grace allow a runner may end on a busy machine.
const RUNNER_DELAY: Duration = Duration::from_secs(10);

/// What became of a start.
pub(super) enum Outcome {
    Ended(Ended),
    NeverStarted,
    /// It surely runs no more, and left no result: it was stopped like this, if anything of it was left.
    Stopped(Option<Stopping>),
    /// These processes of it could not be ended; or its runner did not end in time, and the text is empty.
    MayStillRun(String),
}

pub(in crate::executor) async fn collect(
    order: &Order,
    run: &RunContext,
    begun_in: Option<&str>,
) -> (Ended, Vec<Line>) {
    let begun_here = begun_in == Some(run.state.name());
    let ended = match find_out(order, run).await {
        Outcome::Ended(ended) => ended,
        Outcome::NeverStarted if begun_here => Ended::NeverStarted,
        // Its files may be in another state directory.
        Outcome::NeverStarted => Ended::ResultUnknown { stopping: None },
        Outcome::Stopped(stopping) => Ended::ResultUnknown { stopping },
        Outcome::MayStillRun(processes) => Ended::MayStillRun { processes },
    };
    let mut tail = Tail::new(StartFiles::new(&run.state, start_of(order)).output());
    tail.read_on();
    (ended, tail.lines.into())
}

pub(in crate::executor) fn forget(order: &Order, run: &RunContext) {
    StartFiles::new(&run.state, start_of(order)).forget();
}

/// Waits for the runner of a start, ends what is left of its command, and makes sure that it is not started any more.
/// Gives up when a runner without a worker does not end in time.
pub(super) async fn find_out(order: &Order, run: &RunContext) -> Outcome {
    let start = start_of(order);
    let deadline = Instant::now() + run.fence_after + run.grace + KILL_TIMEOUT + RUNNER_DELAY;
    let mut warned = false;
    while Instant::now() < deadline {
        match try_find_out(start, run).await {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => {}
            Err(error) => {
                if !warned {
                    let path = run.state.path().display();
                    tracing::warn!(%error, %path, "the state directory cannot be used; trying again");
                }
                warned = true;
            }
        }
        sleep(POLL_INTERVAL).await;
    }
    Outcome::MayStillRun(String::new())
}

async fn try_find_out(start: Start, run: &RunContext) -> io::Result<Option<Outcome>> {
    let Some(mut lock) = InstanceLock::try_take(&run.state, start.instance_id)? else { return Ok(None) };
    // From here on, a runner of this start that comes late is refused.
    lock.raise(start)?;
    let files = StartFiles::new(&run.state, start);
    if let Some(ended) = files.ended()? {
        return Ok(Some(match ended {
            Ended::Stopped { reason: StopReason::Lost, stopping, .. } => Outcome::Stopped(Some(stopping)),
            ended => Outcome::Ended(ended),
        }));
    }
    let Some(family) = files.begun()? else { return Ok(Some(Outcome::NeverStarted)) };
    let grace = run.grace;
    tokio::task::spawn_blocking(move || end(&family, &lock, grace).map(Some)).await.map_err(io::Error::other)?
}

/// Ends what is left of a family whose runner has died.
fn end(family: &Family, lock: &InstanceLock, grace: Duration) -> io::Result<Outcome> {
    Ok(match family.end(grace)? {
        Ok(stopping) => Outcome::Stopped(stopping),
        Err(processes) => {
            lock.remember(family.clone())?;
            Outcome::MayStillRun(processes)
        }
    })
}
