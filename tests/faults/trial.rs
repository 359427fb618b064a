//! Releases and other mutations that go on while something happens to the database, and what must hold afterwards.

use crate::journal::Journal;
use crate::load::{Load, assert_undone, surely};
use crate::record::Record;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::MAX_WAIT;
use testkit::client::mutation_document;
use testkit::{Client, Server};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// One executor whose commands may be started again, and one whose commands may not.
pub const CONFIGURATION: &str = "
[executors.repeat]
kind = 'command'
program = './deploy'
dir = '.'
on_lost = 'retry'

[executors.careful]
kind = 'command'
program = './deploy'
dir = '.'
";

/// What goes on through some servers on one PostgreSQL.
pub struct Trial {
    pub server: Server,
    journal: Journal,
    record: Record,
    load: Load,
    mutations: Mutations,
}

impl Trial {
    /// Begins: releases and mutations are asked for at these clients by turns, each with a key, and one subscriber
    /// writes down what happens. The server is asked in the end.
    pub async fn start(server: Server, clients: Vec<Client>) -> Trial {
        let turn = Arc::new(AtomicUsize::new(0));
        let client = move || clients[turn.fetch_add(1, Ordering::Relaxed) % clients.len()].clone();
        let journal = Journal::keep(&server);
        let cursor = client().query("{ eventCursor }", Value::Null).await["eventCursor"].take();
        let record = Record::start(cursor, client.clone());
        let load = Load::start(client.clone()).await;
        let mutations = Mutations::start(client).await;
        Trial { server, journal, record, load, mutations }
    }

    /// How many mutations were answered until now.
    pub fn answered(&self) -> usize {
        self.mutations.answered.load(Ordering::Acquire)
    }

    /// Waits until some mutations more were answered.
    pub async fn goes_on(&self) {
        let (answered, began) = (self.answered(), Instant::now());
        while self.answered() < answered + 3 {
            assert!(began.elapsed() < MAX_WAIT, "nothing is answered any more");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until all that was begun is over. Everything that was answered is there, once; every invariant holds by the
    /// doctor, by what the subscriber got, and by the journal of the commands. Gives the server.
    pub async fn assert_nothing_lost(self, what: &str) -> Server {
        let Trial { server, journal, record, load, mutations } = self;
        let asked = load.finish().await;
        let answered = mutations.finish().await;
        let stored = server.stored().await;
        let count = async |rows: &str| {
            let sql = format!("SELECT CAST(count(*) AS text) FROM {rows}");
            stored.texts(&sql).await[0].parse::<usize>().unwrap()
        };
        assert_eq!(count("release WHERE origin = 'REQUEST'").await, asked, "one release for each key");
        assert_undone(&stored).await;
        let sql = "SELECT 'ver_' || CAST(v.id AS text) FROM version v JOIN service s ON s.id = v.service_id
                   WHERE s.name = 'noted' ORDER BY v.id";
        assert_eq!(stored.texts(sql).await, answered, "one version for each key");
        let twice = "SELECT text FROM output_line GROUP BY target_id, attempt, text HAVING count(*) > 1";
        assert_eq!(stored.texts(twice).await, [""; 0], "lines are stored once");
        assert_eq!(count("release_target WHERE status IN ('QUEUED', 'RUNNING')").await, 0, "a target is open");
        let events = record.assert_complete(&stored).await;
        let starts = journal.assert_never_beside();
        server.assert_sound();
        let again = count("release_target WHERE attempt > 1").await;
        let unknown = count("release_target WHERE status = 'UNKNOWN'").await;
        eprintln!(
            "{what}: {asked} releases, {} other mutations, {starts} starts, {again} started again, {unknown} unknown, \
             {events} events over {} reconnects, 0 violations",
            answered.len(),
            record.reconnects(),
        );
        server
    }
}

/// Versions that are registered one after the other, each with a key of its own.
struct Mutations {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    task: JoinHandle<Vec<String>>,
}

impl Mutations {
    async fn start(client: impl Fn() -> Client + Send + Sync + 'static) -> Mutations {
        let asked = client();
        let input = json!({ "name": "noted", "executor": "repeat" });
        let service = asked.change("createService", input, "service { id }").await["service"]["id"].take();
        let (over, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (until, count) = (over.clone(), answered.clone());
        let task = tokio::spawn(async move {
            let document = mutation_document("createVersion", "version { id }");
            let mut made = Vec::new();
            while !until.load(Ordering::Acquire) {
                let name = format!("{}.0", made.len());
                let input = json!({ "serviceId": service, "name": name, "idempotencyKey": format!("version {name}") });
                let payload = surely(&client, &document, &json!({ "input": input })).await["createVersion"].take();
                assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
                made.push(payload["version"]["id"].as_str().unwrap().to_owned());
                count.store(made.len(), Ordering::Release);
                sleep(Duration::from_millis(50)).await;
            }
            made
        });
        Mutations { over, answered, task }
    }

    /// Ends, and gives what was made.
    async fn finish(self) -> Vec<String> {
        self.over.store(true, Ordering::Release);
        self.task.await.unwrap()
    }
}

/// What `/readyz` of a server says, looked at all the time.
pub struct Readiness {
    said: Arc<std::sync::Mutex<Vec<String>>>,
    _task: AbortOnDropHandle<()>,
}

impl Readiness {
    pub fn watch(server: &Server) -> Readiness {
        let (said, url) = (Arc::<std::sync::Mutex<Vec<String>>>::default(), format!("{}/readyz", server.url));
        let keep = said.clone();
        let task = tokio::spawn(async move {
            loop {
                let answer = reqwest::get(&url).await.unwrap().text().await.unwrap();
                keep.lock().unwrap().push(answer.trim().to_owned());
                sleep(Duration::from_millis(50)).await;
            }
        });
        Readiness { said, _task: AbortOnDropHandle::new(task) }
    }

    /// Waits until it says this from now on.
    pub async fn says(&self, what: &str) {
        let (from, began) = (self.said.lock().unwrap().len(), Instant::now());
        while !self.said.lock().unwrap()[from..].iter().any(|said| said == what) {
            assert!(began.elapsed() < MAX_WAIT, "it never says {what:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}
