//! Processes that are asked to stop while releases run: what ends soon ends, and the rest is handed back at once.

use crate::PROGRAM;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};
use testkit::fleet::id;
use testkit::on_both;
use testkit::{Client, Fleet, Server, Socket};

/// Far below the time after which a worker that only fell silent counts as lost.
const SOON: Duration = Duration::from_secs(20);

/// Two hosts at the first of two versions, and commands that may be repeated. `first` is what the first start of an
/// upgrade does.
async fn fleet(server: &Server, first: &str) -> Fleet {
    let script = server.path("deploy");
    let text = format!(
        "#!/bin/sh\n[ $LOCKKEEPER_ACTION = UPGRADE ] || exit 0\necho $LOCKKEEPER_ATTEMPT >>starts\n\
         [ $LOCKKEEPER_ATTEMPT != 1 ] || {first}\n"
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    server.client().service("shop").executor("repeat").hosts(2).install().await
}

fn configuration(drain: &str) -> String {
    format!(
        "[worker]\ndrain = '{drain}'\n[executors.repeat]\nkind = 'command'\nprogram = './deploy'\ndir = '.'\non_lost = 'retry'\n"
    )
}

/// Upgrades both hosts, and gives the release once both commands have started.
async fn started(server: &Server, fleet: &Fleet) -> String {
    let payload = fleet.release("upgradeInstances", &fleet.versions[1]).await;
    let began = Instant::now();
    while fs::read_to_string(server.path("starts")).unwrap_or_default().lines().count() < 2 {
        assert!(began.elapsed() < SOON, "nothing starts");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    id(&payload["release"])
}

/// Waits until a release is over and gives its status, and the attempts of its targets.
async fn over(client: &Client, release: &str) -> (String, Vec<Value>) {
    let document = "query($id: ID!) { node(id: $id) { ... on Release {
        status finishedAt targets { nodes { attempt } } } } }";
    let began = Instant::now();
    loop {
        let node = client.query(document, json!({ "id": release })).await["node"].take();
        if !node["finishedAt"].is_null() {
            let targets = node["targets"]["nodes"].as_array().unwrap();
            let attempts = targets.iter().map(|target| target["attempt"].clone()).collect();
            return (node["status"].as_str().unwrap().to_owned(), attempts);
        }
        assert!(began.elapsed() < SOON, "it is not over: {node:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn what_does_not_end_in_time_is_handed_back_at_once_and_started_anew(kind: &str) {
    let mut server = Server::configured(PROGRAM, kind, &configuration("300ms"));
    let fleet = fleet(&server, "sleep 60").await;
    let release = started(&server, &fleet).await;
    // On PostgreSQL there is somebody to go on, on SQLite it is started again.
    let other = (kind == "postgres").then(|| server.another(&[]));
    let began = Instant::now();
    let (stopped, mut server) = tokio::task::spawn_blocking(move || (server.terminate(), server)).await.unwrap();
    assert!(stopped && began.elapsed() < SOON, "{kind}: {:?}", began.elapsed());
    let next = other.as_ref().unwrap_or_else(|| {
        server.serve();
        &server
    });
    let (status, attempts) = over(&next.client(), &release).await;
    assert_eq!((status.as_str(), attempts), ("SUCCEEDED", vec![json!(2); 2]), "{kind}");
    next.assert_sound();
}
on_both!(threads what_does_not_end_in_time_is_handed_back_at_once_and_started_anew);

async fn what_ends_in_time_is_written_before_the_process_goes(kind: &str) {
    let mut server = Server::configured(PROGRAM, kind, &configuration("30s"));
    let fleet = fleet(&server, "sleep 1").await;
    let release = started(&server, &fleet).await;
    let (stopped, server) = tokio::task::spawn_blocking(move || (server.terminate(), server)).await.unwrap();
    assert!(stopped);
    let sql = format!(
        "SELECT status || ' ' || CAST(attempt AS text) FROM release_target WHERE release_id = {}",
        release.trim_start_matches("rel_")
    );
    assert_eq!(server.stored().await.texts(&sql).await, ["SUCCEEDED 1"; 2], "{kind}");
    server.assert_sound();
}
on_both!(threads what_ends_in_time_is_written_before_the_process_goes);

const WATCH: &str = "subscription { instanceStatusChanged { status } }";

async fn who_is_asked_to_stop_says_so_begins_nothing_more_and_sends_its_clients_elsewhere(kind: &str) {
    let mut server = Server::configured(PROGRAM, kind, &configuration("30s"));
    let fleet = fleet(&server, "until [ -e go ]; do sleep 0.05; done").await;
    let client = server.client();
    let input = json!({ "hosts": [{ "hostname": "spare", "address": "192.0.2.9" }] });
    client.change("createHosts", input, "__typename").await;
    let release = started(&server, &fleet).await;
    let mut stream = client.subscribe(WATCH, Value::Null).await;
    let mut socket = Socket::open(&server, &server.token("watcher", "viewer")).await;
    socket.begin("watch", WATCH, Value::Null).await;

    server.process().unwrap().signal(Signal::TERM);
    let began = Instant::now();
    loop {
        let response = reqwest::get(format!("{}/readyz", server.url)).await.unwrap();
        if response.status() == 503 {
            assert_eq!(response.text().await.unwrap(), "stopping\n");
            break;
        }
        assert!(began.elapsed() < SOON, "{kind}: it is still ready");
    }
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[0], "hosts": { "hostnames": ["spare"] },
    });
    let late = id(&client.change("installInstances", input, "release { id }").await["release"]);
    // Longer than it takes to look at the queue.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let document = "query($id: ID!) { node(id: $id) { ... on Release { status } } }";
    let node = client.query(document, json!({ "id": late })).await["node"].take();
    assert_eq!(node["status"], "PENDING", "{kind}: nothing more is begun");

    let mut log = Socket::open(&server, &server.token("reader", "viewer")).await;
    log.begin("log", "subscription($id: ID!) { releaseLog(releaseId: $id) { text } }", json!({ "id": late })).await;
    fs::write(server.path("go"), "").unwrap();
    while let Some(sent) = stream.next().await {
        assert_eq!(sent.event, "next", "{kind}: what is completed is not taken up again");
    }
    while let Some(message) = log.try_hear().await {
        assert_ne!(message["type"], "complete", "{kind}: the release goes on, and so does its output");
    }
    assert_eq!(socket.closed().await, 1012, "{kind}");
    let ended = loop {
        if let Some(ended) = server.process().unwrap().ended() {
            break ended;
        }
        assert!(began.elapsed() < SOON, "{kind}: it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(ended.success());
    server.serve();
    for release in [release, late] {
        assert_eq!(over(&server.client(), &release).await.0, "SUCCEEDED", "{kind}");
    }
    server.assert_sound();
}
on_both!(threads who_is_asked_to_stop_says_so_begins_nothing_more_and_sends_its_clients_elsewhere);
