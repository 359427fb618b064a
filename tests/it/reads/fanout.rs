//! Many subscribers of one process: none loses an event, a slow one holds up nobody, and all of it in bounded time.
//!
//! The number of subscribers is small here. With 5,000, and with what it costs:
//! `LOCKKEEPER_SUBSCRIBERS=5000 cargo nextest run --release --test it reads::fanout --no-capture`

use crate::reads::fleet::Fleet;
use crate::reads::watcher::{append_event, instance_change, parsed};
use lockkeeper::change::Denials;
use lockkeeper::domain::{Caller, Role};
use lockkeeper::events::{Tail, Waking};
use lockkeeper::gate::Gate;
use lockkeeper::limits::Limits;
use lockkeeper::server::{Api, Engine};
use lockkeeper::watch::Groups;
use lockkeeper::wire::cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::environment::number;
use testkit::on_both;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// One event each; more than the tail keeps for a subscriber that is behind.
const TICKS: i64 = 300;

/// How long after the last event the last subscriber may be told of it, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(2);

/// With the event's own fields, and with the thing that it is about, which is read for each subscriber.
const SELECTIONS: [&str; 2] = ["revision hostname status", "revision hostname status instance { id status }"];

fn subscribers() -> usize {
    number("LOCKKEEPER_SUBSCRIBERS").unwrap_or(200)
}

/// The time from one event to the next: what so many subscribers may take to be told of it.
fn tick() -> Duration {
    Duration::from_micros(50) * subscribers() as u32
}

/// Kilobytes that this process has in memory.
fn memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn i5_many_subscribers_get_each_event_once_and_a_slow_one_holds_up_nobody(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    let stop = CancellationToken::new();
    let db = &fleet.app.db;
    let tail = Tail::start(db.clone(), Waking::default(), stop.clone()).await.unwrap();
    let groups = Groups::new(tail.clone(), &Limits::default());
    let denials = Denials::new(db.clone(), Limits::default().audit_input);
    let api = Arc::new(Api::new(fleet.app.clone(), groups.clone(), Gate::for_api(Limits::default()), denials));
    let caller = Caller::new("ann", Role::Viewer, "token 1");
    let stream = |selection: &str, after: i64| {
        let after = cursor::event(db.log_id(), after);
        let document = format!("subscription {{ instanceStatusChanged(after: \"{after}\") {{ {selection} }} }}");
        let prepared = api.gate().prepare(document, None, Default::default());
        api.subscribe(prepared.unwrap_or_else(|errors| panic!("{errors:?}")).request(), caller.clone(), "req-1")
    };
    let mut first = 1;
    for selection in SELECTIONS {
        let (before, statements, last) = (memory(), db.statements(), first + TICKS - 1);
        // Its first message says that it has begun: what comes then is live.
        append_event(db, instance_change(1, first)).await;
        let mut all = JoinSet::new();
        let begun = Arc::new(tokio::sync::Barrier::new(subscribers() + 1));
        for _ in 0..subscribers() {
            let (stream, begun) = (stream(selection, first - 1), begun.clone());
            all.spawn(async move {
                let mut stream = stream.await;
                let mut revisions = Vec::with_capacity(TICKS as usize);
                while revisions.last() != Some(&last) {
                    let message = stream.next().await.expect("it goes on");
                    let event = parsed(&message)["data"]["instanceStatusChanged"].take();
                    revisions.push(event["revision"].as_i64().unwrap());
                    if revisions.last() == Some(&first) {
                        begun.wait().await;
                    }
                }
                (revisions, Instant::now())
            });
        }
        // This one reads its first event, and then nothing until all has happened.
        let mut slow = stream(selection, first - 1).await;
        let mut late = vec![slow.next().await.expect("it goes on")];
        begun.wait().await;
        if kind == "sqlite" && first == 1 {
            // Later it would be memory that was in use before.
            let each = (memory() - before) * 1024 / subscribers() as i64;
            println!("{each} bytes for each idle subscriber, with its task here");
        }
        let began = Instant::now();
        for revision in first + 1..=last {
            append_event(db, instance_change(1, revision)).await;
            tokio::time::sleep_until((began + tick() * (revision - first) as u32).into()).await;
        }
        let written = Instant::now();
        let mut behind = Duration::ZERO;
        while let Some(done) = all.join_next().await {
            let (revisions, at) = done.unwrap();
            assert_eq!(revisions, (first..=last).collect::<Vec<_>>(), "{kind}");
            behind = behind.max(at.saturating_duration_since(written));
        }
        while late.len() < TICKS as usize {
            late.push(slow.next().await.expect("it goes on"));
        }
        let late: Vec<_> = late
            .into_iter()
            .map(|response| parsed(&response)["data"]["instanceStatusChanged"]["revision"].as_i64().unwrap())
            .collect();
        assert_eq!(late, (first..=last).collect::<Vec<_>>(), "{kind}: the slow one");
        assert!(behind < PATIENCE, "{kind}: {behind:?} behind");
        println!(
            "{kind}, {} subscribers of {{ {selection} }}: {TICKS} events each, one in {:?}, written in {:?}; the last one told {behind:?} later; {} statements",
            subscribers(),
            tick(),
            written - began,
            db.statements() - statements,
        );
        first = last + 1;
    }
    assert_eq!(groups.len(), 0, "a group ends with its last subscriber");
    stop.cancel();
}
on_both!(threads i5_many_subscribers_get_each_event_once_and_a_slow_one_holds_up_nobody);
