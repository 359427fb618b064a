//! How many instructions a query takes without the database, counted by callgrind, so that other load of the machine makes
//! no difference: `cargo bench --profile dev --bench instructions`. A count that differs from the recorded one by more
//! than the margin is an error; `-- --record` records the counts. SQLite has its own thread, which is not counted. The
//! bench runs in the profile of the tests, for which everything is built already. Since that profile does not optimize,
//! the change of a count is what matters, not the count itself.

#![expect(clippy::cast_precision_loss, reason = "a float represents counts of this size exactly")]

#[path = "../reading/mod.rs"]
mod reading;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use reading::{QUERIES, Reading, create_fleet};
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;

/// How far a count may be from the recorded one.
const MARGIN_PERCENT: f64 = 5.0;
/// How often each query is executed before counting starts.
const WARM_UP_RUNS: usize = 3;
/// How often it is executed while instructions are counted.
const COUNTED_RUNS: usize = 10;

const RECORD_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/recorded.txt");

/// Counts the instructions of queries, and compares the counts with the recorded ones.
#[derive(Parser)]
#[command(name = "cargo bench --profile dev --bench instructions --", max_term_width = 100)]
struct Options {
    /// Record the counts
    #[arg(long)]
    record: bool,
    /// Execute this query, in the process whose instructions are counted
    #[arg(long, hide = true)]
    execute: Option<String>,
    /// The database of the query
    #[arg(long, hide = true, default_value = "")]
    url: String,
    /// Cargo passes it to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if let Some(name) = options.execute {
        let query = QUERIES.iter().find(|(known, _)| *known == name);
        return execute(&options.url, query.context("unknown query")?.1);
    }
    let directory = tempfile::tempdir()?;
    let url = runtime()?.block_on(create_fleet(directory.path()))?;
    let recorded = std::fs::read_to_string(RECORD_FILE).unwrap_or_default();
    let (mut counts, mut changed) = (Vec::new(), Vec::new());
    println!("| query | instructions | recorded | change |\n| --- | ---: | ---: | ---: |");
    for (name, _) in QUERIES {
        let count = count(name, &url, &directory.path().join(name))? / COUNTED_RUNS as u64;
        let recorded = recorded.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let percent = recorded.map(|recorded| (count as f64 / recorded as f64 - 1.0) * 100.0);
        let change = percent.map_or(String::new(), |percent| format!("{percent:+.1} %"));
        println!("| {name} | {count} | {} | {change} |", recorded.unwrap_or(0));
        counts.push(format!("{name} {count}\n"));
        if percent.is_none_or(|percent| percent.abs() > MARGIN_PERCENT) {
            changed.push(name);
        }
    }
    if options.record {
        return Ok(std::fs::write(RECORD_FILE, counts.concat())?);
    }
    if !changed.is_empty() {
        bail!(
            "the count of {} differs from the recorded one by more than {MARGIN_PERCENT} %. If the change is intended, \
             run\n  cargo bench --profile dev --bench instructions -- --record",
            changed.join(" and of ")
        );
    }
    Ok(())
}

/// Executes a query a few times, and then while instructions are counted.
fn execute(url: &str, document: &str) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let reading = runtime.block_on(Reading::open(url))?;
    for _ in 0..WARM_UP_RUNS {
        std::hint::black_box(runtime.block_on(reading.execute(document)));
    }
    counted(&runtime, &reading, document);
    Ok(())
}

/// What callgrind counts: everything from the text of a document to the bytes of its response.
#[inline(never)]
fn counted(runtime: &Runtime, reading: &Reading, document: &str) {
    for _ in 0..COUNTED_RUNS {
        std::hint::black_box(runtime.block_on(reading.execute(document)));
    }
}

/// The instructions of [`counted`], in a process of its own.
fn count(name: &str, url: &str, out: &Path) -> anyhow::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=instructions::counted"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["--execute", name, "--url", url])
        .output()
        .context("this bench needs valgrind")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    total(out)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn total(out: &Path) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(out)?;
    let total =
        text.lines().find_map(|line| line.strip_prefix("totals:")).context("the output of callgrind has no totals")?;
    let total = total.trim().parse()?;
    ensure!(total > 0, "callgrind counted no instructions");
    Ok(total)
}
