//! lockkeeper itself is updated while a release runs.
//!
//! The version before is the program that `LOCKKEEPER_PREVIOUS` names; without it this very build, so that it is a
//! restart one by one. `scripts/test-updating` builds a version of the past for it.

use crate::PROGRAM;
use crate::journal::Journal;
use crate::record::Record;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::fleet::{Fleet, id};
use testkit::{Client, Process, Server};

const HOSTS: usize = 40;

/// Commands that may be started again, a few at a time, so that a release takes a while.
const CONFIGURATION: &str = "
[rollout]
max_parallel = 6
[executors.repeat]
kind = 'command'
program = './deploy'
dir = '.'
on_lost = 'retry'
";

/// What is there before the update.
struct Before {
    /// Runs the version before.
    server: Server,
    fleet: Fleet,
    journal: Journal,
    record: Record,
    /// Whom the record's subscriber asks.
    asked: Arc<Mutex<Client>>,
}

impl Before {
    async fn on(kind: &str) -> Before {
        let previous = std::env::var_os("LOCKKEEPER_PREVIOUS").map(PathBuf::from);
        let server = Server::configured(previous.clone().unwrap_or_else(|| PROGRAM.into()), kind, CONFIGURATION);
        let journal = Journal::keep(&server);
        let client = server.client();
        let cursor = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
        let asked = Arc::new(Mutex::new(client.clone()));
        let record = Record::start(cursor, {
            let asked = asked.clone();
            move || asked.lock().unwrap().clone()
        });
        let fleet = client.service("shop").executor("repeat").hosts(HOSTS).install().await;
        Before { server, fleet, journal, record, asked }
    }
}

/// Asks for a release of all hosts, and gives its id.
async fn accepted(server: &Server, fleet: &Fleet, mutation: &str, version: usize) -> String {
    let fleet = Fleet { client: server.client(), ..fleet.clone() };
    let input = json!({ "serviceId": fleet.service, "versionId": fleet.versions[version], "hosts": { "all": true } });
    let payload = fleet.client.change(mutation, input, "release { id } acceptedCount").await;
    assert_eq!(payload["acceptedCount"], HOSTS);
    id(&payload["release"])
}

/// Waits until something of a release has ended, and asserts that it is not over: what follows happens meanwhile.
async fn under_way(server: &Server, release: &str) {
    let document = "query($id: ID!) { node(id: $id) { ... on Release { finishedAt progress { succeeded } } } }";
    loop {
        let node = server.client().query(document, json!({ "id": release })).await["node"].take();
        assert!(node["finishedAt"].is_null(), "it is over too soon");
        if node["progress"]["succeeded"].as_i64() > Some(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a release is over: it succeeded, all of it.
async fn over(server: &Server, fleet: &Fleet, release: &str) {
    let fleet = Fleet { client: server.client(), ..fleet.clone() };
    assert_eq!(fleet.finished(release).await, "SUCCEEDED");
}

async fn stopped(server: Server) {
    let ended = tokio::task::spawn_blocking(move || {
        let mut server = server;
        server.terminate()
    });
    assert!(ended.await.unwrap(), "it ended badly");
}

fn migrate(server: &Server) {
    let output = server.run(&["migrate"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_new_processes_join_old_ones_and_take_over_while_releases_run() {
    let Before { server: old, fleet, journal, record, asked } = Before::on("postgres").await;
    let old_worker: Process = old.worker();
    let first = accepted(&old, &fleet, "upgradeInstances", 1).await;
    under_way(&old, &first).await;

    let mut new = old.updated(PROGRAM);
    migrate(&new);
    new.serve();
    let new_worker = new.worker();
    // A process of the version before still comes up: its service manager may start it again.
    let late = old.another(&[]);
    over(&new, &fleet, &first).await;

    // Accepted by an old one, carried out by both, and the old ones go.
    let second = accepted(&late, &fleet, "upgradeInstances", 2).await;
    under_way(&new, &second).await;
    *asked.lock().unwrap() = new.client();
    stopped(old).await;
    stopped(late).await;
    assert!(tokio::task::spawn_blocking(|| old_worker.terminate()).await.unwrap());
    over(&new, &fleet, &second).await;

    let third = accepted(&new, &fleet, "revertInstances", 0).await;
    over(&new, &fleet, &third).await;
    assert_eq!(record.assert_complete(&new.stored().await).await, HOSTS * 8);
    assert!(journal.assert_never_beside() >= HOSTS * 4);
    assert!(new_worker.terminate());
    new.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_the_new_process_goes_on_with_the_release_of_the_old_one() {
    let Before { server: old, fleet, journal, record, asked } = Before::on("sqlite").await;
    let release = accepted(&old, &fleet, "upgradeInstances", 1).await;
    under_way(&old, &release).await;
    let mut new = old.updated(PROGRAM);
    stopped(old).await;
    migrate(&new);
    new.serve();
    *asked.lock().unwrap() = new.client();
    over(&new, &fleet, &release).await;
    assert_eq!(record.assert_complete(&new.stored().await).await, HOSTS * 4);
    assert!(journal.assert_never_beside() >= HOSTS * 2);
    new.assert_sound();
}
