//! Reads and writes what a source has, in batches that are small enough to wait for a subscriber.

use super::message::Message;
use super::parcels::WrittenBatch;
use super::readings::Reading;
use super::source::{Batch, Batches, Item, Source};
use crate::events::{BatchSize, Demand};
use crate::read::{Answer, SuppliedRow};
use crate::wire::ApiError;
use futures_util::StreamExt;
use std::sync::Arc;

/// What the messages of a group are made of.
pub struct Content {
    pub source: Box<dyn Source>,
    pub reading: Arc<Reading>,
    /// Bytes that may wait for one subscriber.
    pub max_bytes: usize,
}

impl Content {
    /// Messages of the items of a batch, which are read when it is this caller's turn.
    async fn write(&self, batch: Result<Batch, ApiError>, caller: &str) -> WrittenBatch {
        let Batch { items, read_to } = match batch {
            Ok(batch) => batch,
            Err(error) => return self.failure(&error),
        };
        if items.is_empty() {
            return WrittenBatch { messages: Vec::new(), read_to };
        }
        let (places, rows): (Vec<_>, Vec<SuppliedRow>) =
            items.into_iter().map(|Item { place, cursor, row }| ((place, cursor), row)).unzip();
        let answers = self.reading.answers(rows, caller).await;
        let message = |((place, cursor), answer): ((i64, String), Answer)| {
            (place, Arc::new(Message::new(answer.response(self.reading.prepared().key()), Some(cursor))))
        };
        WrittenBatch { messages: places.into_iter().zip(answers).map(message).collect(), read_to }
    }

    /// The message that ends a subscription by an error.
    pub fn failure(&self, error: &ApiError) -> WrittenBatch {
        let prepared = self.reading.prepared();
        let response = prepared.failed(error).response(prepared.key());
        WrittenBatch { messages: vec![(END, Arc::new(Message::new(response, None)))], read_to: END }
    }
}

/// The place of the message that ends a subscription by an error: behind all others.
pub const END: i64 = i64::MAX;

/// Rows of the first batch: the size of their messages is not known yet.
const FIRST_BATCH_ROWS: usize = 64;

/// Reads everything behind a place.
pub struct BatchReader {
    content: Arc<Content>,
    demand: Demand,
    /// `None` before the first batch, and after one that was truncated.
    batches: Option<Batches>,
    after: i64,
}

impl BatchReader {
    /// Reads on behalf of a caller.
    pub fn new(content: Arc<Content>, after: i64, caller: Arc<str>) -> BatchReader {
        let size = BatchSize::new(FIRST_BATCH_ROWS.min(content.reading.max_rows()));
        BatchReader { content, demand: Demand { size, caller }, batches: None, after }
    }

    /// The next batch, with no more messages than may wait for one subscriber, but with at least one if anything was
    /// found; `None` when the source has ended.
    pub async fn next(&mut self) -> Option<WrittenBatch> {
        let (content, demand) = (&self.content, &self.demand);
        let batches = self.batches.get_or_insert_with(|| content.source.follow(self.after, demand.clone()));
        let batch = batches.next().await?;
        let mut written = content.write(batch, &demand.caller).await;
        self.resize(&written);
        if written.truncate(self.content.max_bytes) {
            // What was cut off cannot wait here, and is read again.
            self.batches = None;
        }
        self.after = written.read_to;
        Some(written)
    }

    /// Reads as many rows from now on as fill half of what may wait, if their messages are as large as these.
    fn resize(&self, written: &WrittenBatch) {
        let (count, bytes) = (written.messages.len(), written.bytes());
        if count > 0 {
            let fitting = count.saturating_mul(self.content.max_bytes) / (2 * bytes).max(1);
            self.demand.size.set(fitting.clamp(1, self.content.reading.max_rows()));
        }
    }
}
