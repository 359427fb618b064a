//! Subscribers that read nothing for a while, and such that come back again and again: the server keeps nothing for
//! them but a place, and each of them gets every event once, in order (I5).
//!
//! `LOCKKEEPER_SILENCE=60 cargo test --test faults -- --nocapture silence` is the long form.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};
use testkit::Database;
use testkit::MAX_WAIT;
use testkit::environment::number;
use testkit::fleet::id;
use testkit::on_both;
use testkit::sse::Stream;
use testkit::{Fleet, Server, Socket};

/// Events with four kilobytes each, so that what is not read would weigh something.
const HEAVY: &str = "subscription($after: String) { instanceStatusChanged(after: $after) {
    cursor instanceId revision hold { a: reason b: reason c: reason d: reason } } }";
const LIGHT: &str =
    "subscription($after: String) { instanceStatusChanged(after: $after) { cursor instanceId revision } }";

/// How many instances are held at once, each with an event.
const HOSTS: usize = 200;
const EVENTS: usize = 10_000;

/// The two ways to watch.
#[derive(Clone, Copy, Debug)]
enum Way {
    Events,
    Socket,
}

/// One connection of a subscriber.
enum Connection {
    Events(Box<Stream>),
    Socket(Box<Socket>),
}

impl Connection {
    /// The next event; none when the connection has ended.
    async fn next(&mut self) -> Option<Value> {
        let mut answer = match self {
            Connection::Events(stream) => stream.try_next().await?.data,
            Connection::Socket(socket) => socket.try_hear().await?["payload"].take(),
        };
        assert!(answer["errors"].is_null(), "{answer:#}");
        Some(answer["data"]["instanceStatusChanged"].take())
    }
}

/// A subscriber that goes on behind what it has seen.
struct Subscriber {
    token: String,
    document: &'static str,
    after: Value,
    seen: Vec<String>,
}

impl Subscriber {
    /// It begins now.
    async fn new(server: &Server, document: &'static str) -> Subscriber {
        let after = server.client().query("{ eventCursor }", Value::Null).await["eventCursor"].take();
        Subscriber { token: server.token("watcher", "viewer"), document, after, seen: Vec::new() }
    }

    async fn connect(&self, server: &Server, way: Way) -> Connection {
        let variables = json!({ "after": self.after });
        match way {
            Way::Events => Connection::Events(Box::new(server.client().subscribe(self.document, variables).await)),
            Way::Socket => {
                let mut socket = Socket::open(server, &self.token).await;
                socket.begin("watch", self.document, variables).await;
                Connection::Socket(Box::new(socket))
            }
        }
    }

    /// Reads so many events, or fewer if the connection ends.
    async fn read(&mut self, connection: &mut Connection, most: usize) {
        for _ in 0..most {
            let next = tokio::time::timeout(MAX_WAIT, connection.next()).await.expect("an event in time");
            let Some(event) = next else { return };
            self.seen.push(format!("{} {}", event["instanceId"].as_str().unwrap(), event["revision"]));
            self.after = event["cursor"].clone();
        }
    }
}

/// Every event of instances, in order.
async fn received(stored: &Database) -> Vec<String> {
    let sql = "SELECT 'ins_' || CAST(instance_id AS text) || ' ' || CAST(revision AS text)
               FROM event WHERE subject = 'INSTANCE' ORDER BY position";
    stored.texts(sql).await
}

async fn instances(fleet: &Fleet) -> Vec<String> {
    let document = "query($name: String!) { service(name: $name) { instances(first: 200) { nodes { id } } } }";
    let data = fleet.client.query(document, json!({ "name": fleet.service_name })).await;
    data["service"]["instances"]["nodes"].as_array().unwrap().iter().map(id).collect()
}

/// Holds all of these instances, for a reason of a kilobyte.
async fn hold(fleet: &Fleet, instances: &[String]) {
    let input = json!({ "instanceIds": instances, "reason": "x".repeat(1000) });
    fleet.client.change("holdInstances", input, "__typename").await;
}

/// How much memory a process has, in bytes.
fn memory(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    1024 * line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
}

/// How long nothing is read: longer than a socket may leave a message. The long form is also longer than what
/// server-sent events may be left.
fn silence() -> Duration {
    Duration::from_secs(number("LOCKKEEPER_SILENCE").unwrap_or(12))
}

async fn i5_who_reads_nothing_for_a_while_costs_nothing_and_misses_nothing(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").hosts(HOSTS).install().await;
    let ids = instances(&fleet).await;
    // What the server needs for the work itself it has before it is weighed.
    let mut reader = Subscriber::new(&server, HEAVY).await;
    let mut connection = reader.connect(&server, Way::Events).await;
    for _ in 0..5 {
        hold(&fleet, &ids).await;
        reader.read(&mut connection, HOSTS).await;
    }
    drop(connection);
    let stored = server.stored().await;
    let before = received(&stored).await.len();
    let mut subscribers = Vec::new();
    for way in [Way::Events, Way::Socket] {
        let subscriber = Subscriber::new(&server, HEAVY).await;
        let connection = subscriber.connect(&server, way).await;
        subscribers.push((way, subscriber, connection));
    }
    let (began, empty) = (Instant::now(), memory(server.pid()));
    let mut most = 0;
    for _ in 0..EVENTS / HOSTS {
        hold(&fleet, &ids).await;
        most = most.max(memory(server.pid()));
    }
    while began.elapsed() < silence() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        most = most.max(memory(server.pid()));
    }
    let all = received(&stored).await.split_off(before);
    assert_eq!(all.len(), EVENTS);
    for (way, mut subscriber, mut connection) in subscribers {
        let mut connections = 1;
        subscriber.read(&mut connection, EVENTS).await;
        while subscriber.seen.len() < EVENTS {
            connections += 1;
            connection = subscriber.connect(&server, way).await;
            subscriber.read(&mut connection, EVENTS - subscriber.seen.len()).await;
        }
        assert!(subscriber.seen == all, "{kind}, {way:?}: not each event once, in order");
        eprintln!("{kind}, {way:?}: {EVENTS} events over {connections} connections");
    }
    // One copy would do for both; what the kernel keeps is none of the process's memory.
    let (copy, grown) = (EVENTS * 4000, most.saturating_sub(empty));
    eprintln!("{kind}: {grown} bytes more in memory while {copy} were not read, twice");
    assert!(grown < copy * 3 / 4, "{kind}: {grown} bytes more for {copy} that were not read");
    server.assert_sound();
}

on_both!(threads i5_who_reads_nothing_for_a_while_costs_nothing_and_misses_nothing);

async fn i5_who_comes_back_fifty_times_gets_each_event_once_in_order(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").hosts(10).install().await;
    let ids = instances(&fleet).await;
    let stored = server.stored().await;
    let before = received(&stored).await.len();
    let mut subscriber = Subscriber::new(&server, LIGHT).await;
    let happening = tokio::spawn({
        let fleet = fleet.clone();
        async move {
            loop {
                hold(&fleet, &ids).await;
            }
        }
    });
    for round in 0..50 {
        let way = if round % 2 == 0 { Way::Socket } else { Way::Events };
        let mut connection = subscriber.connect(&server, way).await;
        subscriber.read(&mut connection, rand::random_range(1..40)).await;
    }
    happening.abort();
    // A hold that was under way then is written all the same.
    let mut connection = subscriber.connect(&server, Way::Events).await;
    let mut all = Vec::new();
    while subscriber.seen.len() != all.len() || all.is_empty() {
        all = received(&stored).await.split_off(before);
        subscriber.read(&mut connection, all.len() - subscriber.seen.len()).await;
    }
    assert!(subscriber.seen == all, "{kind}: not each event once, in order");
    eprintln!("{kind}: {} events over 51 connections", all.len());
    server.assert_sound();
}
on_both!(threads i5_who_comes_back_fifty_times_gets_each_event_once_in_order);
