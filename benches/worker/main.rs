//! What carrying out costs beside the commands: hosts in parallel against the ideal, and statements and commits for
//! each target of a long queue. `cargo bench --bench worker`; PostgreSQL is a throw-away one that does not wait for its
//! disk.

#![expect(clippy::cast_precision_loss, reason = "counts are far below what a float tells apart")]

mod drain;

use clap::Parser;
use drain::{Work, drain};
use std::time::Duration;
use testkit::databases;

/// How long each command sleeps.
const SLEEP: Duration = Duration::from_millis(100);

/// Measures the worker, and prints tables in Markdown.
#[derive(Parser)]
#[command(name = "cargo bench --bench worker --", max_term_width = 100)]
struct Options {
    /// How many hosts at a time
    #[arg(long, default_value_t = 500)]
    hosts: i64,
    /// How many targets are queued
    #[arg(long, default_value_t = 10_000)]
    queued: i64,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { hosts, queued, bench: _ } = Options::parse();
    let seconds = SLEEP.as_secs_f64();
    let command = format!("kind = 'command'\nprogram = '/bin/sleep'\nargs = ['{seconds}']");
    let simulated = format!("kind = 'simulate'\ndelay = '{} ms'", SLEEP.as_millis());
    println!("\n| {hosts} hosts at a time, {} ms each | wall time | ideal | ratio |", SLEEP.as_millis());
    println!("| --- | ---: | ---: | ---: |");
    for kind in databases::BOTH {
        for (name, executor) in [("simulated", &simulated), ("commands", &command)] {
            let done = drain(kind, Work { targets: hosts, at_a_time: hosts, executor }).await?;
            let (wall, ideal) = (done.wall.as_secs_f64(), SLEEP.as_secs_f64());
            println!("| {name}, {kind} | {wall:.2} s | {ideal:.2} s | {:.1} |", wall / ideal);
        }
    }
    println!(
        "\n| {queued} queued targets, done at once | wall time | targets per second | statements per target | commits per target |"
    );
    println!("| --- | ---: | ---: | ---: | ---: |");
    for kind in databases::BOTH {
        let done = drain(kind, Work { targets: queued, at_a_time: 256, executor: "kind = 'simulate'" }).await?;
        let each = |many: u64| many as f64 / queued as f64;
        println!(
            "| {kind} | {:.2} s | {:.0} | {:.3} | {:.3} |",
            done.wall.as_secs_f64(),
            queued as f64 / done.wall.as_secs_f64(),
            each(done.statements),
            each(done.commits),
        );
    }
    Ok(())
}
