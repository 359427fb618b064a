//! What lockkeeper costs as a fleet grows: `cargo bench --bench operations -- --sizes 30k,1m` prints it as tables.

#[path = "../fleet/mod.rs"]
mod fleet;
#[path = "../../tests/support/mod.rs"]
mod support;

mod asking;
mod idle;
mod questions;
mod table;

use anyhow::Context as _;
use asking::{Asking, Times};
use clap::Parser;
use fleet::Size;
use questions::{ACCEPTING, QUESTIONS};
use std::time::Instant;
use support::databases::cluster::Cluster;
use support::{Server, databases};
use table::{Cell, Table};

/// What is accepted is hardly carried out, and disturbs little: one target of a release at a time, which takes long.
const CONFIGURATION: &str =
    "[rollout]\nmax_parallel = 1\n[executors.simulated]\nkind = 'simulate'\ndelay = '10m'\ntimeout = '1h'\n";

/// Measures a server on generated fleets, each in a new database that is dropped afterwards.
#[derive(Parser)]
#[command(name = "cargo bench --bench operations --", max_term_width = 100)]
struct Options {
    /// Sizes of fleets: 1k, 10k, 30k, 100k, 1m
    #[arg(long, value_delimiter = ',', default_value = "30k")]
    sizes: Vec<String>,
    /// Kinds of database
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<String>,
    /// How often each thing is asked
    #[arg(long, default_value_t = 200)]
    times: i64,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let names: Vec<&str> = options.sizes.iter().map(String::as_str).collect();
    for kind in &options.databases {
        let mut whole = Table::new(&format!("{kind}, the whole"), &names);
        let mut asked = Table::new(&format!("{kind}, p50 / p99 in ms"), &names);
        for name in &names {
            let size = Size::named(name).with_context(|| format!("no size {name}"))?;
            measure(kind, size, options.times, &mut whole, &mut asked).await?;
        }
        whole.print();
        asked.print();
    }
    Ok(())
}

async fn measure(kind: &str, size: Size, times: i64, whole: &mut Table, asked: &mut Table) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    // One of its own is as durable as in real life; the one that tests share is not.
    let cluster = (kind == "postgres").then(Cluster::start);
    let url = cluster.as_ref().map_or_else(|| databases::fresh(kind, directory.path()), Cluster::fresh);
    eprintln!("{kind}: {} instances", size.instances);
    let began = Instant::now();
    fleet::load(&url, size).await?;
    whole.add("loaded in s", seconds(began));
    let server = Server::on(url, directory, CONFIGURATION);
    let bytes = bytes(&server).await?;
    whole.add("on disk, in MB", Cell::new(format!("{:.0}", bytes / 1e6), bytes));
    let asking = Asking::new(&server);
    for question in &QUESTIONS {
        asked.add(question.name, cell(&asking.ask(question, &size, times, 5).await?));
    }
    asked.add("`/metrics`", cell(&asking.metrics(times).await?));
    let idle = idle::measure(&server).await?;
    whole.add("memory after that, in MB", Cell::new(format!("{:.0}", idle.memory), idle.memory));
    whole.add("with 1,000 subscribers, in MB", Cell::new(format!("{:.0}", idle.watched), idle.watched));
    let share = |cpu: f64| Cell::new(format!("{:.1} %", cpu * 100.0), cpu);
    whole.add("idle, of one core", share(idle.cpu));
    whole.add("idle with 1,000 subscribers, of one core", share(idle.watched_cpu));
    asked.add(ACCEPTING.name, cell(&asking.ask(&ACCEPTING, &size, times.min(size.services), 0).await?));
    let began = Instant::now();
    server.assert_sound();
    whole.add("`doctor` in s", seconds(began));
    Ok(())
}

fn cell(times: &Times) -> Cell {
    let p50 = times.percentile(50);
    Cell::new(format!("{p50:.1} / {:.1}", times.percentile(99)), p50)
}

fn seconds(began: Instant) -> Cell {
    let seconds = began.elapsed().as_secs_f64();
    Cell::new(format!("{seconds:.1}"), seconds)
}

/// How large the database is.
async fn bytes(server: &Server) -> anyhow::Result<f64> {
    let sql = match server.database.starts_with("sqlite:") {
        true => "SELECT CAST(page_count * page_size AS text) FROM pragma_page_count(), pragma_page_size()",
        false => "SELECT CAST(pg_database_size(current_database()) AS text)",
    };
    Ok(server.stored().await.texts(sql).await[0].parse()?)
}
