//! Groups with the same selection read together: an event takes as many statements for fifty filters as for one.

use crate::domain::caller::Role;
use crate::events::Tail;
use crate::read::{Answer, Prepared, SuppliedRow};
use crate::store::db::turns::Turn;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use tokio::sync::oneshot;

/// The most rows that are read at once, however few objects each of them holds.
const MAX_ROWS: usize = 500;

/// How many rows are read at once: together they hold no more objects than one message may, or it is one row.
pub fn max_rows(objects_of_each: u64, max_objects: u64) -> usize {
    usize::try_from(max_objects / objects_of_each.max(1)).unwrap_or(usize::MAX).clamp(1, MAX_ROWS)
}

/// What decides how a row is answered.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReadingKey {
    /// The field of the root.
    pub field: &'static str,
    /// The selection, as one text.
    pub selected: String,
    pub role: Role,
    /// The caller, if the answer depends on it.
    pub caller: Option<String>,
    /// How many rows are read at once.
    pub max_rows: usize,
}

/// The readings of a process. Clones are the same.
#[derive(Clone, Default)]
pub struct Readings(Arc<Mutex<HashMap<ReadingKey, Weak<Reading>>>>);

/// Answers rows by one plan.
pub struct Reading {
    key: ReadingKey,
    readings: Readings,
    prepared: Prepared,
    tail: Tail,
    pending: Mutex<PendingRows>,
}

/// Rows that are not being read yet, in the order in which they came.
#[derive(Default)]
struct PendingRows {
    next: u64,
    requests: BTreeMap<u64, RowRequest>,
}

struct RowRequest {
    rows: Vec<SuppliedRow>,
    reply: oneshot::Sender<Vec<Answer>>,
}

impl Readings {
    /// The reading with this key; a new one if none exists.
    pub fn with(&self, key: &ReadingKey, prepared: Prepared, tail: &Tail) -> Arc<Reading> {
        let mut all = self.0.lock();
        if let Some(found) = all.get(key).and_then(Weak::upgrade) {
            return found;
        }
        let (readings, pending) = (self.clone(), Mutex::default());
        let reading = Arc::new(Reading { key: key.clone(), readings, prepared, tail: tail.clone(), pending });
        all.insert(key.clone(), Arc::downgrade(&reading));
        reading
    }
}

impl Reading {
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// How many rows are read at once.
    pub fn max_rows(&self) -> usize {
        self.key.max_rows
    }

    /// An answer for each row, read when it is this caller's turn, or with the rows of another.
    pub async fn answers(self: &Arc<Self>, rows: Vec<SuppliedRow>, caller: &str) -> Vec<Answer> {
        if !self.prepared.reads() {
            return self.prepared.answers(self.tail.db().reads(), &rows).await;
        }
        let (reply, mut answers) = oneshot::channel();
        let number = self.pending.lock().add(RowRequest { rows, reply });
        // Groups that were woken by the same events add their rows first.
        tokio::task::yield_now().await;
        let answers = tokio::select! {
            biased;
            answers = &mut answers => answers,
            turn = self.tail.turn(caller) => {
                let taken = self.pending.lock().take(number, self.max_rows());
                if !taken.is_empty() {
                    // In a task of its own: it reads for others, too, and this one may be dropped before them.
                    tokio::spawn(self.clone().read(taken, turn));
                }
                answers.await
            }
        };
        answers.expect("rows are answered, unless a bug has ended the task that reads them")
    }

    async fn read(self: Arc<Self>, taken: Vec<RowRequest>, turn: Turn) {
        let (each, mut replies): (Vec<_>, Vec<_>) =
            taken.into_iter().map(|RowRequest { rows, reply }| (rows, reply)).unzip();
        let counts: Vec<usize> = each.iter().map(Vec::len).collect();
        let rows: Vec<SuppliedRow> = each.into_iter().flatten().collect();
        let gone = async {
            for reply in &mut replies {
                reply.closed().await;
            }
        };
        let mut answers = tokio::select! {
            biased;
            answers = self.prepared.answers(self.tail.db().reads(), &rows) => answers.into_iter(),
            // Nobody waits any more.
            () = gone => return,
        };
        drop(turn);
        for (reply, count) in replies.into_iter().zip(counts) {
            // Some may no longer wait.
            let _ = reply.send(answers.by_ref().take(count).collect());
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut all = self.readings.0.lock();
        // Another one may have taken its place.
        if all.get(&self.key).is_some_and(|reading| reading.strong_count() == 0) {
            all.remove(&self.key);
        }
    }
}

impl PendingRows {
    fn add(&mut self, request: RowRequest) -> u64 {
        self.next += 1;
        self.requests.insert(self.next, request);
        self.next
    }

    /// Takes the request with this number, and of the others as many as fit into this number of rows. Returns none if it is
    /// being read already.
    fn take(&mut self, number: u64, max_rows: usize) -> Vec<RowRequest> {
        let mut taken: Vec<RowRequest> = self.requests.remove(&number).into_iter().collect();
        let Some(mut rows) = taken.first().map(|first| first.rows.len()) else { return taken };
        self.requests.retain(|_, request| !request.reply.is_closed());
        while let Some(next) = self.requests.first_entry().filter(|next| rows + next.get().rows.len() <= max_rows) {
            rows += next.get().rows.len();
            taken.push(next.remove());
        }
        taken
    }
}
