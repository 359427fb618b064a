//! Releases of a fleet without end, asked for at whoever is there.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::client::mutation_document;
use testkit::{Client, Fleet};
use testkit::{Database, MAX_WAIT};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Instances of each service; both have one on every host. Each move is several processes: more of them only make a busy
/// machine slower, and disturb no more of what goes on.
const HOSTS: usize = 12;

/// Two services that are upgraded and reverted for ever. Every other release is given up on the way, half of these are undone,
/// and others are undone if too much fails.
pub struct Load {
    over: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    services: Vec<JoinHandle<()>>,
}

impl Load {
    /// Installs both services, and begins.
    pub async fn start(client: impl Fn() -> Client + Clone + Send + Sync + 'static) -> Load {
        let (over, asked) = (Arc::<AtomicBool>::default(), Arc::new(AtomicUsize::new(2)));
        let services = fleets(&client()).await.into_iter().map(|service| {
            let (client, over, asked) = (client.clone(), over.clone(), asked.clone());
            tokio::spawn(async move {
                let mut upgrade = true;
                while !over.load(Ordering::Acquire) {
                    release(&client, &service, upgrade, &asked).await;
                    upgrade = !upgrade;
                }
            })
        });
        Load { services: services.collect(), over, asked }
    }

    /// Waits until what is under way is over, and returns how many releases were requested.
    pub async fn finish(self) -> usize {
        self.over.store(true, Ordering::Release);
        for service in self.services {
            service.await.unwrap();
        }
        self.asked.load(Ordering::Acquire)
    }
}

/// A service that is moved, and two of its versions, oldest first.
struct Service {
    id: Value,
    versions: Vec<String>,
}

/// `shop` on all hosts, and a second service beside it.
async fn fleets(client: &Client) -> Vec<Service> {
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
    vec![Service { id: shop.service.into(), versions: shop.versions }, Service { id: desk.service.into(), versions }]
}

/// Asks until there is an answer that is one: whoever is asked may be killed meanwhile.
pub async fn surely(client: &impl Fn() -> Client, document: &str, variables: &Value) -> Value {
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
        assert!(began.elapsed() < MAX_WAIT, "no answer to {document}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Moves all instances of a service, until the release is over.
async fn release(client: &impl Fn() -> Client, service: &Service, upgrade: bool, asked: &AtomicUsize) {
    let mutation = if upgrade { "upgradeInstances" } else { "revertInstances" };
    let input = json!({
        "serviceId": service.id, "versionId": service.versions[usize::from(upgrade)],
        "hosts": { "all": true }, "includeUnknown": true,
        "rollout": { "maxParallel": { "count": 6 }, "onFailure": if rand::random() { "CONTINUE" } else { "UNDO" } },
        // The same when it is asked for again.
        "idempotencyKey": format!("{:032x}", rand::random::<u128>()),
    });
    let document = mutation_document(mutation, "release { id }");
    let payload = surely(client, &document, &json!({ "input": input })).await[mutation].take();
    if payload["userErrors"][0]["code"] == "NOTHING_TO_RELEASE" {
        // The one before was given up before anything moved.
        return;
    }
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    asked.fetch_add(1, Ordering::AcqRel);
    let id = &payload["release"]["id"];
    if rand::random() {
        sleep(Duration::from_millis(rand::random_range(0..2000))).await;
        let then_undo = rand::random();
        cancel(client, id, false, then_undo).await;
        cancel(client, id, true, then_undo).await;
    }
    let document = "query($id: ID!) { node(id: $id) { ... on Release {
        finishedAt status progress { running queued } followUps { nodes { finishedAt } } } } }";
    let began = Instant::now();
    loop {
        let node = surely(client, document, &json!({ "id": id })).await["node"].take();
        // Its undo was accepted as it ended.
        let mut undos = node["followUps"]["nodes"].as_array().unwrap().iter();
        if !node["finishedAt"].is_null() && undos.all(|undo| !undo["finishedAt"].is_null()) {
            return;
        }
        // It pauses where the version was not tried. It may be over before this is answered.
        if node["status"] == "PAUSED" {
            let variables = json!({ "input": { "releaseId": id } });
            surely(client, &mutation_document("resumeRelease", "release { id }"), &variables).await;
        }
        assert!(began.elapsed() < 5 * MAX_WAIT, "a release does not end: {node:#}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// Gives a release up; it may be over.
async fn cancel(client: &impl Fn() -> Client, release: &Value, stop_running: bool, then_undo: bool) {
    let input = json!({ "releaseId": release, "stopRunning": stop_running, "thenUndo": then_undo });
    let document = mutation_document("cancelRelease", "release { id }");
    let payload = surely(client, &document, &json!({ "input": input })).await["cancelRelease"].take();
    let errors = payload["userErrors"].as_array().unwrap();
    assert!(errors.iter().all(|error| error["code"] == "WRONG_STATE"), "{errors:#?}");
}

/// Asserts that each release that was to be undone as it ended has exactly one undo, or says why it has none, and that no other
/// has one. Returns how many undos there are.
pub async fn assert_undone(stored: &Database) -> usize {
    let wrong = "SELECT 'rel_' || CAST(r.id AS text) FROM release r
        WHERE (SELECT count(*) FROM release u WHERE u.parent_id = r.id AND u.origin = 'UNDO')
            <> CASE WHEN r.undo_message IS NULL AND (r.undo_requested_by IS NOT NULL OR (r.on_failure = 'UNDO'
                AND r.stopped_at IS NOT NULL AND r.cancel_requested_at IS NULL)) THEN 1 ELSE 0 END";
    assert_eq!(stored.texts(wrong).await, [""; 0], "one undo for each release that is to be undone");
    let undos = "SELECT CAST(count(*) AS text) FROM release WHERE origin = 'UNDO'";
    stored.texts(undos).await[0].parse().unwrap()
}
