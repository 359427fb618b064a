//! Many seeds, on as many threads as there are cores: which of them hold so far, and the first one that fails.

use super::simulate;
use super::template::Template;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How often a long run says how far it is.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);
/// One seed in so many is run twice, and must take the same steps.
const REPEATED: u64 = 100;

/// How often each thing happened, by its name.
pub type Happened = BTreeMap<String, u64>;

/// How far a run is.
struct Run {
    seeds: Range<u64>,
    /// The next one that begins.
    next: u64,
    under_way: BTreeSet<u64>,
    /// The first seed that failed, and how.
    failed: Option<(u64, Box<dyn Any + Send>)>,
    happened: Happened,
    began: Instant,
    reported: Instant,
}

/// Runs these seeds. Returns how often each thing happened.
///
/// # Panics
/// If one of them fails: as the first that does.
pub fn run(seeds: Range<u64>) -> Happened {
    let template = runtime().block_on(Template::new());
    let began = Instant::now();
    let (next, under_way, happened) = (seeds.start, BTreeSet::new(), Happened::new());
    let run = Run { seeds, next, under_way, failed: None, happened, began, reported: began };
    let run = Mutex::new(run);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(&run, &template));
        }
    });
    let run = run.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{}", run.covered());
    if let Some((seed, panic)) = run.failed {
        println!("Seed {seed} fails. Step by step: LOCKKEEPER_SEED={seed} cargo test --lib i1_to_i8 -- --nocapture");
        std::panic::resume_unwind(panic);
    }
    run.happened
}

/// Runs one seed, and prints each step.
pub fn replay(seed: u64) {
    let runtime = runtime();
    let template = runtime.block_on(Template::new());
    runtime.block_on(simulate(&template, seed, true));
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Takes one seed after the other, until there are none or one has failed.
fn work(run: &Mutex<Run>, template: &Template) {
    let runtime = runtime();
    let lock = || run.lock().unwrap_or_else(PoisonError::into_inner);
    let begin = || lock().begin();
    while let Some(seed) = begin() {
        let simulated = || {
            let (happened, steps) = runtime.block_on(simulate(template, seed, false));
            if seed.is_multiple_of(REPEATED) {
                let again = runtime.block_on(simulate(template, seed, false)).1;
                let differing = steps.iter().zip(&again).find(|(step, again)| step != again);
                assert_eq!((differing, again.len()), (None, steps.len()), "seed {seed} took other steps");
            }
            happened
        };
        let result = catch_unwind(AssertUnwindSafe(simulated));
        lock().end(seed, result);
    }
}

impl Run {
    fn begin(&mut self) -> Option<u64> {
        let seed = self.next;
        if self.failed.is_some() || seed >= self.seeds.end {
            return None;
        }
        self.next += 1;
        self.under_way.insert(seed);
        Some(seed)
    }

    fn end(&mut self, seed: u64, result: thread::Result<Happened>) {
        self.under_way.remove(&seed);
        match result {
            Ok(happened) => {
                for (what, count) in happened {
                    *self.happened.entry(what).or_default() += count;
                }
            }
            Err(panic) if self.failed.as_ref().is_none_or(|(failed, _)| seed < *failed) => {
                self.failed = Some((seed, panic));
            }
            Err(_) => {}
        }
        if self.reported.elapsed() >= REPORT_INTERVAL {
            self.reported = Instant::now();
            println!("{}", self.covered());
        }
    }

    /// What the run has covered: all seeds before the first that is not over, or that failed.
    fn covered(&self) -> String {
        let first = self.seeds.start;
        let unsettled = self.under_way.first().copied().into_iter().chain(self.failed.iter().map(|(seed, _)| *seed));
        let end = unsettled.min().unwrap_or(self.next);
        let (held, all, seconds) = (end - first, self.seeds.end - first, self.began.elapsed().as_secs());
        format!("{held} of {all} seeds hold, from {first} to before {end}, after {seconds} s")
    }
}
