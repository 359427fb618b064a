//! Releases of a fleet without end, asked for at whoever is there.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::MAX_WAIT;
use testkit::client::mutation_document;
use testkit::{Client, Fleet};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Instances of each service; both have one on every host.
const HOSTS: usize = 50;

/// Two services of 50 instances that are upgraded and reverted for ever. Every other release is given up on the way.
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

    /// Waits until what is under way is over, and gives how many releases there were.
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
        "rollout": { "maxParallel": { "count": 20 }, "onFailure": "CONTINUE" },
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
        cancel(client, id, false).await;
        cancel(client, id, true).await;
    }
    let document =
        "query($id: ID!) { node(id: $id) { ... on Release { finishedAt status progress { running queued } } } }";
    let began = Instant::now();
    loop {
        let node = surely(client, document, &json!({ "id": id })).await["node"].take();
        if !node["finishedAt"].is_null() {
            return;
        }
        assert!(began.elapsed() < 5 * MAX_WAIT, "a release does not end: {node:#}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// Gives a release up; it may be over.
async fn cancel(client: &impl Fn() -> Client, release: &Value, stop_running: bool) {
    let input = json!({ "releaseId": release, "stopRunning": stop_running });
    let document = mutation_document("cancelRelease", "release { id }");
    let payload = surely(client, &document, &json!({ "input": input })).await["cancelRelease"].take();
    let errors = payload["userErrors"].as_array().unwrap();
    assert!(errors.iter().all(|error| error["code"] == "WRONG_STATE"), "{errors:#?}");
}
