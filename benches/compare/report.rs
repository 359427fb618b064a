//! The results as Markdown.

use crate::load::RoundResult;
use crate::releases::DeliveryDelay;
use crate::systems::SystemKind;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All results, by the number of connections, the system, and the column of the report.
#[derive(Default)]
pub struct Report {
    results: BTreeMap<(usize, usize, &'static str), Vec<RoundResult>>,
}

impl Report {
    pub fn add(&mut self, column: &'static str, connections: usize, kind: SystemKind, result: RoundResult) {
        self.results.entry((connections, kind as usize, column)).or_default().push(result);
    }

    /// The median rate of the rounds.
    pub fn rate(&self, connections: usize, kind: SystemKind, column: &'static str) -> Option<f64> {
        median(self.results.get(&(connections, kind as usize, column))?, |result| result.rate)
    }

    fn contains(&self, kind: SystemKind) -> bool {
        self.results.keys().any(|(_, measured, _)| *measured == kind as usize)
    }

    fn times(&self, connections: usize, kind: SystemKind, column: &'static str) -> Option<(f64, f64)> {
        let results = self.results.get(&(connections, kind as usize, column))?;
        Some((median(results, |result| result.p50)?, median(results, |result| result.p99)?))
    }

    /// For each number of connections: the rates, and the ratio of lockkeeper's rate to that of each other system.
    pub fn markdown(&self, connections: &[usize], kinds: &[SystemKind], columns: &[&'static str]) -> String {
        let mut text = String::new();
        let kinds: Vec<SystemKind> = kinds.iter().copied().filter(|kind| self.contains(*kind)).collect();
        for &connections in connections {
            let head = columns.iter().fold(String::new(), |head, column| head + " " + column + " |");
            let line = "---: |".repeat(columns.len());
            let _ = writeln!(
                text,
                "\nResponses per second, {connections} connections (median and p99 in ms):\n\n| |{head}\n| --- |{line}"
            );
            for &kind in &kinds {
                let row = Report::row(columns, |column| self.cell(connections, kind, column));
                let _ = writeln!(text, "| {} |{row}", kind.name());
            }
            let _ = writeln!(
                text,
                "\nlockkeeper on PostgreSQL as a ratio to each, {connections} connections:\n\n| |{head}\n| --- |{line}"
            );
            for &kind in kinds.iter().filter(|kind| **kind != SystemKind::Lockkeeper) {
                let ratio = |column| {
                    let own = self.rate(connections, SystemKind::Lockkeeper, column)?;
                    Some(format!("{:.2}", own / self.rate(connections, kind, column)?))
                };
                let _ = writeln!(text, "| {} |{}", kind.name(), Report::row(columns, ratio));
            }
        }
        text
    }

    fn row(columns: &[&'static str], cell: impl Fn(&'static str) -> Option<String>) -> String {
        columns.iter().fold(String::new(), |row, column| row + " " + &cell(column).unwrap_or_default() + " |")
    }

    fn cell(&self, connections: usize, kind: SystemKind, column: &'static str) -> Option<String> {
        let (p50, p99) = self.times(connections, kind, column)?;
        Some(format!("{:.0} ({p50:.1}, {p99:.1})", self.rate(connections, kind, column)?))
    }
}

/// How soon a subscriber learns that a release has ended.
pub fn delays(delays: &[DeliveryDelay]) -> String {
    let mut text = String::from(
        "\nFrom requesting a release of 10 instances until a subscriber has the final status of the last one, in ms:\n\n\
         | | in parallel | median | p99 |\n| --- | ---: | ---: | ---: |\n",
    );
    for DeliveryDelay { kind, max_parallel, result } in delays {
        let _ = writeln!(text, "| {} | {max_parallel} | {:.1} | {:.1} |", kind.name(), result.p50, result.p99);
    }
    text
}

fn median(results: &[RoundResult], value: impl Fn(&RoundResult) -> f64) -> Option<f64> {
    let mut values: Vec<f64> = results.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
