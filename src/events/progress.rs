//! How far one release is, told by its events: the present state, then each new one, but not too often.

use super::filter::Filter;
use super::tail::{Expired, PAUSE, Tail};
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

/// The shortest time from one state that is told to the next: ten in a second.
const REST: Duration = Duration::from_millis(100);

/// How far a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Place in the log up to which this is true.
    pub position: i64,
    pub release_id: i64,
    pub revision: i64,
    pub status: ReleaseStatus,
    pub progress: Progress,
}

impl State {
    /// The state that a release is in.
    async fn read(db: &Db, release_id: i64) -> Result<Option<State>> {
        // The place before the state: what lies between is told by its revision, not twice.
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

    /// The state that an event of a release tells.
    fn told(event: &Event) -> Option<State> {
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
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn progress_from(&self, now: State) -> impl Stream<Item = Result<State, Expired>> + Send + use<> {
        let mut filter = Filter::of(Subject::Release);
        filter.releases = Some(BTreeSet::from([now.release_id]));
        let events = self.follow(now.position);
        let follower = Follower { events: Box::pin(events), filter, next: Some(now), told: None };
        stream::unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            let state = follower.next().await?;
            let goes_on = state.is_ok_and(|state| !state.status.is_over());
            Some((state, goes_on.then_some(follower)))
        })
    }
}

struct Follower<S> {
    events: Pin<Box<S>>,
    filter: Filter,
    /// A state that is to be told.
    next: Option<State>,
    /// What was told last, and when.
    told: Option<(State, Instant)>,
}

impl<S: Stream<Item = Result<Vec<Arc<Event>>, Expired>>> Follower<S> {
    async fn next(&mut self) -> Option<Result<State, Expired>> {
        while self.next.is_none() {
            match self.events.next().await? {
                Ok(batch) => self.note(&batch),
                Err(expired) => return Some(Err(expired)),
            }
        }
        if let Some((_, at)) = self.told {
            sleep_until(at + REST).await;
            // What happened meanwhile is told with it.
            while let Some(Some(batch)) = self.events.next().now_or_never() {
                match batch {
                    Ok(batch) => self.note(&batch),
                    Err(expired) => return Some(Err(expired)),
                }
            }
        }
        let state = self.next.take()?;
        self.told = Some((state, Instant::now()));
        Some(Ok(state))
    }

    /// Keeps the newest state of a batch, if it is newer than what was told.
    fn note(&mut self, batch: &[Arc<Event>]) {
        let newest = batch.iter().rev().find(|event| self.filter.matches(event));
        if let Some(state) = newest.and_then(|event| State::told(event))
            && self.told.is_none_or(|(told, _)| told.revision < state.revision)
        {
            self.next = Some(state);
        }
    }
}
