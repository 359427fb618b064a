//! What was measured, as Markdown.

use crate::load::Outcome;
use crate::systems::Kind;
use crate::work::Query;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All outcomes, by connections, system and query.
#[derive(Default)]
pub struct Report {
    outcomes: BTreeMap<(usize, usize, usize), Vec<Outcome>>,
}

impl Report {
    pub fn add(&mut self, query: Query, connections: usize, kind: Kind, outcome: Outcome) {
        self.outcomes.entry((connections, kind as usize, query as usize)).or_default().push(outcome);
    }

    /// The median rate of answers.
    pub fn rate(&self, connections: usize, kind: Kind, query: Query) -> Option<f64> {
        median(self.outcomes.get(&(connections, kind as usize, query as usize))?, |outcome| outcome.rate)
    }

    fn times(&self, connections: usize, kind: Kind, query: Query) -> Option<(f64, f64)> {
        let outcomes = self.outcomes.get(&(connections, kind as usize, query as usize))?;
        Some((median(outcomes, |outcome| outcome.p50)?, median(outcomes, |outcome| outcome.p99)?))
    }

    /// For each number of connections: answers in a second, and lockkeeper's ratio to each system.
    pub fn markdown(&self, connections: &[usize], kinds: &[Kind], queries: &[Query]) -> String {
        let mut text = String::new();
        for &connections in connections {
            let head = queries.iter().fold(String::new(), |head, query| head + " " + query.name() + " |");
            let line = "---: |".repeat(queries.len());
            let _ = writeln!(
                text,
                "\nAnswers in a second, {connections} connections (median and p99 in ms):\n\n| |{head}\n| --- |{line}"
            );
            for &kind in kinds {
                let _ = writeln!(
                    text,
                    "| {} |{}",
                    kind.name(),
                    Report::row(queries, |query| self.told(connections, kind, query))
                );
            }
            let _ = writeln!(
                text,
                "\nlockkeeper on PostgreSQL as a ratio to each, {connections} connections:\n\n| |{head}\n| --- |{line}"
            );
            for &kind in kinds.iter().filter(|kind| **kind != Kind::Lockkeeper) {
                let ratio = |query| {
                    let (own, other) =
                        (self.rate(connections, Kind::Lockkeeper, query)?, self.rate(connections, kind, query)?);
                    Some(format!("{:.2}", own / other))
                };
                let _ = writeln!(text, "| {} |{}", kind.name(), Report::row(queries, ratio));
            }
        }
        text
    }

    fn row(queries: &[Query], cell: impl Fn(Query) -> Option<String>) -> String {
        queries.iter().fold(String::new(), |row, query| row + " " + &cell(*query).unwrap_or_default() + " |")
    }

    fn told(&self, connections: usize, kind: Kind, query: Query) -> Option<String> {
        let (p50, p99) = self.times(connections, kind, query)?;
        Some(format!("{:.0} ({p50:.1}, {p99:.1})", self.rate(connections, kind, query)?))
    }
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> Option<f64> {
    let mut all: Vec<f64> = outcomes.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}
