//! lockkeeper beside a server that is written by hand for the same work, and beside those that one would take in its
//! place: the same data, the same machine, the same work in turn. `cargo bench --bench compare`.

#[path = "../fleet/mod.rs"]
mod fleet;
mod floor;
#[path = "../fanout/listener.rs"]
#[allow(dead_code, reason = "what is heard is for others")]
mod listener;
mod load;
mod peers;
mod plot;
mod postgres;
mod process;
mod releases;
mod report;
mod same;
mod systems;
mod way;
mod work;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use load::{Connection, Work};
use postgres::Postgres;
use report::Report;
use std::path::{Path, PathBuf};
use std::time::Duration;
use systems::{CONNECTIONS, Databases, Kind, System};
use work::{Part, Query};

/// As the program itself: the floor is to have no other allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Compares systems that answer the same queries.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Floor>,
    /// Which systems; all unless said
    #[arg(long, value_delimiter = ',')]
    systems: Vec<Kind>,
    /// Which queries, and releases; all unless said
    #[arg(long, value_delimiter = ',')]
    queries: Vec<Part>,
    /// How many connections ask at once
    #[arg(long, value_delimiter = ',', default_values_t = [16, 64])]
    connections: Vec<usize>,
    /// Rounds; the median of them counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each round
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Where to draw it, over the most connections
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Cargo says it to every benchmark
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
    // One thread for whoever asks: the other processors are for those who answer.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(compare(&arguments))
}

async fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let postgres = Postgres::start(directory.path())?;
    let kinds = if arguments.systems.is_empty() { Kind::ALL.to_vec() } else { arguments.systems.clone() };
    let parts = if arguments.queries.is_empty() { Part::value_variants() } else { &arguments.queries };
    let queries: Vec<Query> = Query::ALL.into_iter().filter(|query| parts.contains(&Part::Query(*query))).collect();
    let mut report = Report::default();
    let mut columns: Vec<&str> = queries.iter().map(|query| query.name()).collect();
    if !queries.is_empty() {
        ask(arguments, &postgres, directory.path(), &kinds, &queries, &mut report).await?;
    }
    let mut delays = Vec::new();
    if parts.contains(&Part::M1) {
        columns.extend(releases::COLUMNS);
        let databases = Databases::fill(&postgres, directory.path(), "releases", releases::SIZE).await?;
        let Arguments { connections, rounds, .. } = arguments;
        let measure = releases::Measure { connections, rounds: *rounds, directory: directory.path() };
        delays = measure.run(&databases, &kinds, &mut report).await?;
    }
    print!("{}", report.markdown(&arguments.connections, &kinds, &columns));
    if !delays.is_empty() {
        print!("{}", report::delays(&delays));
    }
    if let (Some(file), Some(most)) = (&arguments.plot, arguments.connections.iter().max()) {
        std::fs::write(file, plot::svg(&report, *most, &kinds, &columns))?;
    }
    Ok(())
}

/// Asks all systems the same queries: of 300 services, 20 versions of each, 500 hosts, 30,000 instances.
async fn ask(
    arguments: &Arguments,
    postgres: &Postgres,
    directory: &Path,
    kinds: &[Kind],
    queries: &[Query],
    report: &mut Report,
) -> anyhow::Result<()> {
    let size = fleet::Size::named("30k").context("there is a fleet of this size")?;
    let databases = Databases::fill(postgres, directory, "fleet", size).await?;
    let mut systems = Vec::new();
    for &kind in kinds {
        eprintln!("starting {}", kind.name());
        systems.push(System::start(kind, &databases, directory, true).await?);
    }
    let length = Duration::from_secs_f64(arguments.seconds);
    for &query in queries {
        let works = prepare(&systems, query).await?;
        for (system, work) in systems.iter().zip(&works) {
            // Statements are prepared, and what compiles while it runs has compiled.
            load::round(system.port, work, 16, Duration::from_secs(2)).await?;
        }
        for &connections in &arguments.connections {
            for round in 1..=arguments.rounds {
                for (system, work) in systems.iter().zip(&works) {
                    let outcome = load::round(system.port, work, connections, length).await?;
                    eprintln!("{} at {connections}, round {round}: {}", query.name(), outcome.told(system.kind));
                    report.add(query.name(), connections, system.kind, outcome);
                }
            }
        }
    }
    Ok(())
}

/// The work of a query for each system, whose answers have to be those of the first.
async fn prepare(systems: &[System], query: Query) -> anyhow::Result<Vec<Work>> {
    let mut works = Vec::new();
    let mut expected = Vec::new();
    for system in systems {
        let known = system.speaks.know(system.port).await?;
        let mut connection = Connection::open(system.port).await?;
        let mut work = Vec::new();
        for (place, request) in system.speaks.requests(query, system.port, &known).into_iter().enumerate() {
            let body = connection.ask(&request).await?;
            let answer = same::normal(&body)?;
            match expected.get(place) {
                None => expected.push(answer),
                Some(expected) if *expected == answer => {}
                Some(expected) => {
                    anyhow::bail!("{} answers {} otherwise:\n{answer}\n{expected}", system.kind.name(), query.name())
                }
            }
            work.push((request, body.len()));
        }
        works.push(work.into());
    }
    Ok(works)
}
