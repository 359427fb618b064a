//! Output on its way from commands to the database: lines that come together are stored in one transaction.

use super::{WorkerRef, retry};
use crate::domain::Timestamp;
use crate::domain::order::Order;
use crate::domain::target::LogStream;
use crate::executor::Line;
use crate::failpoint;
use crate::store::output::{self, NewLine};
use crate::store::{Db, Result, worker};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The most lines that are stored in one transaction.
const MAX_BATCH: usize = 1000;
/// How long lines are gathered before they are stored.
const GATHER_DELAY: Duration = Duration::from_millis(50);

/// Takes lines of output.
#[derive(Clone)]
pub(super) struct OutputSender(mpsc::Sender<Entry>);

enum Entry {
    Line(i64, NewLine),
    /// Answered when all lines before it are on disk.
    Flush(oneshot::Sender<()>),
}

impl OutputSender {
    /// A sender, and the receiver for [`write_output`].
    pub fn new() -> (OutputSender, OutputReceiver) {
        let (sender, receiver) = mpsc::channel(MAX_BATCH);
        (OutputSender(sender), OutputReceiver(receiver))
    }

    /// Takes a line of a command.
    pub async fn line(&self, order: &Order, line: Line) {
        let Line { stream, text, at, stream_end } = line;
        let (target_id, hostname, attempt) = (order.target_id, order.hostname.clone(), order.attempt);
        let line = NewLine { target_id, hostname, attempt, stream, text, at, stream_end };
        // It fails only when the worker stops.
        let _ = self.0.send(Entry::Line(order.release_id, line)).await;
    }

    /// Takes a line of lockkeeper itself.
    pub async fn note(&self, order: &Order, text: impl Into<String>) {
        self.line(order, Line { stream: LogStream::System, text: text.into(), at: Timestamp::now(), stream_end: None })
            .await;
    }

    /// Waits until all lines that were taken before are on disk.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        // Both fail only when the worker stops.
        let _ = self.0.send(Entry::Flush(done)).await;
        let _ = flushed.await;
    }
}

/// The lines that were taken.
pub(super) struct OutputReceiver(mpsc::Receiver<Entry>);

/// Stores lines as they come.
pub(super) async fn write_output(db: Db, me: WorkerRef, mut entries: OutputReceiver) {
    let mut batch = Vec::new();
    while entries.0.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let (mut lines, mut flushed) = (BTreeMap::<i64, Vec<NewLine>>::new(), Vec::new());
        for entry in batch.drain(..) {
            match entry {
                Entry::Line(release_id, line) => lines.entry(release_id).or_default().push(line),
                Entry::Flush(done) => flushed.push(done),
            }
        }
        let mut tried = None;
        while let Err(error) = store(&db, &me, &lines, &mut tried).await {
            if !error.is_transient() {
                // Output that cannot be stored must not delay a release.
                tracing::error!(%error, "output could not be stored and is lost");
                break;
            }
            tracing::warn!(%error, "output could not be stored; trying again");
            retry::pause(&db).await;
        }
        let waited_for = !flushed.is_empty();
        for done in flushed {
            // The task that waited may have been dropped.
            let _ = done.send(());
        }
        if !waited_for {
            tokio::time::sleep(GATHER_DELAY).await;
        }
    }
}

/// Stores lines of releases, once. `tried` is the place of the first line in an earlier try: if the answer to its commit
/// was lost, the lines may have been stored.
async fn store(db: &Db, me: &WorkerRef, lines: &BTreeMap<i64, Vec<NewLine>>, tried: &mut Option<i64>) -> Result<()> {
    let Some((first_release, first)) = lines.iter().find_map(|(release_id, lines)| Some((*release_id, lines.first()?)))
    else {
        return Ok(());
    };
    let mut tx = db.begin().await?;
    // A worker that lost its lease writes nothing (I3).
    if !worker::is_alive(&mut tx, me.id).await? {
        return Ok(());
    }
    let mut places = Vec::new();
    for (release_id, lines) in lines {
        places.push(output::append(&mut tx, *release_id, lines).await?);
    }
    // If the same place is assigned again, the earlier try stored nothing.
    if let Some(place) = *tried
        && places.first() != Some(&place)
        && output::is_at(&mut tx, first_release, place, first).await?
    {
        return Ok(());
    }
    *tried = places.first().copied();
    failpoint::at("worker::output::before_commit");
    tx.commit().await?;
    failpoint::at("worker::output::after_commit");
    Ok(())
}
