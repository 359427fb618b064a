//! What groups of the same selection have to read at the same time is read at once: an event takes as many statements
//! for fifty filters as for one.

use crate::domain::caller::Role;
use crate::events::Tail;
use crate::read::{Answer, Prepared, SuppliedRow};
use crate::store::db::turns::Turn;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use tokio::sync::oneshot;

/// The most rows that are read at once, however few objects each of them holds.
const MAX_ROWS: usize = 500;

/// Rows that are read at once: together they hold no more objects than one message may, or there is one alone.
pub fn rows(objects_of_each: u64, most_objects: u64) -> usize {
    usize::try_from(most_objects / objects_of_each.max(1)).unwrap_or(usize::MAX).clamp(1, MAX_ROWS)
}

/// What decides how a row is answered.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The field of the root.
    pub field: &'static str,
    /// What is selected.
    pub selected: String,
    pub role: Role,
    /// Who asks, where that makes a difference.
    pub caller: Option<String>,
    /// Rows that are read at once.
    pub rows: usize,
}

/// All that read. Clones are the same.
#[derive(Clone, Default)]
pub struct Readings(Arc<Mutex<HashMap<Key, Weak<Reading>>>>);

/// Answers rows, by one plan.
pub struct Reading {
    key: Key,
    readings: Readings,
    prepared: Prepared,
    tail: Tail,
    waiting: Mutex<Waiting>,
}

/// Whoever has rows and no answers, in the order in which they came.
#[derive(Default)]
struct Waiting {
    came: u64,
    all: BTreeMap<u64, Rows>,
}

struct Rows {
    rows: Vec<SuppliedRow>,
    tell: oneshot::Sender<Vec<Answer>>,
}

impl Readings {
    /// The one with this key; a new one if there is none.
    pub fn with(&self, key: &Key, prepared: Prepared, tail: &Tail) -> Arc<Reading> {
        let mut all = self.lock();
        if let Some(found) = all.get(key).and_then(Weak::upgrade) {
            return found;
        }
        let (readings, waiting) = (self.clone(), Mutex::default());
        let reading = Arc::new(Reading { key: key.clone(), readings, prepared, tail: tail.clone(), waiting });
        all.insert(key.clone(), Arc::downgrade(&reading));
        reading
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Weak<Reading>>> {
        self.0.lock()
    }
}

impl Reading {
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// How many rows are read at once.
    pub fn rows(&self) -> usize {
        self.key.rows
    }

    /// An answer for each row, read when it is this caller's turn, if not with those of another.
    pub async fn answers(self: &Arc<Self>, rows: Vec<SuppliedRow>, caller: &str) -> Vec<Answer> {
        if !self.prepared.reads() {
            return self.prepared.answers(self.tail.db().reads(), &rows).await;
        }
        let (tell, mut told) = oneshot::channel();
        let place = self.waiting().add(Rows { rows, tell });
        // Whoever was woken by the same events comes before it is read.
        tokio::task::yield_now().await;
        let answers = tokio::select! {
            biased;
            answers = &mut told => answers,
            turn = self.tail.turn(caller) => {
                let taken = self.waiting().take(place, self.rows());
                if !taken.is_empty() {
                    // In a task of its own: it is not only for whoever has the turn, and may be gone before the others.
                    tokio::spawn(self.clone().read(taken, turn));
                }
                told.await
            }
        };
        answers.expect("rows are answered, unless there is a bug, which has ended that task")
    }

    async fn read(self: Arc<Self>, taken: Vec<Rows>, turn: Turn) {
        let (each, mut tell): (Vec<_>, Vec<_>) = taken.into_iter().map(|Rows { rows, tell }| (rows, tell)).unzip();
        let many: Vec<usize> = each.iter().map(Vec::len).collect();
        let rows: Vec<SuppliedRow> = each.into_iter().flatten().collect();
        let gone = async {
            for tell in &mut tell {
                tell.closed().await;
            }
        };
        let mut answers = tokio::select! {
            biased;
            answers = self.prepared.answers(self.tail.db().reads(), &rows) => answers.into_iter(),
            // Nobody waits any more.
            () = gone => return,
        };
        drop(turn);
        for (tell, many) in tell.into_iter().zip(many) {
            // Some may be gone.
            let _ = tell.send(answers.by_ref().take(many).collect());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut all = self.readings.lock();
        // Another one may have taken its place.
        if all.get(&self.key).is_some_and(|reading| reading.strong_count() == 0) {
            all.remove(&self.key);
        }
    }
}

impl Waiting {
    fn add(&mut self, rows: Rows) -> u64 {
        self.came += 1;
        self.all.insert(self.came, rows);
        self.came
    }

    /// Those at this place, and of the others as many as fit into this number of rows; empty if they are being read
    /// already.
    fn take(&mut self, place: u64, rows: usize) -> Vec<Rows> {
        let mut taken: Vec<Rows> = self.all.remove(&place).into_iter().collect();
        let Some(mut many) = taken.first().map(|first| first.rows.len()) else { return taken };
        self.all.retain(|_, rows| !rows.tell.is_closed());
        while let Some(next) = self.all.first_entry().filter(|next| many + next.get().rows.len() <= rows) {
            many += next.get().rows.len();
            taken.push(next.remove());
        }
        taken
    }
}
