//! One event to many subscribers over WebSocket, next to a bare broadcast of the same bytes: events delivered per
//! second, the delay of the last ones, and the memory of a subscriber who waits. Prints Markdown.
//!
//! `cargo bench --bench fanout [-- DATABASE ROUNDS SUBSCRIBERS…]`; else `sqlite 9 1000 5000`. Both servers are processes
//! of their own, take turns, and are asked by one client on the same machine, which answers for its share of the time.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod bare;
mod listener;
mod sides;
mod table;

use listener::Arrivals;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sides::{Bare, Lockkeeper, Side};
use std::sync::Arc;
use table::{Measured, Row};

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// Events in each turn of a side.
const EVENTS: usize = 10;
/// Different filters of the second case.
const FILTERS: usize = 50;

fn main() {
    // Cargo says so to every benchmark.
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench").peekable();
    if given.next_if(|argument| argument == bare::ARGUMENT).is_some() {
        return bare::main();
    }
    let kind = given.next().unwrap_or_else(|| "sqlite".to_owned());
    let rounds = given.next().map_or(9, |rounds| rounds.parse().expect("a number of rounds"));
    let mut many: Vec<usize> = given.map(|many| many.parse().expect("a number of subscribers")).collect();
    if many.is_empty() {
        many = vec![1000, 5000];
    }
    // Each socket is an open file, also in the servers, which inherit this.
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("as many files as are allowed");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&kind, rounds, &many));
}

async fn run(kind: &str, rounds: usize, many: &[usize]) {
    let mut rows = Vec::new();
    for filters in [1, FILTERS] {
        for &many in many {
            rows.push(compare(kind, rounds, many, filters).await);
        }
    }
    println!("{}", table::delivered(kind, &rows));
    let (few, most) = (many.iter().min().expect("some"), many.iter().max().expect("some"));
    let memory =
        [idle(&mut Lockkeeper::start(kind).await, *few, *most).await, idle(&mut Bare::start(), *few, *most).await];
    println!("{}", table::memory(*few, *most, memory));
}

/// Both sides in turn, with so many subscribers.
async fn compare(kind: &str, rounds: usize, many: usize, filters: usize) -> Row {
    let mut lockkeeper = Lockkeeper::start(kind).await;
    let mut bare = Bare::start();
    let arrivals = Arc::new(Arrivals::default());
    lockkeeper.subscribe(many, filters, &arrivals).await;
    // What the other one broadcasts.
    lockkeeper.happen(filters).await;
    arrivals.wait(many).await;
    bare.repeat(arrivals.texts());
    arrivals.take();
    bare.subscribe(many, filters, &arrivals).await;
    let mut row = Row { many, filters, rounds: Vec::new() };
    for _ in 0..rounds {
        row.rounds.push([
            turn(&mut lockkeeper, many, filters, &arrivals).await,
            turn(&mut bare, many, filters, &arrivals).await,
        ]);
    }
    row
}

/// Some events, one after the other, each told to all before the next one happens.
async fn turn(side: &mut impl Side, many: usize, filters: usize, arrivals: &Arrivals) -> Measured {
    let mut measured = Measured::default();
    for _ in 0..EVENTS {
        let asked = std::time::Instant::now();
        side.happen(filters).await;
        arrivals.wait(many).await;
        measured.add(asked, arrivals.take());
    }
    measured
}

/// Bytes that a process needs for one more subscriber who waits.
async fn idle(side: &mut impl Side, few: usize, most: usize) -> f64 {
    let arrivals = Arc::new(Arrivals::default());
    side.subscribe(few, 1, &arrivals).await;
    let before = side.memory().await;
    side.subscribe(most - few, 1, &arrivals).await;
    (side.memory().await - before) / (most - few).max(1) as f64
}
