//! What lockkeeper costs as a fleet grows, and as more is released at a time: `cargo bench --bench operations -- --sizes
//! 30k,1m --releases 1,1000` prints it as tables.

#![expect(clippy::cast_precision_loss, reason = "counts are far below what a float tells apart")]

mod asking;
mod chart;
mod idle;
mod questions;
mod releases;
mod table;
mod taken;

use anyhow::Context as _;
use asking::Asking;
use clap::Parser;
use lockkeeper::store::Db;
use questions::{ACCEPTING, QUESTIONS};
use std::path::PathBuf;
use std::time::Instant;
use table::{Cell, Column, Table};
use tempfile::TempDir;
use testkit::cluster::Cluster;
use testkit::large::Size;
use testkit::{Server, databases};

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// What is accepted is hardly carried out, and disturbs little: one target of a release at a time, which takes long.
const CONFIGURATION: &str =
    "[rollout]\nmax_parallel = 1\n[executors.simulated]\nkind = 'simulate'\ndelay = '10m'\ntimeout = '1h'\n";

/// Measures a server on generated fleets, each in a new database that is dropped afterwards.
#[derive(Parser)]
#[command(name = "cargo bench --bench operations --", max_term_width = 100)]
struct Options {
    /// Sizes of fleets: 1k, 10k, 30k, 100k, 1m; 30k if nothing else is asked for
    #[arg(long, value_delimiter = ',')]
    sizes: Vec<String>,
    /// How many releases at a time, at most 1000; none unless said
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(i64).range(1..=1000))]
    releases: Vec<i64>,
    /// Kinds of database
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<String>,
    /// How often each thing is asked
    #[arg(long, default_value_t = 200)]
    times: i64,
    /// Where to draw the tables, as an SVG
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { mut sizes, releases, databases, times, plot, bench: _ } = Options::parse();
    if sizes.is_empty() && releases.is_empty() {
        sizes.push("30k".to_owned());
    }
    let mut all = Vec::new();
    for kind in &databases {
        let mut tables = Vec::new();
        if !sizes.is_empty() {
            tables.extend(fleets(kind, &sizes, times).await?);
        }
        if !releases.is_empty() {
            tables.push(at_a_time(kind, &releases).await?);
        }
        tables.iter().for_each(Table::print);
        all.push(tables);
    }
    if let Some(path) = plot {
        // The databases beside each other.
        let tables = (0..all[0].len()).flat_map(|table| all.iter().map(move |tables| &tables[table]));
        std::fs::write(path, chart::svg(&tables.collect::<Vec<_>>()))?;
    }
    Ok(())
}

/// Fleets of these sizes.
async fn fleets(kind: &str, names: &[String], times: i64) -> anyhow::Result<[Table; 2]> {
    let sizes = names.iter().map(|name| Size::named(name).with_context(|| format!("no size {name}")));
    let sizes = sizes.collect::<anyhow::Result<Vec<_>>>()?;
    let columns = names.iter().zip(&sizes);
    let columns: Vec<_> =
        columns.map(|(name, size)| Column { name: name.clone(), size: size.instances as f64 }).collect();
    let mut whole = Table::new(&format!("{kind}, the whole"), &columns);
    let mut asked = Table::new(&format!("{kind}, p50 / p99 in ms"), &columns);
    for size in sizes {
        measure(kind, size, times, &mut whole, &mut asked).await?;
    }
    Ok([whole, asked])
}

/// So many releases at a time.
async fn at_a_time(kind: &str, many: &[i64]) -> anyhow::Result<Table> {
    let columns: Vec<_> = many.iter().map(|many| Column { name: many.to_string(), size: *many as f64 }).collect();
    let mut table = Table::new(&format!("{kind}, releases at a time"), &columns);
    for many in many {
        releases::measure(kind, *many, &mut table).await?;
    }
    Ok(table)
}

/// A new database, and what it is gone with.
fn database(kind: &str) -> anyhow::Result<(Option<Cluster>, TempDir, String)> {
    let directory = tempfile::tempdir()?;
    // One of its own is as durable as in real life; the one that tests share is not.
    let cluster = (kind == "postgres").then(Cluster::start);
    let url = cluster.as_ref().map_or_else(|| databases::fresh(kind, directory.path()), Cluster::fresh);
    Ok((cluster, directory, url))
}

async fn measure(kind: &str, size: Size, times: i64, whole: &mut Table, asked: &mut Table) -> anyhow::Result<()> {
    let (_cluster, directory, url) = database(kind)?;
    eprintln!("{kind}: {} instances", size.instances);
    let began = Instant::now();
    Db::open(&url, 1).await?.close().await;
    testkit::large::load(&url, size).await?;
    whole.add("loaded in s", seconds(began));
    let server = Server::on(url, directory, PROGRAM, CONFIGURATION);
    let bytes = taken::disk(&server).await?;
    whole.add("on disk, in MB", Cell::number(bytes / 1e6, 0));
    let asking = Asking::new(&server);
    for question in &QUESTIONS {
        asked.add(question.name, asking.ask(question, &size, times, 5).await?.cell());
    }
    asked.add("`/metrics`", asking.metrics(times).await?.cell());
    let idle = idle::measure(&server).await?;
    whole.add("memory after that, in MB", Cell::number(idle.memory, 0));
    whole.add("with 1,000 subscribers, in MB", Cell::number(idle.watched, 0));
    let share = |cpu: f64| Cell::new(format!("{:.1} %", cpu * 100.0), cpu);
    whole.add("idle, of one core", share(idle.cpu));
    whole.add("idle with 1,000 subscribers, of one core", share(idle.watched_cpu));
    asked.add(ACCEPTING.name, asking.ask(&ACCEPTING, &size, times.min(size.services), 0).await?.cell());
    let began = Instant::now();
    server.assert_sound();
    whole.add("`doctor` in s", seconds(began));
    Ok(())
}

fn seconds(began: Instant) -> Cell {
    Cell::number(began.elapsed().as_secs_f64(), 1)
}
