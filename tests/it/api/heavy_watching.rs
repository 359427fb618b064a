//! Subscriptions that are made to cost much: the server's memory stays bounded, others are served meanwhile, and nobody
//! misses anything.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use testkit::MAX_WAIT;
use testkit::fleet::{id, text};
use testkit::{Client, Fleet, Server, Socket};

/// An executor that writes some lines.
const CONFIGURATION: &str = r#"
[executors.talking]
kind = "command"
program = "/bin/sh"
args = ["-c", "seq 4"]

[executors.quick]
kind = "simulate"
delay = "5ms"
"#;

const HOSTS: usize = 40;

/// A line, and with it the square of the fleet: about 200 kB.
const HEAVY: &str = "subscription($release: ID!) { releaseLog(releaseId: $release) { cursor text target { release {
    targets(first: 40) { nodes { instance { service { instances(first: 40) {
        nodes { id status revision updatedAt updatedBy } } } } } } } } } }";

const SMALL: &str = "subscription($services: [ID!]) { instanceStatusChanged(filter: { serviceIds: $services }) {
    revision instance { id host { hostname } } } }";

/// How much more memory subscribers may take: a fifth of what one batch of messages for 20 of them would.
const MEMORY: usize = 150 * 1024 * 1024;

/// A server with the output of a release on a fleet that multiplies, and another service on which something happens.
struct World {
    server: Arc<Server>,
    desk: Fleet,
    instance: String,
    release: String,
}

impl World {
    async fn new() -> World {
        let server = Server::configured(PROGRAM, "sqlite", CONFIGURATION);
        let client = server.client();
        client.service("shop").executor("talking").versions(1).hosts(HOSTS).install().await;
        let releases = client.query("{ releases(first: 1) { nodes { id } } }", Value::Null).await;
        let desk = client.service("desk").versions(1).hosts(1).install().await;
        let (instance, release) = (desk.instance(0).await, id(&releases["releases"]["nodes"][0]));
        World { server: Arc::new(server), desk, instance, release }
    }

    fn variables(&self) -> Value {
        json!({ "release": self.release })
    }

    /// The texts of all lines of the release, in order.
    async fn lines(&self, client: &Client) -> Vec<String> {
        let light = "subscription($release: ID!) { releaseLog(releaseId: $release) { text } }";
        let mut stream = client.subscribe(light, self.variables()).await;
        let mut lines = Vec::new();
        while let Some(sent) = stream.next().await.filter(|sent| sent.event == "next") {
            lines.push(text(&sent.data["data"]["releaseLog"]["text"]));
        }
        assert!(lines.len() >= 4 * HOSTS, "{}", lines.len());
        lines
    }

    /// Lets something small happen this many times; whoever watches it is told each time, soon.
    async fn others_are_served(&self, times: usize) {
        let client = self.server.client_as("other", "viewer");
        let mut stream = client.subscribe(SMALL, json!({ "services": [self.desk.service] })).await;
        // It has begun when it is told of the first one.
        for _ in 0..times {
            let hold = json!({ "instanceIds": [self.instance], "reason": "Mine." });
            self.desk.client.change("holdInstances", hold, "__typename").await;
            let received = stream.value("instanceStatusChanged").await;
            assert_eq!(received["instance"]["id"], *self.instance);
        }
    }
}

/// Looks at the memory of a server, until it is dropped.
struct Weighed {
    most: Arc<AtomicUsize>,
    empty: usize,
    over: Arc<AtomicBool>,
}

impl Weighed {
    fn new(server: &Server) -> Weighed {
        let process = server.pid();
        let (most, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (noted, ended) = (most.clone(), over.clone());
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                noted.fetch_max(memory(process).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Weighed { most, empty: memory(process).expect("it runs"), over }
    }

    /// Asserts that it did not grow too much.
    fn is_light(&self) {
        let grown = self.most.load(Ordering::Relaxed).saturating_sub(self.empty);
        eprintln!("{} MiB, and {} MiB more", self.empty >> 20, grown >> 20);
        assert!(grown < MEMORY, "{} MiB more than {} MiB", grown >> 20, self.empty >> 20);
    }
}

impl Drop for Weighed {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Bytes that a process has in memory, or `None` if it is gone.
fn memory(process: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(1024 * line.trim().trim_end_matches(" kB").parse::<usize>().ok()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_twenty_heavy_subscriptions_of_one_socket_leave_memory_and_time_to_others() {
    let world = World::new().await;
    let viewer = world.server.token("heavy", "viewer");
    let lines = world.lines(&world.desk.client).await;
    let mut socket = Socket::open(&world.server, &viewer).await;
    let weighed = Weighed::new(&world.server);
    for number in 0..20 {
        socket.begin(&number.to_string(), HEAVY, world.variables()).await;
    }
    // They are read as fast as they come.
    let reading = tokio::spawn(async move {
        let mut received = vec![Vec::new(); 20];
        while received.iter().any(|received: &Vec<String>| received.len() < 10) {
            let next = socket.hear().await;
            // One that had to wait for long says how far it has looked.
            if next["type"] == "ping" {
                continue;
            }
            assert_eq!(next["type"], "next", "{:.500}", next.to_string());
            let number: usize = next["id"].as_str().unwrap().parse().unwrap();
            received[number].push(text(&next["payload"]["data"]["releaseLog"]["text"]));
        }
        received
    });
    world.others_are_served(10).await;
    for received in reading.await.unwrap() {
        assert_eq!(received, lines[..received.len()]);
    }
    weighed.is_light();
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_heavy_streams_that_nobody_reads_are_bounded_and_miss_nothing() {
    let world = World::new().await;
    let client = world.server.client_as("heavy", "viewer");
    let lines = world.lines(&client).await;
    let weighed = Weighed::new(&world.server);
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(client.subscribe(HEAVY, world.variables()).await);
    }
    world.others_are_served(30).await;
    weighed.is_light();
    // One of them reads after all.
    let mut late = streams.pop().expect("there are six");
    drop(streams);
    let mut received = Vec::new();
    while let Some(sent) = late.next().await.filter(|sent| sent.event == "next") {
        assert!(sent.data["errors"].is_null());
        received.push(text(&sent.data["data"]["releaseLog"]["text"]));
    }
    assert!(received == lines, "not each line once, in order: {} of {}", received.len(), lines.len());
    weighed.is_light();
}

#[tokio::test]
async fn a_message_that_multiplies_is_refused_over_both_transports() {
    let server = Server::configured(PROGRAM, "sqlite", CONFIGURATION);
    let document = HEAVY.replace("40", "100");
    let token = server.token("heavy", "viewer");
    let mut stream = server.client_as("heavy", "viewer").subscribe(&document, json!({ "release": "rel_1" })).await;
    let received = stream.next().await.expect("it says why").data["errors"][0].take();
    let complete = tokio::time::timeout(MAX_WAIT, stream.next()).await.unwrap();
    assert_eq!(complete.expect("it is completed").event, "complete");
    let mut socket = Socket::open(&server, &token).await;
    let refused = socket.refused(&document, json!({ "release": "rel_1" })).await;
    for error in [received, refused] {
        assert_eq!(error["extensions"]["code"], "TOO_COMPLEX", "{error:#}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("`message_objects`") && message.contains("5000"), "{message}");
    }
}
