//! What was measured, as Markdown.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// One turn of one side.
#[derive(Default)]
pub struct Measured {
    delivered: usize,
    /// From the first who was told to the last one.
    time: Duration,
    /// Until somebody was told, from asking that something happen: lockkeeper's have a transaction in them.
    delays: Vec<Duration>,
}

impl Measured {
    /// Notes when one event came to its subscribers.
    pub fn add(&mut self, asked: Instant, arrived: Vec<Instant>) {
        if let [first, .., last] = arrived[..] {
            self.delivered += arrived.len();
            self.time += last - first;
        }
        self.delays.extend(arrived.into_iter().map(|at| at - asked));
    }

    fn per_second(&self) -> f64 {
        self.delivered as f64 / self.time.as_secs_f64()
    }

    /// In milliseconds.
    fn p99(&self) -> f64 {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        delays[(delays.len() - 1) * 99 / 100].as_secs_f64() * 1000.0
    }
}

/// One case: lockkeeper and the bare broadcast in each round.
pub struct Row {
    pub many: usize,
    pub filters: usize,
    pub rounds: Vec<[Measured; 2]>,
}

impl Row {
    fn median(&self, of: impl Fn(&[Measured; 2]) -> f64) -> f64 {
        let mut all: Vec<f64> = self.rounds.iter().map(of).collect();
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    }
}

/// Medians over the rounds; the ratio is that of the two sides in one round.
pub fn delivered(kind: &str, rows: &[Row]) -> String {
    let mut table = format!(
        "| subscribers | filters | delivered per second ({kind}) | bare | ratio | p99 delay | bare |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for row in rows {
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "| {} | {} | {:.0} | {:.0} | {:.2} | {:.1} ms | {:.1} ms |",
            row.many,
            row.filters,
            row.median(|[ours, _]| ours.per_second()),
            row.median(|[_, bare]| bare.per_second()),
            row.median(|[ours, bare]| ours.per_second() / bare.per_second()),
            row.median(|[ours, _]| ours.p99()),
            row.median(|[_, bare]| bare.p99()),
        );
    }
    table
}

/// Bytes for each subscriber who waits, of both sides.
pub fn memory(few: usize, most: usize, bytes: [f64; 2]) -> String {
    let [ours, bare] = bytes.map(|bytes| bytes / 1024.0);
    format!(
        "| | memory of a subscriber who waits, {few} to {most} |\n| --- | --- |\n| lockkeeper | {ours:.1} KiB |\n| bare | {bare:.1} KiB |\n"
    )
}
