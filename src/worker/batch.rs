//! Writing what happens to targets: changes that come together are written in one transaction.

use super::{WorkerRef, retry};
use crate::store::{Db, Result};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};

/// The most changes that are written in one transaction.
const MAX_BATCH: usize = 256;

/// A change of one target.
pub(super) trait TargetChange: Clone + Send + Sync {
    /// What is known of the target once the change is written.
    type Written: Send;

    fn target_id(&self) -> i64;

    /// Writes changes of different targets in one transaction. Returns those that are written, now or in an earlier try, by
    /// target id; not those of targets that are no longer this worker's.
    fn write(
        db: &Db,
        me: &WorkerRef,
        changes: &[Self],
    ) -> impl Future<Output = Result<HashMap<i64, Self::Written>>> + Send;
}

/// A change, and where to report what was written once that is certain.
pub(super) type Pending<C> = (C, oneshot::Sender<Option<<C as TargetChange>::Written>>);

/// Takes changes of one sort.
#[derive(Clone, Debug)]
pub(super) struct ChangeSender<C: TargetChange>(mpsc::Sender<Pending<C>>);

impl<C: TargetChange> ChangeSender<C> {
    /// A sender, and the receiver for [`write_batches`].
    pub fn new() -> (ChangeSender<C>, mpsc::Receiver<Pending<C>>) {
        let (sender, receiver) = mpsc::channel(MAX_BATCH);
        (ChangeSender(sender), receiver)
    }

    /// Has a change written, and returns what was written: `Some(None)` if the target was no longer this worker's, `None` if
    /// the worker stops.
    pub async fn write(&self, change: C) -> Option<Option<C::Written>> {
        let (done, written) = oneshot::channel();
        self.0.send((change, done)).await.ok()?;
        written.await.ok()
    }
}

/// Writes changes as they come, those that wait in one transaction.
pub(super) async fn write_batches<C: TargetChange>(db: Db, me: WorkerRef, mut changes: mpsc::Receiver<Pending<C>>) {
    let mut waiting: Vec<Pending<C>> = Vec::new();
    loop {
        match waiting.is_empty() {
            true if changes.recv_many(&mut waiting, MAX_BATCH).await == 0 => return,
            true => {}
            // They are tried again, with those that came meanwhile.
            false => {
                retry::pause(&db).await;
                while let Ok(more) = changes.try_recv() {
                    waiting.push(more);
                }
            }
        }
        let batch: Vec<C> = waiting.iter().map(|(change, _)| change.clone()).collect();
        match C::write(&db, &me, &batch).await {
            Ok(written) => answer(waiting.drain(..), written),
            Err(error) => {
                tracing::warn!(%error, "changes of targets could not be written; trying again");
                // A change that cannot be written must not delay the others.
                if waiting.len() > 1 && !error.is_transient() {
                    let mut left = Vec::new();
                    for pending in waiting {
                        match C::write(&db, &me, std::slice::from_ref(&pending.0)).await {
                            Ok(written) => answer([pending], written),
                            Err(_) => left.push(pending),
                        }
                    }
                    waiting = left;
                }
            }
        }
    }
}

fn answer<C: TargetChange>(pending: impl IntoIterator<Item = Pending<C>>, mut written: HashMap<i64, C::Written>) {
    for (change, done) in pending {
        // The task that waited may have been dropped.
        let _ = done.send(written.remove(&change.target_id()));
    }
}
