//! What was measured, as Markdown.

use crate::load::Outcome;
use crate::releases::Delay;
use crate::systems::Kind;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All outcomes, by connections, system and what was asked.
#[derive(Default)]
pub struct Report {
    outcomes: BTreeMap<(usize, usize, &'static str), Vec<Outcome>>,
}

impl Report {
    pub fn add(&mut self, asked: &'static str, connections: usize, kind: Kind, outcome: Outcome) {
        self.outcomes.entry((connections, kind as usize, asked)).or_default().push(outcome);
    }

    /// The median rate of answers.
    pub fn rate(&self, connections: usize, kind: Kind, asked: &'static str) -> Option<f64> {
        median(self.outcomes.get(&(connections, kind as usize, asked))?, |outcome| outcome.rate)
    }

    fn has(&self, kind: Kind) -> bool {
        self.outcomes.keys().any(|(_, known, _)| *known == kind as usize)
    }

    fn times(&self, connections: usize, kind: Kind, asked: &'static str) -> Option<(f64, f64)> {
        let outcomes = self.outcomes.get(&(connections, kind as usize, asked))?;
        Some((median(outcomes, |outcome| outcome.p50)?, median(outcomes, |outcome| outcome.p99)?))
    }

    /// For each number of connections: answers in a second, and lockkeeper's ratio to each system that was measured.
    pub fn markdown(&self, connections: &[usize], kinds: &[Kind], asked: &[&'static str]) -> String {
        let mut text = String::new();
        let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| self.has(*kind)).collect();
        for &connections in connections {
            let head = asked.iter().fold(String::new(), |head, asked| head + " " + asked + " |");
            let line = "---: |".repeat(asked.len());
            let _ = writeln!(
                text,
                "\nAnswers in a second, {connections} connections (median and p99 in ms):\n\n| |{head}\n| --- |{line}"
            );
            for &kind in &kinds {
                let _ = writeln!(
                    text,
                    "| {} |{}",
                    kind.name(),
                    Report::row(asked, |asked| self.told(connections, kind, asked))
                );
            }
            let _ = writeln!(
                text,
                "\nlockkeeper on PostgreSQL as a ratio to each, {connections} connections:\n\n| |{head}\n| --- |{line}"
            );
            for &kind in kinds.iter().filter(|kind| **kind != Kind::Lockkeeper) {
                let ratio = |asked| {
                    let (own, other) =
                        (self.rate(connections, Kind::Lockkeeper, asked)?, self.rate(connections, kind, asked)?);
                    Some(format!("{:.2}", own / other))
                };
                let _ = writeln!(text, "| {} |{}", kind.name(), Report::row(asked, ratio));
            }
        }
        text
    }

    fn row(asked: &[&'static str], cell: impl Fn(&'static str) -> Option<String>) -> String {
        asked.iter().fold(String::new(), |row, asked| row + " " + &cell(asked).unwrap_or_default() + " |")
    }

    fn told(&self, connections: usize, kind: Kind, asked: &'static str) -> Option<String> {
        let (p50, p99) = self.times(connections, kind, asked)?;
        Some(format!("{:.0} ({p50:.1}, {p99:.1})", self.rate(connections, kind, asked)?))
    }
}

/// How soon the end of a release is told.
pub fn delays(delays: &[Delay]) -> String {
    let mut text = String::from(
        "\nFrom asking for a release of 10 instances until a subscriber has the last one's status, in ms:\n\n\
         | | at a time | median | p99 |\n| --- | ---: | ---: | ---: |\n",
    );
    for Delay { kind, at_a_time, outcome } in delays {
        let _ = writeln!(text, "| {} | {at_a_time} | {:.1} | {:.1} |", kind.name(), outcome.p50, outcome.p99);
    }
    text
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> Option<f64> {
    let mut all: Vec<f64> = outcomes.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}
