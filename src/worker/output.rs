//! Lines on their way from commands to the database: those of one moment share a transaction.

use super::WorkerRef;
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

/// The most lines that share a transaction.
const BATCH: usize = 1000;
/// How long lines are gathered before they are stored.
const GATHER: Duration = Duration::from_millis(50);
/// How long to wait before the database is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// Where lines are handed in.
#[derive(Clone)]
pub(super) struct OutputSender(mpsc::Sender<Entry>);

enum Entry {
    Line(i64, NewLine),
    /// To be answered when all that was handed in before is on disk.
    Flush(oneshot::Sender<()>),
}

impl OutputSender {
    /// A log, and what is handed in, to be given to [`write`].
    pub fn new() -> (OutputSender, OutputReceiver) {
        let (sender, receiver) = mpsc::channel(BATCH);
        (OutputSender(sender), OutputReceiver(receiver))
    }

    /// Hands a line of a command in.
    pub async fn line(&self, order: &Order, line: Line) {
        let Line { stream, text, at } = line;
        let (target_id, hostname, attempt) = (order.target_id, order.hostname.clone(), order.attempt);
        let line = NewLine { target_id, hostname, attempt, stream, text, at };
        // It fails only when the worker goes.
        let _ = self.0.send(Entry::Line(order.release_id, line)).await;
    }

    /// Hands in a line of lockkeeper itself.
    pub async fn say(&self, order: &Order, text: impl Into<String>) {
        self.line(order, Line { stream: LogStream::System, text: text.into(), at: Timestamp::now() }).await;
    }

    /// Waits until all that was handed in before is on disk.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        // Both fail only when the worker goes.
        let _ = self.0.send(Entry::Flush(done)).await;
        let _ = flushed.await;
    }
}

/// What was handed in.
pub(super) struct OutputReceiver(mpsc::Receiver<Entry>);

/// Stores lines as they come.
pub(super) async fn write_output(db: Db, me: WorkerRef, mut entries: OutputReceiver) {
    let mut batch = Vec::new();
    while entries.0.recv_many(&mut batch, BATCH).await > 0 {
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
                // No output may hold up a release.
                tracing::error!(%error, "output could not be stored and is lost");
                break;
            }
            tracing::warn!(%error, "output could not be stored; trying again");
            db.retry_after(AGAIN).await;
        }
        let waited_for = !flushed.is_empty();
        for done in flushed {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
        if !waited_for {
            tokio::time::sleep(GATHER).await;
        }
    }
}

/// Stores lines of releases, once. `tried` is the place of the first of them in an earlier try: if the answer to its
/// commit was lost, they may be there.
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
    // A place that is given again was not taken: that try came to nothing.
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
