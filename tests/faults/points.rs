//! The failpoints by turns, and how each of them is reached.

use lockkeeper::failpoint;
use rand::seq::SliceRandom as _;
use std::collections::BTreeMap;

/// A failpoint.
#[derive(Clone, Copy)]
pub struct Point(pub &'static str);

impl Point {
    /// Whether it stands in mutations, which only servers carry out.
    pub fn is_of_servers(self) -> bool {
        ["release::accept::", "release::cancel::"].iter().any(|module| self.0.starts_with(module))
    }

    /// Whether it stands in runners: then one of these dies, and its worker does not.
    pub fn is_of_runners(self) -> bool {
        self.0.starts_with("executor::command::runner::")
    }

    /// Whether a process comes there only when it is asked to stop.
    pub fn is_of_the_end(self) -> bool {
        self.0.starts_with("worker::lease::") && self.0.ends_with("_end")
    }

    /// Whether a process comes there only when another one has left commands behind.
    pub fn is_of_recovery(self) -> bool {
        self.0.starts_with("worker::recover::") || self.0 == "worker::carry::before_collect"
    }

    /// What arms it: in a process itself, and in its runners.
    pub fn arm(self) -> (String, String) {
        // Not always at the first time, where there are many.
        let often = ["worker::claim::", "worker::finish::", "worker::output::", "executor::command::start::"];
        let passed = if often.iter().any(|module| self.0.starts_with(module)) { rand::random_range(0..4) } else { 0 };
        match self.is_of_runners() {
            true => (String::new(), format!("{}=25%return", self.0)),
            false => (format!("{}={passed}*off->return", self.0), String::new()),
        }
    }
}

/// All of them, in any order, again and again; one that was not reached has another turn at once.
#[derive(Default)]
pub struct Points {
    waiting: Vec<Point>,
    hits: BTreeMap<&'static str, usize>,
    misses: Vec<&'static str>,
}

impl Points {
    pub fn next(&mut self) -> Point {
        loop {
            if let Some(point) = self.waiting.pop() {
                return point;
            }
            self.waiting.extend(failpoint::ALL.map(Point));
            self.waiting.shuffle(&mut rand::rng());
        }
    }

    pub fn hit(&mut self, point: Point) {
        *self.hits.entry(point.0).or_default() += 1;
    }

    pub fn missed(&mut self, point: Point) {
        self.misses.push(point.0);
        self.waiting.push(point);
    }

    /// How many different ones something died at.
    pub fn reached(&self) -> usize {
        self.hits.len()
    }

    /// What happened at each, for people.
    pub fn report(&self) -> String {
        let hits = self.hits.iter().map(|(point, hits)| format!("\n    {hits} {point}"));
        let misses = self.misses.iter().map(|point| format!("\n    not reached in time: {point}"));
        hits.chain(misses).collect()
    }
}
