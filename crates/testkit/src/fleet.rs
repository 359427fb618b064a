//! Fleets, made through the API.

use crate::{Client, MAX_WAIT};
use lockkeeper_client::{Followed, Operation, Payload};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;

/// A service with its versions, and hosts; all by name and id.
#[derive(Clone)]
pub struct Fleet {
    pub client: Client,
    pub service: String,
    pub service_name: String,
    /// Ids, oldest first.
    pub versions: Vec<String>,
    /// Names, sorted.
    pub hostnames: Vec<String>,
    /// Ids, in the order of the names.
    pub hosts: Vec<String>,
}

/// What a fleet shall have.
pub struct Plan {
    client: Client,
    service: String,
    executor: String,
    versions: usize,
    hosts: usize,
}

impl Client {
    /// Begins a fleet of the service with this name: three versions, five hosts, an executor that succeeds.
    pub fn service(&self, name: &str) -> Plan {
        Plan { client: self.clone(), service: name.to_owned(), executor: "quick".to_owned(), versions: 3, hosts: 5 }
    }
}

impl Plan {
    pub fn executor(mut self, name: &str) -> Plan {
        name.clone_into(&mut self.executor);
        self
    }

    pub fn versions(mut self, many: usize) -> Plan {
        self.versions = many;
        self
    }

    pub fn hosts(mut self, many: usize) -> Plan {
        self.hosts = many;
        self
    }

    /// Registers it all: versions `1.0.0`, `1.1.0` and so on, built; hosts `shop-01` and so on, the odd ones
    /// labeled `side=left`, the even ones `side=right`.
    pub async fn register(self) -> Fleet {
        let Plan { client, service: name, executor, versions, hosts } = self;
        let input = json!({ "name": name, "executor": executor });
        let service = id(&client.change("createService", input, "service { id }").await["service"]);
        let mut fleet = Fleet {
            client,
            service,
            versions: Vec::new(),
            hostnames: (1..=hosts).map(|number| format!("{name}-{number:02}")).collect(),
            service_name: name,
            hosts: Vec::new(),
        };
        for number in 0..versions {
            let version = fleet.version(&format!("1.{number}.0")).await;
            fleet.versions.push(version);
        }
        let side = |number: usize| if number.is_multiple_of(2) { "left" } else { "right" };
        let inputs: Vec<Value> = fleet
            .hostnames
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let labels = json!([{ "key": "side", "value": side(number) }]);
                json!({ "hostname": name, "address": "192.0.2.1", "labels": labels })
            })
            .collect();
        let made = fleet.client.change("createHosts", json!({ "hosts": inputs }), "hosts { id }").await;
        fleet.hosts = made["hosts"].as_array().unwrap().iter().map(id).collect();
        fleet
    }

    /// Registers it all and installs the oldest version on every host.
    pub async fn install(self) -> Fleet {
        self.register().await.installed().await
    }
}

impl Fleet {
    /// Installs the oldest version on every host.
    pub async fn installed(self) -> Fleet {
        let input = json!({
            "serviceId": self.service, "versionId": self.versions[0], "hosts": { "hostnames": self.hostnames },
            "rollout": { "maxParallel": { "count": 100 } },
        });
        let release = self.client.change("installInstances", input, "release { id }").await;
        self.finished(&id(&release["release"])).await;
        self
    }
}

impl Fleet {
    /// Registers one more version, built.
    pub async fn version(&self, name: &str) -> String {
        let input = json!({
            "serviceId": self.service, "name": name, "buildStatus": "SUCCEEDED",
            "artifact": format!("{}-{name}.tar.gz", self.service_name),
        });
        id(&self.client.change("createVersion", input, "version { id }").await["version"])
    }

    /// Requests a release of all hosts; returns its payload, `release { id }`, `acceptedCount` and `skipped` in it.
    pub async fn release(&self, mutation: &str, version: &str) -> Value {
        let input = json!({
            "serviceId": self.service, "versionId": version, "hosts": { "all": true },
            "rollout": { "maxParallel": { "count": 100 } },
        });
        let selection = "release { id cursor } acceptedCount skipped { reason instance { id } }";
        self.client.change(mutation, input, selection).await
    }

    /// As [`Fleet::release`], until it is over; it must succeed.
    pub async fn finish(&self, mutation: &str, version: &str) {
        let payload = self.release(mutation, version).await;
        assert_eq!(self.finished(&id(&payload["release"])).await, "SUCCEEDED");
    }

    /// The id of the instance on the host with this place in the order of names.
    pub async fn instance(&self, host: usize) -> String {
        let document =
            "query($service: String!, $host: String!) { instance(service: $service, hostname: $host) { id } }";
        let variables = json!({ "service": self.service_name, "host": self.hostnames[host] });
        id(&self.client.query(document, variables).await["instance"])
    }

    /// Waits until a release is over and returns its status. It follows the release's events from its
    /// beginning, so nothing is missed and nothing is polled.
    pub async fn finished(&self, release: &str) -> String {
        let cursor = self
            .client
            .query("query($id: ID!) { node(id: $id) { ... on Release { cursor } } }", json!({ "id": release }))
            .await;
        let after = text(&cursor["node"]["cursor"]);
        let mut following =
            self.client.typed().follow::<ReleaseFinished>(&FinishedVariables { release: release.to_owned(), after });
        loop {
            let next = timeout(MAX_WAIT, following.next()).await.expect("an event in time");
            if let Followed::Message(event) = next.expect("the subscription goes on").unwrap() {
                return event.payload.status;
            }
        }
    }

    /// The name of the version that each instance is recorded at, by hostname.
    pub async fn running(&self) -> Vec<(String, Option<String>)> {
        let data = self
            .client
            .query(
                "query($name: String!) { service(name: $name) { instances(first: 200) {
                nodes { host { hostname } version { name } } } } }",
                json!({ "name": self.service_name }),
            )
            .await;
        let nodes = data["service"]["instances"]["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|node| (text(&node["host"]["hostname"]), node["version"]["name"].as_str().map(str::to_owned)))
            .collect()
    }
}

/// The end of a release. It selects so little that servers of other versions know it, too.
struct ReleaseFinished;

#[derive(Serialize)]
struct FinishedVariables {
    release: String,
    after: String,
}

#[derive(Deserialize)]
struct FinishedEvent {
    status: String,
}

impl Operation for ReleaseFinished {
    type Variables = FinishedVariables;
    type Data = Payload<FinishedEvent>;
    const NAME: &str = "ReleaseFinished";
    const DOCUMENT: &str = "subscription ReleaseFinished($release: ID!, $after: String) {
        payload: releaseStatusChanged(after: $after, filter: { releaseIds: [$release], kinds: [FINISHED] }) { status } }";
    const REPEATABLE: bool = true;
    const RECOVERS_ANSWER: bool = false;
}

/// The `id` of a thing.
pub fn id(thing: &Value) -> String {
    text(&thing["id"])
}

/// A text, which must exist.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}
