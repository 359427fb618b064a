//! The live end of the output of releases: one task per process looks how far it is, for all releases that are
//! followed, and wakes their followers, who read the lines themselves.

use super::batch::Demand;
use super::waking::{RETRY_DELAY, Waking};
use crate::store::db::turns::Turns;
use crate::store::output::{self, Line, Mark};
use crate::store::{Db, Result};
use futures_util::{Stream, stream};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// The shortest time from one look to the next.
const MIN_LOOK_INTERVAL: Duration = Duration::from_millis(20);

type Marks = HashMap<i64, watch::Sender<Mark>>;

/// The live end of all output. Clones are the same.
#[derive(Clone)]
pub(super) struct Output {
    db: Db,
    /// Which caller's turn it is to read.
    turns: Turns,
    shared: Arc<FollowedOutput>,
}

#[derive(Default)]
struct FollowedOutput {
    /// How far the output of each followed release is; `None` once the task has ended.
    marks: Mutex<Option<Marks>>,
    /// A follower has joined.
    joined: Notify,
}

impl Output {
    /// Starts the task, until `stop`.
    pub fn start(db: Db, turns: Turns, waking: Waking, stop: CancellationToken) -> Output {
        let shared = Arc::new(FollowedOutput { marks: Mutex::new(Some(Marks::new())), joined: Notify::new() });
        let output = Output { db, turns, shared };
        let watching = output.clone();
        tokio::spawn(async move {
            stop.run_until_cancelled(watching.look(waking)).await;
            // Followers end when nothing can wake them any more.
            watching.with_marks(|marks| *marks = None);
        });
        output
    }

    /// As [`Tail::lines`](super::Tail::lines).
    pub fn follow(
        &self,
        mark: Mark,
        target_id: Option<i64>,
        after: i64,
        demand: Demand,
    ) -> impl Stream<Item = (Vec<Line>, i64)> + Send + use<> {
        let follower = self.join(mark).map(|mark| LineFollower {
            db: self.db.clone(),
            turns: self.turns.clone(),
            demand,
            mark,
            target_id,
            last: after,
        });
        stream::unfold(follower, |follower| async {
            let mut follower = follower?;
            let lines = follower.next().await?;
            Some(((lines, follower.last), Some(follower)))
        })
    }

    fn join(&self, mark: Mark) -> Option<watch::Receiver<Mark>> {
        let joined = self.with_marks(|marks| {
            let sender = marks.as_mut()?.entry(mark.release_id).or_insert_with(|| watch::Sender::new(mark));
            raise(sender, mark);
            Some(sender.subscribe())
        });
        // What was stored since the mark was read may not have woken this follower.
        self.shared.joined.notify_one();
        joined
    }

    fn with_marks<T>(&self, with: impl FnOnce(&mut Option<Marks>) -> T) -> T {
        with(&mut self.shared.marks.lock())
    }

    async fn look(&self, waking: Waking) {
        let (mut output, mut head) = (self.db.output(), self.db.head());
        loop {
            let hint = async {
                // A hint of output announces lines, and an event may end a release.
                tokio::select! {
                    hint = output.changed(), if waking.hints => hint.is_ok(),
                    hint = head.changed(), if waking.hints => hint.is_ok(),
                    () = self.shared.joined.notified() => true,
                }
            };
            let _ = tokio::time::timeout(waking.poll, hint).await;
            if let Err(error) = self.advance().await {
                tracing::warn!(%error, "the output of releases could not be read");
                tokio::time::sleep(RETRY_DELAY).await;
            }
            tokio::time::sleep(MIN_LOOK_INTERVAL).await;
        }
    }

    /// Looks how far the output of all followed releases is, and forgets those without followers.
    async fn advance(&self) -> Result<()> {
        let followed: Vec<i64> = self.with_marks(|marks| {
            let marks = marks.get_or_insert_default();
            marks.retain(|_, sender| sender.receiver_count() > 0);
            marks.keys().copied().collect()
        });
        if followed.is_empty() {
            return Ok(());
        }
        let found = output::marks(&self.db, &followed).await?;
        self.with_marks(|marks| {
            for mark in found {
                if let Some(sender) = marks.as_ref().and_then(|marks| marks.get(&mark.release_id)) {
                    raise(sender, mark);
                }
            }
        });
        Ok(())
    }
}

/// Marks only rise: one that was read before another may come after it.
fn raise(sender: &watch::Sender<Mark>, mark: Mark) {
    sender.send_if_modified(|known| {
        let new = (mark.place, mark.finished) > (known.place, known.finished);
        if new {
            *known = mark;
        }
        new
    });
}

struct LineFollower {
    db: Db,
    turns: Turns,
    demand: Demand,
    mark: watch::Receiver<Mark>,
    target_id: Option<i64>,
    /// The place up to which it has read.
    last: i64,
}

impl LineFollower {
    /// The next lines, perhaps none of the target's; `None` when no more can come.
    async fn next(&mut self) -> Option<Vec<Line>> {
        let mark = loop {
            let mark = *self.mark.borrow_and_update();
            match mark {
                mark if mark.place > self.last => break mark,
                mark if mark.finished => return None,
                _ => self.mark.changed().await.ok()?,
            }
        };
        let size = self.demand.size.get() as i64;
        let lines = loop {
            let turn = self.turns.take(&self.demand.caller).await;
            let lines = output::after(&self.db, mark.release_id, self.target_id, self.last, size).await;
            drop(turn);
            match lines {
                Ok(lines) => break lines,
                Err(error) => {
                    tracing::warn!(%error, "the output of a release could not be read");
                    tokio::time::sleep(RETRY_DELAY).await;
                }
            }
        };
        let newest = lines.last().map_or(self.last, |line| line.place);
        self.last = match lines.len() as i64 == size {
            true => newest,
            // All up to the mark was there to be read.
            false => newest.max(mark.place),
        };
        Some(lines)
    }
}
