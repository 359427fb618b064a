//! Processes killed while releases run, half of them at random moments, half at failpoints: afterwards every invariant
//! holds by `doctor`, by what a subscriber got, and by the journal that the commands themselves keep.
//!
//! `LOCKKEEPER_KILLS=100 cargo test --test faults -- --nocapture killing` is the long form.

use crate::journal::Journal;
use crate::load::{Load, assert_undone};
use crate::points::{Point, Points};
use crate::processes::Processes;
use crate::record::Record;
use lockkeeper::failpoint;
use serde_json::Value;
use std::time::{Duration, Instant};
use testkit::Database;
use testkit::environment::number;
use testkit::on_both;
use tokio::task::block_in_place;
use tokio::time::sleep;

/// After so long, another process is killed, so that there is more to take over where that is waited for.
const STIR: Duration = Duration::from_secs(4);
/// After so long, a point counts as not reached this time.
const LONG: Duration = Duration::from_secs(25);

/// Processes, and what was killed of them.
struct Killing {
    processes: Processes,
    stored: Database,
    points: Points,
    at_random: usize,
    at_points: usize,
    /// How many kills came while targets were open.
    amid: usize,
}

impl Killing {
    async fn count(&self, rows: &str) -> usize {
        self.stored.texts(&format!("SELECT CAST(count(*) AS text) FROM {rows}")).await[0].parse().unwrap()
    }

    async fn is_amid(&self) -> bool {
        self.count("release_target WHERE finished_at IS NULL").await > 0
    }

    /// Kills one of them, whatever it does, and starts it again as this point wants it.
    async fn kill(&mut self, victim: usize, point: Option<Point>) {
        sleep(Duration::from_millis(rand::random_range(0..1500))).await;
        if point.is_some_and(Point::is_of_recovery) {
            self.until_something_runs().await;
        }
        self.amid += usize::from(self.is_amid().await);
        self.at_random += 1;
        self.start_again(victim, point);
    }

    /// Waits for commands that may be started anew, or for a while.
    async fn until_something_runs(&self) {
        let began = Instant::now();
        let rows = "release_target t JOIN release r ON r.id = t.release_id
            WHERE t.status = 'RUNNING' AND t.executor = 'repeat' AND r.cancel_requested_at IS NULL";
        while self.count(rows).await < 3 && began.elapsed() < LONG {
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn start_again(&mut self, number: usize, point: Option<Point>) {
        let (own, runners) = point.map(Point::arm).unwrap_or_default();
        block_in_place(|| self.processes.start_again(number, &own, &runners));
    }

    /// One kill at a random moment, one at a point.
    async fn kill_two(&mut self) {
        let point = self.points.next();
        let some = if point.is_of_servers() { self.processes.servers.len() } else { self.processes.count() };
        let victim = rand::random_range(0..some);
        self.kill(victim, Some(point)).await;
        if point.is_of_the_end() {
            sleep(Duration::from_millis(rand::random_range(0..1500))).await;
            self.processes.ask_to_stop(victim);
        }
        if !self.died(victim, point).await {
            self.points.missed(point);
            return self.kill(victim, None).await;
        }
        self.amid += usize::from(self.is_amid().await);
        self.at_points += 1;
        self.points.hit(point);
        if point.is_of_runners() {
            block_in_place(|| self.processes.stop(victim));
        }
        self.start_again(victim, None);
    }

    /// Waits until this process, or one of its runners, has died at the point; false if that takes too long.
    async fn died(&mut self, victim: usize, point: Point) -> bool {
        let (began, mut stirred) = (Instant::now(), Instant::now());
        while began.elapsed() < LONG {
            let died = match point.is_of_runners() {
                true => self.processes.log(victim).contains(&format!("killed at {}", point.0)),
                false => self.processes.has_died(victim),
            };
            if died {
                return true;
            }
            if point.is_of_recovery() && stirred.elapsed() > STIR && self.processes.count() > 1 {
                self.until_something_runs().await;
                self.kill((victim + 1) % self.processes.count(), None).await;
                stirred = Instant::now();
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

async fn kill_and_see(kind: &str, kills: usize) {
    let processes = block_in_place(|| Processes::start(kind));
    let stored = processes.servers[0].stored().await;
    let journal = Journal::keep(&processes.servers[0]);
    let client = processes.client();
    let cursor = client().query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let record = Record::start(cursor, client.clone());
    let load = Load::start(client).await;
    let mut killing = Killing { processes, stored, points: Points::default(), at_random: 0, at_points: 0, amid: 0 };
    let mut rounds = 0;
    while killing.at_random + killing.at_points < kills {
        killing.kill_two().await;
        rounds += 1;
    }
    let asked = load.finish().await;
    assert_eq!(killing.count("release WHERE origin = 'REQUEST'").await, asked, "one release for each key");
    let undone = assert_undone(&killing.stored).await;
    let events = record.assert_complete(&killing.stored).await;
    let starts = journal.assert_agrees(&killing.stored).await;
    killing.processes.servers[0].assert_sound();
    let Killing { at_random, at_points, amid, .. } = killing;
    assert!(2 * amid > at_random + at_points, "only {amid} kills came while targets were open");
    let takeovers = killing.count("output_line WHERE text = 'The worker of this start was lost.'").await;
    let again = killing.count("release_target WHERE attempt > 1").await;
    let unknown = killing.count("release_target WHERE status = 'UNKNOWN'").await;
    let reconnects = record.reconnects();
    eprintln!(
        "{kind}: {at_random} kills at random, {at_points} at {} points, {amid} of all while targets were open; \
         {asked} releases, {undone} undone as they ended, {starts} starts, {takeovers} taken over, {again} started again, {unknown} unknown; \
         {events} events over {reconnects} reconnects; 0 violations{}",
        killing.points.reached(),
        killing.points.report()
    );
    // Each had a turn, and what was missed some more.
    let every = rounds >= failpoint::ALL.len() + 10;
    assert!(!every || killing.points.reached() == failpoint::ALL.len(), "a point was never reached");
}

/// How often something is killed on each database.
fn kills() -> usize {
    number("LOCKKEEPER_KILLS").unwrap_or(6)
}

async fn i1_to_i8_hold_whatever_is_killed(kind: &str) {
    kill_and_see(kind, kills()).await;
}
on_both!(threads i1_to_i8_hold_whatever_is_killed);
