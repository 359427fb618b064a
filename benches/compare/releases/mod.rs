//! M1: releases that move 10 of a service's 100 instances, accepted by lockkeeper and by hand, in turns and on one
//! database, and carried out by the same worker. Each turn moves all instances to a newer version and, after that, back.

mod delay;
mod moves;

pub use delay::DeliveryDelay;

use crate::direction::Direction;
use crate::load::{self, Request, RoundResult};
use crate::report::Report;
use crate::systems::{Databases, System, SystemKind, start_worker};
use anyhow::ensure;
use lockkeeper::store::{Db, stats};
use moves::{INSTANCES_PER_RELEASE, Move, is_accepted};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::large::Size;

/// 20 services with 100 instances of each.
pub const SIZE: Size = Size { services: 20, versions: 20, hosts: 500, instances: 2_000 };

const WITHOUT_WORKER: &str = "M1, accepted";
const WITH_WORKER: &str = "M1, carried out meanwhile";
/// The columns of the report.
pub const COLUMNS: [&str; 2] = [WITHOUT_WORKER, WITH_WORKER];

/// The systems that accept releases, by database, and whether they have a worker. A worker in the process carries out
/// what all systems of the case accept; without one, a worker is started after each turn. A file of SQLite belongs to one
/// process, which therefore has the worker.
const CASES: [(&str, bool, &[SystemKind]); 3] = [
    (WITHOUT_WORKER, false, &[SystemKind::Floor, SystemKind::Lockkeeper]),
    (WITH_WORKER, true, &[SystemKind::Floor, SystemKind::Lockkeeper]),
    (WITH_WORKER, true, &[SystemKind::LockkeeperSqlite]),
];

/// How many connections send requests before the measurement.
const WARM_UP_CONNECTIONS: usize = 16;

/// How long it may take until all accepted releases have ended.
const DRAIN_TIMEOUT: Duration = Duration::from_mins(5);

/// The settings of the measurement.
pub struct ReleaseBench<'a> {
    pub connections: &'a [usize],
    pub rounds: usize,
    /// For the files of all systems.
    pub directory: &'a Path,
}

impl ReleaseBench<'_> {
    /// Runs the cases that are about any of these systems, and returns the delays.
    pub async fn run(
        &self,
        databases: &Databases,
        kinds: &[SystemKind],
        report: &mut Report,
    ) -> anyhow::Result<Vec<DeliveryDelay>> {
        let moves = Move::all(&databases.postgres).await?;
        let mut delays = Vec::new();
        for (column, worker, members) in CASES {
            if !members.iter().any(|kind| kinds.contains(kind)) {
                continue;
            }
            let mut case = ReleaseCase { databases, directory: self.directory, worker, systems: Vec::new() };
            for &kind in members {
                case.systems.push(System::start(kind, databases, self.directory, worker).await?);
            }
            self.measure_rates(&case, &moves, column, report).await?;
            for system in case.systems.iter().filter(|system| worker && system.kind != SystemKind::Floor) {
                delays.extend(delay::measure(system, &moves[0], 20 * self.rounds).await?);
            }
        }
        Ok(delays)
    }

    async fn measure_rates(
        &self,
        case: &ReleaseCase<'_>,
        moves: &[Move],
        column: &'static str,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let requests = |system: &System, direction| {
            let request = |one: &Move| one.request(&system.protocol, system.port, direction, INSTANCES_PER_RELEASE);
            moves.iter().map(request).collect::<Arc<[Request]>>()
        };
        let turns = case.systems.iter().map(|system| Direction::BOTH.map(|direction| requests(system, direction)));
        let turns: Vec<_> = turns.collect();
        for (system, turn) in case.systems.iter().zip(&turns) {
            // Statements get prepared.
            let few = turn.each_ref().map(|requests| Arc::from(&requests[..4 * WARM_UP_CONNECTIONS]));
            case.run_turn(system, &few, WARM_UP_CONNECTIONS).await?;
        }
        for &connections in self.connections {
            for round in 1..=self.rounds {
                for (system, turn) in case.systems.iter().zip(&turns) {
                    let result = case.run_turn(system, turn, connections).await?;
                    eprintln!("{column} at {connections}, round {round}: {}", result.summary(system.kind));
                    report.add(column, connections, system.kind, result);
                }
            }
        }
        Ok(())
    }
}

/// Systems that accept releases on one database.
struct ReleaseCase<'a> {
    databases: &'a Databases,
    directory: &'a Path,
    /// Whether a system has a worker in its process.
    worker: bool,
    systems: Vec<System>,
}

impl ReleaseCase<'_> {
    /// Moves all instances to a newer version, and back. Only accepting is timed.
    async fn run_turn(
        &self,
        system: &System,
        turn: &[Arc<[Request]>; 2],
        connections: usize,
    ) -> anyhow::Result<RoundResult> {
        let (mut times, mut total) = (Vec::new(), Duration::ZERO);
        for requests in turn {
            let start = Instant::now();
            times.extend(load::send_once(system.port, requests, connections, is_accepted).await?);
            total += start.elapsed();
            self.drain(system.kind).await?;
        }
        Ok(RoundResult::new(times, total))
    }

    /// Waits until everything that was accepted is carried out.
    async fn drain(&self, kind: SystemKind) -> anyhow::Result<()> {
        let url = self.databases.of(kind);
        let db = Db::open(url, 1).await?;
        let _worker = if self.worker { None } else { Some(start_worker(url, self.directory)?) };
        let start = Instant::now();
        loop {
            let counts = stats::releases(&db).await?;
            let open: i64 = counts.iter().map(|releases| releases.queued + releases.running).sum();
            if open == 0 {
                break;
            }
            ensure!(start.elapsed() < DRAIN_TIMEOUT, "{open} targets are still open");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        db.close().await;
        Ok(())
    }
}
