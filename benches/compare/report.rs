//! What was measured, as Markdown.

use crate::load::Outcome;
use crate::systems::Kind;
use crate::work::Query;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All outcomes, by connections, query and system, in the order in which they came.
#[derive(Default)]
pub struct Report {
    outcomes: BTreeMap<(usize, usize), Vec<(Kind, Vec<Outcome>)>>,
}

impl Report {
    pub fn add(&mut self, query: Query, connections: usize, kind: Kind, outcome: Outcome) {
        let systems = self.outcomes.entry((connections, query as usize)).or_default();
        match systems.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => systems.push((kind, vec![outcome])),
        }
    }

    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for ((connections, query), systems) in &self.outcomes {
            let _ = writeln!(text, "\nQ{} at {connections}", query + 1);
            let floor = median(&systems[0].1, |outcome| outcome.rate);
            for (kind, outcomes) in systems {
                let rate = median(outcomes, |outcome| outcome.rate);
                let p50 = median(outcomes, |outcome| outcome.p50);
                let p99 = median(outcomes, |outcome| outcome.p99);
                let _ = writeln!(text, "| {} | {rate:.0} | {:.2} | {p50:.2} | {p99:.2} |", kind.name(), rate / floor);
            }
        }
        text
    }
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    let mut all: Vec<f64> = outcomes.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
