//! M1: releases that move 10 of a service's 100 instances, accepted by lockkeeper and by hand, in turn and on one
//! database, and carried out by the same worker. Each turn moves all that can be moved to a newer version and, once that
//! is over, back.

mod delay;
mod moves;

pub use delay::Delay;

use crate::fleet::Size;
use crate::load::{self, Outcome, Request};
use crate::report::Report;
use crate::systems::{Databases, Kind, System, worker};
use crate::way::Way;
use anyhow::ensure;
use lockkeeper::store::{Db, stats};
use moves::{MOVED, Move, is_accepted};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// 20 services with 100 instances of each.
pub const SIZE: Size = Size { services: 20, versions: 20, hosts: 500, instances: 2_000 };

const ALONE: &str = "M1, accepted";
const MEANWHILE: &str = "M1, carried out meanwhile";
/// What the report calls it.
pub const COLUMNS: [&str; 2] = [ALONE, MEANWHILE];

/// Those who accept, by database. Whoever works as well as serves carries out what all of them accept; else a worker is
/// started for it after each turn. The file of SQLite is one process's, which works.
const PLACES: [(&str, bool, &[Kind]); 3] = [
    (ALONE, false, &[Kind::Floor, Kind::Lockkeeper]),
    (MEANWHILE, true, &[Kind::Floor, Kind::Lockkeeper]),
    (MEANWHILE, true, &[Kind::LockkeeperSqlite]),
];

/// How many connections ask before anything is measured.
const WARM: usize = 16;

/// How long it may take until all is over.
const PATIENCE: Duration = Duration::from_mins(5);

/// How it is measured.
pub struct Measure<'a> {
    pub connections: &'a [usize],
    pub rounds: usize,
    /// For the files of all systems.
    pub directory: &'a Path,
}

impl Measure<'_> {
    /// Measures what there is for these systems, into the report; gives the delays besides.
    pub async fn run(&self, databases: &Databases, kinds: &[Kind], report: &mut Report) -> anyhow::Result<Vec<Delay>> {
        let moves = Move::all(&databases.postgres).await?;
        let mut delays = Vec::new();
        for (column, working, together) in PLACES {
            if !together.iter().any(|kind| kinds.contains(kind)) {
                continue;
            }
            let mut place = Place { databases, directory: self.directory, working, systems: Vec::new() };
            for &kind in together {
                place.systems.push(System::start(kind, databases, self.directory, working).await?);
            }
            self.turns(&place, &moves, column, report).await?;
            for system in place.systems.iter().filter(|system| working && system.kind != Kind::Floor) {
                delays.extend(delay::measure(system, &moves[0], 20 * self.rounds).await?);
            }
        }
        Ok(delays)
    }

    async fn turns(
        &self,
        place: &Place<'_>,
        moves: &[Move],
        column: &'static str,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let asked = |system: &System, way| {
            moves.iter().map(|one| one.request(&system.speaks, system.port, way, MOVED)).collect::<Arc<[Request]>>()
        };
        let works: Vec<_> = place.systems.iter().map(|system| Way::BOTH.map(|way| asked(system, way))).collect();
        for (system, work) in place.systems.iter().zip(&works) {
            // Statements are prepared.
            let few = work.each_ref().map(|requests| Arc::from(&requests[..4 * WARM]));
            place.turn(system, &few, WARM).await?;
        }
        for &connections in self.connections {
            for round in 1..=self.rounds {
                for (system, work) in place.systems.iter().zip(&works) {
                    let outcome = place.turn(system, work, connections).await?;
                    eprintln!("{column} at {connections}, round {round}: {}", outcome.told(system.kind));
                    report.add(column, connections, system.kind, outcome);
                }
            }
        }
        Ok(())
    }
}

/// Those who accept releases on one database.
struct Place<'a> {
    databases: &'a Databases,
    directory: &'a Path,
    working: bool,
    systems: Vec<System>,
}

impl Place<'_> {
    /// All to a newer version, and back.
    async fn turn(&self, system: &System, work: &[Arc<[Request]>; 2], connections: usize) -> anyhow::Result<Outcome> {
        let (mut times, mut whole) = (Vec::new(), Duration::ZERO);
        for requests in work {
            let began = Instant::now();
            times.extend(load::each(system.port, requests, connections, is_accepted).await?);
            whole += began.elapsed();
            self.until_over(system.kind).await?;
        }
        Ok(Outcome::of(times, whole))
    }

    /// Waits until everything that was accepted is carried out.
    async fn until_over(&self, kind: Kind) -> anyhow::Result<()> {
        let url = self.databases.of(kind);
        let db = Db::open(url, 1).await?;
        let _worker = if self.working { None } else { Some(worker(url, self.directory)?) };
        let began = Instant::now();
        loop {
            let open: i64 = stats::releases(&db).await?.iter().map(|they| they.queued + they.running).sum();
            if open == 0 {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "{open} targets are not over");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        db.close().await;
        Ok(())
    }
}
