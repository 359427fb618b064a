//! Processes killed at any moment while releases run: afterwards every invariant holds by `doctor`, by what a
//! subscriber got, and by the journal that the commands themselves keep.
//!
//! `LOCKKEEPER_KILLS=100 cargo test --test faults -- --nocapture killing` is the long form.

use crate::journal::Journal;
use crate::record::Record;
use crate::support::client::mutation_document;
use crate::support::server::PATIENCE;
use crate::support::{Client, Fleet, Process, Server, databases};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Instances of each service; both have one on every host.
const HOSTS: usize = 50;

/// One executor whose commands may be started again, and one whose commands may not.
const CONFIGURATION: &str = "
[executors.repeat]
kind = 'command'
program = './deploy'
on_lost = 'retry'

[executors.careful]
kind = 'command'
program = './deploy'
";

/// All processes on one database: on PostgreSQL two servers and a worker, on SQLite the one server there can be.
struct Processes {
    servers: Vec<Server>,
    worker: Option<Process>,
    /// Where the servers are now.
    addresses: Arc<Mutex<Vec<Client>>>,
}

impl Processes {
    fn start(kind: &str) -> Processes {
        let first = Server::configured(kind, CONFIGURATION);
        let worker = (kind == "postgres").then(|| first.worker());
        let second = (kind == "postgres").then(|| first.another(&[]));
        let processes =
            Processes { servers: [first].into_iter().chain(second).collect(), worker, addresses: Arc::default() };
        processes.tell();
        processes
    }

    fn tell(&self) {
        *self.addresses.lock().unwrap() = self.servers.iter().map(Server::client).collect();
    }

    /// Whoever is there when this is called, by turns.
    fn client(&self) -> impl Fn() -> Client + Clone + Send + 'static {
        let (addresses, turn) = (self.addresses.clone(), Arc::new(Mutex::new(0)));
        move || {
            let mut turn = turn.lock().unwrap();
            *turn += 1;
            let addresses = addresses.lock().unwrap();
            addresses[*turn % addresses.len()].clone()
        }
    }

    /// Kills one of them, and starts it again.
    fn kill_one(&mut self) {
        let victim = rand::random_range(0..self.servers.len() + usize::from(self.worker.is_some()));
        if let Some(server) = self.servers.get_mut(victim) {
            server.kill();
            server.serve();
            self.tell();
        } else {
            self.worker.take().expect("it was counted").kill();
            self.worker = Some(self.servers[0].worker());
        }
    }
}

/// Asks until there is an answer that is one, with the same key: whoever is asked may be killed meanwhile.
async fn surely(client: impl Fn() -> Client, document: &str, variables: &Value) -> Value {
    let began = Instant::now();
    loop {
        if let Ok(mut answer) = client().try_send(document, variables.clone()).await {
            match answer.body["errors"].as_array() {
                None => return answer.body["data"].take(),
                Some(errors) => {
                    assert!(errors.iter().all(|error| error["extensions"]["code"] == "UNAVAILABLE"), "{errors:#?}");
                }
            }
        }
        assert!(began.elapsed() < PATIENCE, "no answer to {document}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Moves all instances of a service, until the release is over.
async fn release(client: impl Fn() -> Client + Clone, service: Value, version: Value, upgrade: bool, key: String) {
    let mutation = if upgrade { "upgradeInstances" } else { "revertInstances" };
    let input = json!({
        "serviceId": service, "versionId": version, "hosts": { "all": true }, "includeUnknown": true,
        "rollout": { "maxParallel": { "count": 20 }, "onFailure": "CONTINUE" }, "idempotencyKey": key,
    });
    let document = mutation_document(mutation, "release { id } acceptedCount");
    let payload = surely(&client, &document, &json!({ "input": input })).await[mutation].take();
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    let document =
        "query($id: ID!) { node(id: $id) { ... on Release { finishedAt status progress { running queued } } } }";
    let variables = json!({ "id": payload["release"]["id"] });
    let began = Instant::now();
    loop {
        let node = surely(&client, document, &variables).await["node"].take();
        if !node["finishedAt"].is_null() {
            return;
        }
        assert!(began.elapsed() < 2 * PATIENCE, "a release does not end: {node:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// `shop` on all hosts, and a second service beside it.
async fn fleets(client: &Client) -> Vec<(Value, Vec<String>)> {
    let shop = client.service("shop").executor("repeat").hosts(HOSTS).install().await;
    let input = json!({ "name": "desk", "executor": "careful" });
    let desk = client.change("createService", input, "service { id }").await["service"]["id"].take();
    let desk = Fleet { service: desk.as_str().unwrap().to_owned(), service_name: "desk".to_owned(), ..shop.clone() };
    let versions = vec![desk.version("1").await, desk.version("2").await];
    let input = json!({
        "serviceId": desk.service, "versionId": versions[0], "hosts": { "hostnames": desk.hostnames },
        "rollout": { "maxParallel": { "count": 100 } },
    });
    let payload = client.change("installInstances", input, "release { id }").await;
    assert_eq!(desk.finished(payload["release"]["id"].as_str().unwrap()).await, "SUCCEEDED");
    vec![(shop.service.into(), shop.versions), (desk.service.into(), versions)]
}

async fn kill_and_see(kind: &str, kills: usize) {
    let mut processes = Processes::start(kind);
    let journal = Journal::keep(&processes.servers[0]);
    let client = processes.client();
    let record = Record::start(client().query("{ eventCursor }", Value::Null).await["eventCursor"].take(), {
        let client = client.clone();
        move || client()
    });
    let services = fleets(&client()).await;
    let mut asked = 2;
    for kill in 0..kills {
        let upgrade = kill % 2 == 0;
        let releases: Vec<_> = services
            .iter()
            .map(|(service, versions)| {
                asked += 1;
                let version = versions[usize::from(upgrade)].clone().into();
                tokio::spawn(release(client.clone(), service.clone(), version, upgrade, format!("release {asked}")))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..1500))).await;
        processes = tokio::task::spawn_blocking(move || {
            processes.kill_one();
            processes
        })
        .await
        .unwrap();
        for release in releases {
            release.await.unwrap();
        }
    }
    let stored = processes.servers[0].stored().await;
    let count = async |sql: &str| stored.texts(sql).await[0].parse::<usize>().unwrap();
    assert_eq!(count("SELECT CAST(count(*) AS text) FROM release").await, asked, "one release for each key");
    let events = record.assert_complete(&stored).await;
    let starts = journal.assert_never_beside();
    processes.servers[0].assert_sound();
    let again = count("SELECT CAST(COALESCE(sum(attempt - 1), 0) AS text) FROM release_target WHERE attempt > 1").await;
    let unknown = count("SELECT CAST(count(*) AS text) FROM release_target WHERE status = 'UNKNOWN'").await;
    let reconnects = record.reconnects();
    eprintln!(
        "{kind}: {kills} kills, {starts} starts, {again} started again, {unknown} unknown, {events} events over \
         {reconnects} reconnects, 0 violations"
    );
}

/// How often something is killed on each database.
fn kills() -> usize {
    std::env::var("LOCKKEEPER_KILLS").map_or(5, |kills| kills.parse().expect("LOCKKEEPER_KILLS is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_to_i8_hold_whatever_is_killed_on_sqlite() {
    kill_and_see(databases::BOTH[0], kills()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_to_i8_hold_whatever_is_killed_on_postgres() {
    kill_and_see(databases::BOTH[1], kills()).await;
}
