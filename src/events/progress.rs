//! The progress of one release, from its events: the present state, then each new one, but not too often.

use super::filter::Filter;
use super::tail::{Expired, Tail};
use super::waking::RETRY_DELAY;
use crate::domain::Word;
use crate::domain::event::Subject;
use crate::domain::release::{Progress, ReleaseStatus};
use crate::store::events::{self, Event};
use crate::store::{Db, Result, release};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The shortest time from one state to the next: ten in a second.
const MIN_STATE_INTERVAL: Duration = Duration::from_millis(100);

/// The progress of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The position in the event log up to which this is true.
    pub position: i64,
    pub release_id: i64,
    pub revision: i64,
    pub status: ReleaseStatus,
    pub progress: Progress,
}

impl State {
    /// The state that a release is in.
    async fn read(db: &Db, release_id: i64) -> Result<Option<State>> {
        // The position is read before the state: the revision tells whether an event in between is in it already.
        let position = events::bounds(db).await?.head;
        let release = release::by_id(db, release_id).await?;
        Ok(release.map(|release| State {
            position,
            release_id,
            revision: release.revision,
            status: release.under_way.status,
            progress: release.under_way.progress,
        }))
    }

    /// The state in an event of a release.
    fn of_event(event: &Event) -> Option<State> {
        Some(State {
            position: event.position,
            release_id: event.release_id?,
            revision: event.revision?,
            status: ReleaseStatus::from_word(event.status.as_deref()?)?,
            progress: Progress {
                total: event.total?,
                queued: event.queued?,
                running: event.running?,
                succeeded: event.succeeded?,
                failed: event.failed?,
                canceled: event.canceled?,
                unknown: event.unknown?,
                skipped: event.skipped?,
                unreachable: event.unreachable?,
                unhealthy: event.unhealthy?,
            },
        })
    }
}

impl Tail {
    /// The present state of a release and each new one, the first and the last in any case, those between at most
    /// ten times a second. Ends after the state in which the release is over, or after [`Expired`]; a database that
    /// fails is asked again.
    pub fn progress(&self, release_id: i64) -> impl Stream<Item = Result<State, Expired>> + Send + use<> {
        let tail = self.clone();
        let states = async move { tail.present(release_id).await.map(|now| tail.progress_from(now)) };
        stream::once(states).filter_map(std::future::ready).flatten()
    }

    /// The present state of a release, if there is one.
    async fn present(&self, release_id: i64) -> Option<State> {
        loop {
            match State::read(self.db(), release_id).await {
                Ok(state) => return state,
                Err(error) => {
                    tracing::warn!(%error, "the state of a release could not be read");
                    sleep(RETRY_DELAY).await;
                }
            }
        }
    }

    fn progress_from(&self, now: State) -> impl Stream<Item = Result<State, Expired>> + Send + use<> {
        let mut filter = Filter::of(Subject::Release);
        filter.releases = Some(BTreeSet::from([now.release_id]));
        let events = self.follow(now.position);
        let follower = ProgressFollower { events: Box::pin(events), filter, next: Some(now), last: None };
        stream::unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            let state = follower.next().await?;
            let goes_on = state.is_ok_and(|state| !state.status.is_over());
            Some((state, goes_on.then_some(follower)))
        })
    }
}

struct ProgressFollower<S> {
    events: Pin<Box<S>>,
    filter: Filter,
    /// The state that comes next.
    next: Option<State>,
    /// The state that came last, and when.
    last: Option<(State, Instant)>,
}

impl<S: Stream<Item = Result<Vec<Arc<Event>>, Expired>>> ProgressFollower<S> {
    async fn next(&mut self) -> Option<Result<State, Expired>> {
        while self.next.is_none() {
            match self.events.next().await? {
                Ok(batch) => self.note(&batch),
                Err(expired) => return Some(Err(expired)),
            }
        }
        if let Some((_, at)) = self.last {
            sleep_until(at + MIN_STATE_INTERVAL).await;
            // What happened meanwhile is in it.
            while let Some(Some(batch)) = self.events.next().now_or_never() {
                match batch {
                    Ok(batch) => self.note(&batch),
                    Err(expired) => return Some(Err(expired)),
                }
            }
        }
        let state = self.next.take()?;
        self.last = Some((state, Instant::now()));
        Some(Ok(state))
    }

    /// Keeps the newest state of a batch, if it is newer than the last one.
    fn note(&mut self, batch: &[Arc<Event>]) {
        let newest = batch.iter().rev().find(|event| self.filter.matches(event));
        if let Some(state) = newest.and_then(|event| State::of_event(event))
            && self.last.is_none_or(|(last, _)| last.revision < state.revision)
        {
            self.next = Some(state);
        }
    }
}
