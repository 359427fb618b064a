//! The two servers, as the measurements see them.

use crate::PROGRAM;
use crate::bare;
use crate::listener::{Arrivals, Listener};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use testkit::{Client, Process, Server};

/// What a subscriber selects.
const SELECTION: &str = "cursor kind revision hostname status instance { id status host { hostname } }";

/// One of the two.
pub trait Side {
    /// Adds so many subscribers, of which each hears one of so many filters.
    async fn subscribe(&mut self, many: usize, filters: usize, arrivals: &Arc<Arrivals>);

    /// Something happens of which each subscriber is told once.
    async fn happen(&mut self, filters: usize);

    /// Bytes that the process has in memory, once it is quiet.
    async fn memory(&self) -> f64;
}

/// The real program.
pub struct Lockkeeper {
    server: Server,
    client: Client,
    token: String,
    instances: Vec<String>,
    happened: usize,
    subscribed: usize,
}

impl Lockkeeper {
    /// Serves a fleet of as many instances as there are filters.
    pub async fn start(kind: &str) -> Lockkeeper {
        let server = Server::start(PROGRAM, kind);
        let client = server.client();
        let fleet = client.service("shop").versions(1).hosts(crate::FILTERS).install().await;
        let mut instances = Vec::new();
        for number in 0..fleet.hosts.len() {
            instances.push(fleet.instance(number).await);
        }
        let token = server.token("watcher", "viewer");
        Lockkeeper { server, client, token, instances, happened: 0, subscribed: 0 }
    }

    /// Waits until all are subscribed: a subscription says nothing when it begins.
    async fn begun(&self) {
        let line = "lockkeeper_subscribers{transport=\"websocket\"}";
        while self.server.metric(line).await != Some(self.subscribed as u64) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Side for Lockkeeper {
    async fn subscribe(&mut self, many: usize, filters: usize, arrivals: &Arc<Arrivals>) {
        let address = self.server.url.trim_start_matches("http://");
        for number in 0..many {
            let mut listener = Listener::open(address, "/graphql/ws").await;
            let authorization = format!("Bearer {}", self.token);
            listener
                .send_text(
                    &json!({ "type": "connection_init", "payload": { "authorization": authorization } }).to_string(),
                )
                .await;
            listener.receive_text().await;
            let query = format!(
                "subscription($filter: InstanceEventFilter) {{ instanceStatusChanged(filter: $filter) {{ {SELECTION} }} }}"
            );
            let filter = number % filters;
            let variables = json!({ "filter": { "instanceIds": [self.instances[filter]] } });
            let payload = json!({ "query": query, "variables": variables });
            listener.send_text(&json!({ "id": "1", "type": "subscribe", "payload": payload }).to_string()).await;
            tokio::spawn(listener.listen(filter, arrivals.clone()));
        }
        self.subscribed += many;
        self.begun().await;
    }

    async fn happen(&mut self, filters: usize) {
        self.happened += 1;
        let input = json!({ "instanceIds": self.instances[..filters], "reason": self.happened.to_string() });
        self.client.change("holdInstances", input, "__typename").await;
    }

    async fn memory(&self) -> f64 {
        resident(self.server.pid()).await
    }
}

/// The bare broadcast.
pub struct Bare {
    process: Process,
    address: String,
    /// It is no lockkeeper: its messages are published by a plain request.
    http: reqwest::Client,
    texts: Vec<String>,
}

impl Bare {
    pub fn start() -> Bare {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(bare::ARGUMENT);
        let process = Process::start(command);
        let address = process.ready.trim().to_owned();
        Bare { process, address, http: reqwest::Client::new(), texts: Vec::new() }
    }

    /// What it broadcasts, one text for each filter.
    pub fn repeat(&mut self, texts: Vec<String>) {
        self.texts = texts;
    }
}

impl Side for Bare {
    async fn subscribe(&mut self, many: usize, filters: usize, arrivals: &Arc<Arrivals>) {
        for number in 0..many {
            let filter = number % filters;
            let listener = Listener::open(&self.address, &format!("/{filter}")).await;
            tokio::spawn(listener.listen(filter, arrivals.clone()));
        }
    }

    async fn happen(&mut self, filters: usize) {
        let published = self.http.post(format!("http://{}/publish", self.address)).json(&self.texts[..filters]);
        published.send().await.expect("it is there");
    }

    async fn memory(&self) -> f64 {
        resident(self.process.pid()).await
    }
}

/// Bytes that a process has in memory, after a while.
async fn resident(process: u32) -> f64 {
    tokio::time::sleep(Duration::from_secs(3)).await;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024.0
}
