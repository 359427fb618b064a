//! A worker that stands still for longer than its lease, and then goes on as if nothing had happened.

use crate::PROGRAM;
use crate::journal::Journal;
use rustix::process::Signal;
use std::time::{Duration, Instant};
use testkit::MAX_WAIT;
use testkit::Server;
use testkit::fleet::id;
use tokio::task::block_in_place;
use tokio::time::sleep;

/// The first command of an upgrade runs for longer than any worker may be silent.
const CONFIGURATION: &str = "
no_worker = true

[worker]
lease = '5s'

[executors.repeat]
kind = 'command'
program = './deploy'
dir = '.'
env = { LONG = '600' }
on_lost = 'retry'
";

/// Waits until something is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < MAX_WAIT, "never: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_a_worker_that_stood_still_past_its_lease_finds_its_targets_taken_and_its_commands_gone() {
    let server = block_in_place(|| Server::configured(PROGRAM, "postgres", CONFIGURATION));
    let (journal, stored) = (Journal::keep(&server), server.stored().await);
    let still = block_in_place(|| server.worker());
    let fleet = server.client().service("shop").executor("repeat").hosts(4).install().await;
    let release = id(&fleet.release("upgradeInstances", &fleet.versions[1]).await["release"]);
    until("every command has started", async || journal.count("start") == 8).await;
    let other = block_in_place(|| server.worker());
    still.signal(Signal::STOP);
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    assert_eq!(journal.count("start"), 12, "the other one started each of them anew");

    let state = async || {
        let rows = "SELECT CAST(t.id AS text) || ' ' || t.status || ' ' || CAST(t.fence AS text) || ' '
                || CAST(t.worker_id AS text) FROM release_target t
             UNION ALL SELECT CAST(count(*) AS text) FROM output_line";
        [stored.state().await, stored.texts(rows).await, vec![journal.text()]].concat()
    };
    let before = state().await;
    still.signal(Signal::CONT);
    // It learns of its loss when it renews its lease, and takes a new one.
    until("it has a new lease", async || stored.texts("SELECT name FROM worker").await.len() == 3).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(state().await, before, "it changed something, or its command lives");

    // It is as good as any other again.
    block_in_place(|| other.kill());
    fleet.finish("revertInstances", &fleet.versions[0]).await;
    journal.assert_agrees(&stored).await;
    server.assert_sound();
}
