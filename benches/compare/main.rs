//! lockkeeper beside a server that is written by hand for the same queries, and beside the servers that a team could
//! choose in its place: the same data and the same machine, in turns. `cargo bench --bench compare`.

mod direction;
mod floor;
#[path = "../fanout/listener.rs"]
#[allow(dead_code, reason = "the texts that a listener receives are for the fan-out")]
mod listener;
mod load;
mod normalize;
mod peers;
mod plot;
mod postgres;
mod process;
mod queries;
mod releases;
mod report;
mod systems;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use load::{Connection, Workload};
use postgres::Postgres;
use queries::{Measurement, Query};
use report::Report;
use std::path::{Path, PathBuf};
use std::time::Duration;
use systems::{CONNECTIONS, Databases, System, SystemKind};

/// The same allocator as the program has, for the floor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Compares systems that answer the same queries.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Floor>,
    /// Systems to compare; all by default
    #[arg(long, value_delimiter = ',')]
    systems: Vec<SystemKind>,
    /// Queries to measure, and releases; all by default
    #[arg(long, value_delimiter = ',')]
    queries: Vec<Measurement>,
    /// Numbers of connections that send requests at the same time
    #[arg(long, value_delimiter = ',', default_values_t = [16, 64])]
    connections: Vec<usize>,
    /// Number of rounds, of which the median is reported
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of a round in seconds
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// File for a picture of the results at the highest number of connections
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Cargo passes it to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Floor {
    /// Serves the floor, for the comparison itself
    #[command(hide = true)]
    Floor { database: String, port: u16 },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(Floor::Floor { database, port }) = &arguments.command {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(floor::serve(database, *port, CONNECTIONS));
    }
    // One thread sends the requests, so that the servers have the other processors.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(compare(&arguments))
}

async fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let postgres = Postgres::start(directory.path())?;
    let kinds = if arguments.systems.is_empty() { SystemKind::ALL.to_vec() } else { arguments.systems.clone() };
    let selected = if arguments.queries.is_empty() { Measurement::value_variants() } else { &arguments.queries };
    let mut queries = Query::ALL.to_vec();
    queries.retain(|query| selected.contains(&Measurement::Query(*query)));
    let mut report = Report::default();
    let mut columns: Vec<&str> = queries.iter().map(|query| query.name()).collect();
    if !queries.is_empty() {
        measure_queries(arguments, &postgres, directory.path(), &kinds, &queries, &mut report).await?;
    }
    let mut delays = Vec::new();
    if selected.contains(&Measurement::M1) {
        columns.extend(releases::COLUMNS);
        let databases = Databases::fill(&postgres, directory.path(), "releases", releases::SIZE).await?;
        let Arguments { connections, rounds, .. } = arguments;
        let bench = releases::ReleaseBench { connections, rounds: *rounds, directory: directory.path() };
        delays = bench.run(&databases, &kinds, &mut report).await?;
    }
    print!("{}", report.markdown(&arguments.connections, &kinds, &columns));
    if !delays.is_empty() {
        print!("{}", report::delays(&delays));
    }
    if let (Some(file), Some(connections)) = (&arguments.plot, arguments.connections.iter().max()) {
        std::fs::write(file, plot::svg(&report, *connections, &kinds, &columns))?;
    }
    Ok(())
}

/// Sends the same queries to all systems, over 300 services, 20 versions of each, 500 hosts and 30,000 instances.
async fn measure_queries(
    arguments: &Arguments,
    postgres: &Postgres,
    directory: &Path,
    kinds: &[SystemKind],
    queries: &[Query],
    report: &mut Report,
) -> anyhow::Result<()> {
    let size = testkit::large::Size::named("30k").context("there is a fleet of this size")?;
    let databases = Databases::fill(postgres, directory, "fleet", size).await?;
    let mut systems = Vec::new();
    for &kind in kinds {
        eprintln!("starting {}", kind.name());
        systems.push(System::start(kind, &databases, directory, true).await?);
    }
    let length = Duration::from_secs_f64(arguments.seconds);
    for &query in queries {
        let workloads = prepare(&systems, query).await?;
        for (system, workload) in systems.iter().zip(&workloads) {
            // Statements get prepared, and just-in-time compilers compile.
            load::run_round(system.port, workload, 16, Duration::from_secs(2)).await?;
        }
        for &connections in &arguments.connections {
            for round in 1..=arguments.rounds {
                for (system, workload) in systems.iter().zip(&workloads) {
                    let result = load::run_round(system.port, workload, connections, length).await?;
                    eprintln!("{} at {connections}, round {round}: {}", query.name(), result.summary(system.kind));
                    report.add(query.name(), connections, system.kind, result);
                }
            }
        }
    }
    Ok(())
}

/// The workload of a query for each system. All systems must respond with the data of the first.
async fn prepare(systems: &[System], query: Query) -> anyhow::Result<Vec<Workload>> {
    let mut workloads = Vec::new();
    let mut expected = Vec::new();
    for system in systems {
        let samples = system.protocol.samples(system.port).await?;
        let mut connection = Connection::open(system.port).await?;
        let mut workload = Vec::new();
        for (place, request) in system.protocol.requests(query, system.port, &samples).into_iter().enumerate() {
            let body = connection.send(&request).await?;
            let data = normalize::data(&body)?;
            match expected.get(place) {
                None => expected.push(data),
                Some(expected) if *expected == data => {}
                Some(expected) => {
                    let (name, query) = (system.kind.name(), query.name());
                    anyhow::bail!("{name} responds to {query} with other data:\n{data}\n{expected}")
                }
            }
            workload.push((request, body.len()));
        }
        workloads.push(workload.into());
    }
    Ok(workloads)
}
