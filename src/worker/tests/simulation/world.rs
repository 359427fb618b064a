//! The database, the workers and the commands on hosts, and which step comes next.

use super::checks::{Checked, Ended};
use super::seeds::Happened;
use super::template::Template;
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::worker::WorkerRef;
use crate::worker::tests::fleet::{self, Fleet};
use std::collections::{BTreeMap, HashSet};
use testkit::choices::Choices;

pub const HOSTS: usize = 5;
/// A label that all hosts but the last have, with two values.
pub const LABEL: &str = "zone";
/// How many instances of the second service may be unavailable.
pub const BUDGET: i64 = 2;
/// How long a lease lasts without being renewed.
pub const LEASE_SECONDS: i64 = 30;
/// How often time passes until every release must have ended: two hours, and twice as long after each time that led to
/// nothing. In sum, that is more than the longest deadline.
const ROUNDS_TO_REST: usize = 40;

#[derive(Clone)]
pub struct Service {
    pub id: i64,
    pub versions: Vec<i64>,
}

/// What one worker knows.
pub struct Process {
    pub me: WorkerRef,
    /// It does nothing for a while, and does not know it.
    pub is_stalled: bool,
    pub running: BTreeMap<i64, Claimed>,
    /// Targets of which it is unknown what became of them.
    pub to_recover: HashSet<i64>,
}

/// A command on a host.
pub struct Command {
    pub hostname: String,
    pub worker: i64,
}

pub struct World {
    pub fleet: Fleet,
    pub services: Vec<Service>,
    pub choices: Choices,
    pub workers: Vec<Option<Process>>,
    /// What runs on hosts, by target.
    pub commands: BTreeMap<i64, Command>,
    /// When each worker last renewed its lease, in seconds of virtual time.
    pub renewed: BTreeMap<i64, i64>,
    /// How much virtual time has passed, in seconds, by a clock that never steps.
    pub elapsed: i64,
    /// No more faults happen.
    pub is_calm: bool,
    /// How many releases were requested with a key.
    pub keys: u64,
    pub ended: Ended,
    pub checked: Checked,
    happened: Happened,
    log: Log,
}

/// The steps so far. They are printed if a check fails.
struct Log {
    seed: u64,
    shows_steps: bool,
    steps: Vec<String>,
}

impl Drop for Log {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("seed {}:\n{}", self.seed, self.steps.join("\n"));
        }
    }
}

impl World {
    pub async fn new(template: &Template, seed: u64, shows_steps: bool) -> World {
        let (fleet, services) = template.copied().await;
        let mut world = World {
            fleet,
            services,
            choices: Choices::from_seed(seed),
            workers: vec![None, None],
            commands: BTreeMap::new(),
            renewed: BTreeMap::new(),
            elapsed: 0,
            is_calm: false,
            keys: 0,
            ended: Ended::default(),
            checked: Checked::default(),
            happened: Happened::new(),
            log: Log { seed, shows_steps, steps: Vec::new() },
        };
        for slot in 0..world.workers.len() {
            world.register(slot).await;
        }
        world
    }

    /// Closes the database, and returns how often each thing happened, and the steps.
    pub async fn close(mut self) -> (Happened, Vec<String>) {
        let kinds = self.fleet.app.db.query(sql!("SELECT kind, count(*) AS counted FROM event GROUP BY kind"));
        for (kind, count) in kinds.all::<(String, i64)>().await.unwrap() {
            self.happened.insert(format!("event {kind}"), count as u64);
        }
        let undos = sql!(
            "SELECT count(*) AS counted FROM release r JOIN release p ON p.id = r.parent_id
             WHERE r.origin = 'UNDO' AND p.on_failure = 'UNDO' AND p.stopped_at IS NOT NULL"
        );
        if self.fleet.app.db.query(undos).scalar::<i64>().await.unwrap() > 0 {
            self.happened.insert("automatic undo".to_owned(), 1);
        }
        let limited =
            sql!("SELECT count(*) AS counted FROM release WHERE label_key IS NOT NULL AND running + succeeded > 0");
        let limited = self.fleet.app.db.query(limited).scalar::<i64>().await.unwrap();
        if limited > 0 {
            self.happened.insert("limited by a label".to_owned(), limited as u64);
        }
        self.fleet.app.db.close().await;
        (self.happened, std::mem::take(&mut self.log.steps))
    }

    /// Notes a step, for a replay of the seed.
    pub fn say(&mut self, step: impl Into<String>) {
        let step = format!("{:>7} s  {}", self.elapsed, step.into());
        if self.log.shows_steps {
            println!("{step}");
        }
        self.log.steps.push(step);
    }

    /// Counts that something happened.
    pub fn count(&mut self, what: &str) {
        *self.happened.entry(what.to_owned()).or_default() += 1;
    }

    /// Whether a fault happens now that happens once in this many times.
    pub fn fault(&mut self, times: usize) -> bool {
        !self.is_calm && self.choices.one_in(times)
    }

    /// Takes the next step.
    pub async fn step(&mut self) {
        let slot = self.choices.below(self.workers.len());
        // Otherwise too few steps would find a worker that works.
        if self.choices.one_in(4) {
            self.register(slot).await;
        }
        if self.choices.one_in(12) {
            self.wake(slot).await;
        }
        match self.choices.below(25) {
            0..=4 => self.person().await,
            5..=8 => self.claim(slot).await,
            9..=13 => self.end_one(slot).await,
            14..=16 => {
                let seconds = *self.choices.pick(&[5, 20, 40, 300, 700, 4000]);
                self.say(format!("{seconds} s pass"));
                self.pass(seconds).await;
            }
            17 => self.upkeep().await,
            18 | 19 => self.look_around(slot).await,
            20 => self.disturb(slot).await,
            21 => self.register(slot).await,
            _ => self.check_health(slot).await,
        }
    }

    /// No more faults: workers that stalled go on, lost workers are replaced, and time passes until every release has ended.
    pub async fn come_to_rest(&mut self) {
        self.say("no more faults");
        self.is_calm = true;
        self.resume_fleet().await;
        for slot in 0..self.workers.len() {
            self.wake(slot).await;
        }
        let mut seconds = 7_200;
        for _ in 0..ROUNDS_TO_REST {
            let claimed = self.happened.get("claimed").copied();
            self.pass(seconds).await;
            for slot in 0..self.workers.len() {
                self.register(slot).await;
                self.look_around(slot).await;
                self.claim(slot).await;
                while self.runs_any(slot) {
                    self.end_one(slot).await;
                }
                self.check_health(slot).await;
            }
            self.upkeep().await;
            self.check().await;
            if self.open_releases().await.is_empty() {
                break;
            }
            seconds = if self.happened.get("claimed").copied() == claimed { 2 * seconds } else { 7_200 };
        }
        let open = self.open_releases().await;
        assert!(open.is_empty(), "releases that never end: {open:?}");
        assert!(self.commands.is_empty(), "commands that belong to no target that runs");
    }

    fn runs_any(&self, slot: usize) -> bool {
        self.workers[slot].as_ref().is_some_and(|process| !process.running.is_empty())
    }

    pub async fn register(&mut self, slot: usize) {
        if self.workers[slot].is_some() {
            return;
        }
        let name = format!("w{}", slot + 1);
        let id = fleet::register_worker(&self.fleet.app.db, &name).await;
        self.say(format!("worker {id} begins"));
        self.renewed.insert(id, self.elapsed);
        let me = WorkerRef { id, name };
        self.workers[slot] =
            Some(Process { me, is_stalled: false, running: BTreeMap::new(), to_recover: HashSet::new() });
    }
}
