//! How many instructions reading takes on this side of the database, counted under callgrind, which no other load of
//! the machine changes: `cargo bench --profile dev --bench instructions`. More or fewer than the kept figures by more
//! than the margin is an error; with `-- --keep` they are what was counted. SQLite works in a thread of its own and is
//! not counted. In the profile of the tests there is nothing to be built for it; without optimizations, what counts is
//! how a figure changes, not the figure.

#![expect(clippy::cast_precision_loss, reason = "counts are far below what a float tells apart")]

#[path = "../reading/mod.rs"]
mod reading;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use reading::{ALL, Reading, fleet as fleet_in};
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;

/// How far from the kept figure a count may be, in percent.
const MARGIN: f64 = 5.0;
/// How often each is answered before it is counted, and while it is.
const BEFORE: usize = 3;
const COUNTED: usize = 10;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/kept.txt");

/// Counts the instructions of reading, and compares them with the kept figures.
#[derive(Parser)]
#[command(name = "cargo bench --profile dev --bench instructions --", max_term_width = 100)]
struct Options {
    /// Keep what is counted
    #[arg(long)]
    keep: bool,
    /// Answer this one, for valgrind to count
    #[arg(long, hide = true)]
    answer: Option<String>,
    /// Of this database
    #[arg(long, hide = true, default_value = "")]
    url: String,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if let Some(name) = options.answer {
        let known = ALL.iter().find(|(known, _)| *known == name);
        return answer(&options.url, known.context("no such document")?.1);
    }
    let directory = tempfile::tempdir()?;
    let url = runtime()?.block_on(fleet_in(directory.path()))?;
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    let (mut counts, mut apart) = (Vec::new(), Vec::new());
    println!("| read | instructions | kept | |\n| --- | ---: | ---: | ---: |");
    for (name, _) in ALL {
        let count = count(name, &url, &directory.path().join(name))? / COUNTED as u64;
        let kept = kept.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let percent = kept.map(|kept| (count as f64 / kept as f64 - 1.0) * 100.0);
        let (shown, kept) = (percent.map_or(String::new(), |percent| format!("{percent:+.1} %")), kept.unwrap_or(0));
        println!("| {name} | {count} | {kept} | {shown} |");
        counts.push(format!("{name} {count}\n"));
        if percent.is_none_or(|percent| percent.abs() > MARGIN) {
            apart.push(name);
        }
    }
    if options.keep {
        return Ok(std::fs::write(KEPT, counts.concat())?);
    }
    if !apart.is_empty() {
        bail!(
            "not within {MARGIN} % of what is kept: {}. If that is meant, run\n  cargo bench --profile dev --bench instructions -- --keep",
            apart.join(", ")
        );
    }
    Ok(())
}

/// Answers a document a few times, and then as often as is counted.
fn answer(url: &str, document: &str) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let reading = runtime.block_on(Reading::open(url))?;
    for _ in 0..BEFORE {
        std::hint::black_box(runtime.block_on(reading.answer(document)));
    }
    counted(&runtime, &reading, document);
    Ok(())
}

/// What callgrind counts: everything from the text of a document to the bytes of its answer.
#[inline(never)]
fn counted(runtime: &Runtime, reading: &Reading, document: &str) {
    for _ in 0..COUNTED {
        std::hint::black_box(runtime.block_on(reading.answer(document)));
    }
}

/// The instructions of [`counted`] in a process of its own.
fn count(name: &str, url: &str, out: &Path) -> anyhow::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=instructions::counted"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["--answer", name, "--url", url])
        .output()
        .context("valgrind is needed")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    total(out)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn total(out: &Path) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(out)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:")).context("callgrind tells totals")?;
    let total = total.trim().parse()?;
    ensure!(total > 0, "nothing was counted");
    Ok(total)
}
