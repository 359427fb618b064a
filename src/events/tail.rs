//! The tail: one task reads what was appended to the event log and hands it to all followers. A follower begins with the
//! table, goes on live, and goes back to the table whenever it has missed something: in order, each once, no gap (I5).

use super::batch::{BatchSize, Demand, MAX_ROWS};
use super::output::Output;
use super::waking::{RETRY_DELAY, Waking};
use crate::limits::SUBSCRIPTION_CONNECTIONS;
use crate::store::db::turns::{Turn, Turns};
use crate::store::events::{self, Event};
use crate::store::output::{Line, Mark};
use crate::store::{Db, Result};
use futures_util::{Stream, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A follower that is more batches than this behind goes back to the table.
const MAX_BATCHES_BEHIND: usize = 256;

type Batch = Arc<[Arc<Event>]>;

/// The events behind this place are no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired;

/// The live end of the event log and of the output of releases. Clones are the same; it ends when the token that it was
/// started with is canceled.
#[derive(Clone)]
pub struct Tail {
    db: Db,
    live: broadcast::WeakSender<Batch>,
    output: Output,
    turns: Turns,
    read: Arc<AtomicI64>,
}

impl Tail {
    /// Starts the tasks that read the log and look at output, from now on until `stop`.
    pub async fn start(db: Db, waking: Waking, stop: CancellationToken) -> Result<Tail> {
        let last = events::bounds(&db).await?.head;
        let (sender, _) = broadcast::channel(MAX_BATCHES_BEHIND);
        let turns = Turns::new(SUBSCRIPTION_CONNECTIONS as usize);
        let output = Output::start(db.clone(), turns.clone(), waking, stop.clone());
        let tail = Tail { db: db.clone(), live: sender.downgrade(), output, turns, read: Arc::new(last.into()) };
        let reader = Reader { head: db.head(), db, waking, sender, last, read: tail.read.clone() };
        tokio::spawn(async move { stop.run_until_cancelled(reader.run()).await });
        Ok(tail)
    }

    /// Every event behind a position: first what is in the table, then what comes. Ends after [`Expired`], or
    /// when the tail does; a database that fails is asked again.
    pub fn follow(&self, after: i64) -> impl Stream<Item = Result<Vec<Arc<Event>>, Expired>> + Send + use<> {
        self.follow_by(after, Demand { size: BatchSize::default(), caller: "".into() })
    }

    /// As [`Tail::follow`], reading the table as is demanded.
    pub fn follow_by(
        &self,
        after: i64,
        demand: Demand,
    ) -> impl Stream<Item = Result<Vec<Arc<Event>>, Expired>> + Send + use<> {
        // Listening begins before the table is read, so that nothing falls between.
        let live = self.live.upgrade().map(|sender| sender.subscribe());
        let follower = live.map(|live| EventFollower {
            db: self.db.clone(),
            turns: self.turns.clone(),
            demand,
            live,
            last: after,
            behind: true,
        });
        stream::unfold(follower, |follower| async {
            let mut follower = follower?;
            match follower.next().await? {
                Ok(batch) => Some((Ok(batch), Some(follower))),
                Err(expired) => Some((Err(expired), None)),
            }
        })
    }

    /// Lines of a release, or of one of its targets, behind a place: what is stored, then what comes, in order, each
    /// once. With each batch, which may be empty, comes the place up to which it was looked. Ends behind the last line
    /// of a release that is over, or when the tail does; a database that fails is asked again. `mark` is how far the
    /// output was a moment ago. The table is read as is demanded.
    pub fn lines(
        &self,
        mark: Mark,
        target_id: Option<i64>,
        after: i64,
        demand: Demand,
    ) -> impl Stream<Item = (Vec<Line>, i64)> + Send + use<> {
        self.output.follow(mark, target_id, after, demand)
    }

    /// Waits until it is the turn of a caller's subscribers to read, which lasts until this is dropped: those that wait
    /// take more at once, and hold up neither queries nor writers. Callers have their turns in rotation.
    pub async fn turn(&self, caller: &str) -> Turn {
        self.turns.take(caller).await
    }

    /// The database whose event log it reads.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The position up to which the log was read.
    pub fn position(&self) -> i64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The number of followers.
    pub fn followers(&self) -> usize {
        self.live.upgrade().map_or(0, |sender| sender.receiver_count())
    }
}

struct Reader {
    db: Db,
    head: watch::Receiver<i64>,
    waking: Waking,
    sender: broadcast::Sender<Batch>,
    /// Followers that began before now have read the table up to here, or get what is behind it.
    last: i64,
    /// The same, as [`Tail::position`] returns it.
    read: Arc<AtomicI64>,
}

impl Reader {
    async fn run(mut self) {
        loop {
            match self.advance().await {
                Ok(()) => {
                    self.read.store(self.last, Ordering::Relaxed);
                    self.wait().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the event log could not be read");
                    tokio::time::sleep(RETRY_DELAY).await;
                }
            }
        }
    }

    /// Publishes what is new; while nobody follows, only notes how far the log is.
    async fn advance(&mut self) -> Result<()> {
        if self.sender.receiver_count() == 0 {
            let head = events::bounds(&self.db).await?.head;
            // A follower that came meanwhile may have read the table before the head was read.
            if self.sender.receiver_count() == 0 {
                self.last = head;
                return Ok(());
            }
        }
        loop {
            let batch: Batch =
                events::after(&self.db, self.last, MAX_ROWS as i64).await?.into_iter().map(Arc::new).collect();
            let Some(newest) = batch.last() else { return Ok(()) };
            self.last = newest.position;
            let full = batch.len() == MAX_ROWS;
            let _ = self.sender.send(batch);
            if !full {
                return Ok(());
            }
        }
    }

    async fn wait(&mut self) {
        let hint = async {
            match self.waking.hints {
                true => self.head.changed().await.is_ok(),
                false => std::future::pending().await,
            }
        };
        let _ = tokio::time::timeout(self.waking.poll, hint).await;
    }
}

struct EventFollower {
    db: Db,
    turns: Turns,
    demand: Demand,
    live: broadcast::Receiver<Batch>,
    /// The last position that was handed on.
    last: i64,
    /// Whether the table may hold something that will not come live.
    behind: bool,
}

impl EventFollower {
    /// The next events, at least one; none when the tail has ended.
    async fn next(&mut self) -> Option<Result<Vec<Arc<Event>>, Expired>> {
        loop {
            if self.behind {
                match self.read_table().await {
                    Some(found) => return Some(found),
                    None => self.behind = false,
                }
            }
            match self.live.recv().await {
                Ok(batch) => {
                    let mut new = self.take(&batch);
                    // A follower that is a little behind takes at once what it has missed, which costs it less.
                    while !self.behind && new.len() < MAX_ROWS {
                        let Ok(batch) = self.live.try_recv() else { break };
                        new.append(&mut self.take(&batch));
                    }
                    if !new.is_empty() {
                        return Some(Ok(new));
                    }
                }
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// What is new of a live batch. Nothing if something before it was missed: then the table has it all.
    fn take(&mut self, batch: &[Arc<Event>]) -> Vec<Arc<Event>> {
        let new = &batch[batch.partition_point(|event| event.position <= self.last)..];
        match new {
            [first, ..] if first.position > self.last + 1 => {
                self.behind = true;
                Vec::new()
            }
            [.., newest] => {
                self.last = newest.position;
                new.to_vec()
            }
            [] => Vec::new(),
        }
    }

    async fn read_table(&mut self) -> Option<Result<Vec<Arc<Event>>, Expired>> {
        let size = self.demand.size.get();
        let found = loop {
            let turn = self.turns.take(&self.demand.caller).await;
            let found = events::after(&self.db, self.last, size as i64).await;
            drop(turn);
            match found {
                Ok(found) => break found,
                Err(error) => {
                    tracing::warn!(%error, "the event log could not be read");
                    tokio::time::sleep(RETRY_DELAY).await;
                }
            }
        };
        let (first, newest) = (found.first()?.position, found.last()?.position);
        if first > self.last + 1 {
            return Some(Err(Expired));
        }
        self.last = newest;
        self.behind = found.len() == size;
        Some(Ok(found.into_iter().map(Arc::new).collect()))
    }
}
