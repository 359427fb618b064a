//! What a source tells, read in batches that are small enough to wait for a subscriber, and written.

use super::message::Message;
use super::parcel::Written;
use super::reading::Reading;
use super::source::{Batch, Batches, Source};
use crate::events::{BatchSize, Demand};
use crate::read::{Answer, SuppliedRow};
use crate::wire::ApiError;
use futures_util::StreamExt;
use std::sync::Arc;

/// What a group tells, and from where.
pub(super) struct Telling {
    pub reading: Arc<Reading>,
    pub source: Box<dyn Source>,
    /// Bytes that may wait for one subscriber.
    pub bytes: usize,
}

impl Telling {
    /// Answers for each thing that a batch tells, read when it is this caller's turn.
    async fn write(&self, batch: Result<Batch, ApiError>, caller: &str) -> Written {
        let Batch { told, looked } = match batch {
            Ok(batch) => batch,
            Err(error) => return self.failed(&error),
        };
        if told.is_empty() {
            return Written { told: Vec::new(), looked };
        }
        let (places, rows): (Vec<_>, Vec<SuppliedRow>) =
            told.into_iter().map(|told| ((told.place, told.cursor), told.row)).unzip();
        let answers = self.reading.answers(rows, caller).await;
        let message = |((place, cursor), answer): ((i64, String), Answer)| {
            (place, Arc::new(Message::new(answer.response(self.reading.prepared().key()), Some(cursor))))
        };
        Written { told: places.into_iter().zip(answers).map(message).collect(), looked }
    }

    /// What ends a subscription by an error.
    pub fn failed(&self, error: &ApiError) -> Written {
        let prepared = self.reading.prepared();
        let response = prepared.failed(error).response(prepared.key());
        Written { told: vec![(LAST, Arc::new(Message::new(response, None)))], looked: LAST }
    }
}

/// The place behind everything: of what ends a subscription by an error.
pub(super) const LAST: i64 = i64::MAX;

/// Rows of the first batch: how large their messages are is not known yet.
const FIRST: usize = 64;

/// Everything behind a place, as it is read.
pub(super) struct Following {
    telling: Arc<Telling>,
    demand: Demand,
    /// None where it has to be followed anew.
    batches: Option<Batches>,
    after: i64,
}

impl Following {
    /// Reads in the name of a caller.
    pub fn new(telling: Arc<Telling>, after: i64, caller: Arc<str>) -> Following {
        let size = BatchSize::new(FIRST.min(telling.reading.rows()));
        Following { telling, demand: Demand { size, caller }, batches: None, after }
    }

    /// What comes next, no more than may wait for one subscriber, but at least one message if anything was found; `None`
    /// when it has ended.
    pub async fn next(&mut self) -> Option<Written> {
        let (telling, demand) = (&self.telling, &self.demand);
        let batches = self.batches.get_or_insert_with(|| telling.source.follow(self.after, demand.clone()));
        let batch = batches.next().await?;
        let mut written = telling.write(batch, &demand.caller).await;
        self.resize(&written);
        if written.cut(self.telling.bytes) {
            // It is read again, in its turn, since it cannot wait here.
            self.batches = None;
        }
        self.after = written.looked;
        Some(written)
    }

    /// From now on reads as many rows as fill half of what may wait, if their messages are as large as these.
    fn resize(&self, written: &Written) {
        let (many, bytes) = (written.told.len(), written.bytes());
        if many > 0 {
            let fitting = many.saturating_mul(self.telling.bytes) / (2 * bytes).max(1);
            self.demand.size.set(fitting.clamp(1, self.telling.reading.rows()));
        }
    }
}
