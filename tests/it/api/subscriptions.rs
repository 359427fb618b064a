//! All that can be watched, over server-sent events: whole stories, cuts and crashes.

use crate::PROGRAM;
use crate::api::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::fleet::{id, text};
use testkit::on_both;
use testkit::sse::{Sent, Stream};
use testkit::{Client, Server, Socket};

const RELEASES: &str = "subscription($after: String, $filter: ReleaseEventFilter) {
    releaseStatusChanged(after: $after, filter: $filter) {
        cursor kind releaseId revision status target { id } progress { total queued running succeeded } } }";
const PROGRESS: &str = "subscription($id: ID!) {
    releaseProgress(releaseId: $id) { cursor status isFinal progress { total succeeded } release { id revision status } } }";
const LOG: &str = "subscription($id: ID!, $after: String, $last: Int) {
    releaseLog(releaseId: $id, after: $after, last: $last) { cursor targetId hostname stream text at } }";

/// An executor that writes four lines in about a second, the second one to the other output.
const TALKING: &str = r#"
[executors.talking]
kind = "command"
program = "/bin/sh"
args = ["-c", "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three; sleep 0.3; printf four"]
shares_host = true
"#;

async fn i5_the_story_of_a_release_is_reported_without_gap_over_cuts(world: &World) {
    let payload = world.shop.release("upgradeInstances", &world.shop.versions[1]).await;
    let release = payload["release"].clone();
    let variables = json!({ "after": release["cursor"], "filter": { "releaseIds": [release["id"]] } });
    let mut received: Vec<Value> = Vec::new();
    let mut last: Option<String> = None;
    // Each event over a connection of its own.
    while received.last().is_none_or(|event| event["kind"] != "FINISHED") {
        let mut stream = world.client.subscribe_after(RELEASES, variables.clone(), last.as_deref()).await;
        received.push(stream.value("releaseStatusChanged").await);
        last = stream.last_id().map(str::to_owned);
    }
    let revisions: Vec<_> = received.iter().map(|event| event["revision"].as_i64().unwrap()).collect();
    assert_eq!(revisions, (1..=received.len() as i64).collect::<Vec<_>>());
    let of = |kind: &str| received.iter().filter(|event| event["kind"] == kind).count();
    assert_eq!((of("ACCEPTED"), of("TARGET_STARTED"), of("TARGET_FINISHED"), of("FINISHED")), (1, 3, 3, 1));
    let counts = |event: &Value| event["progress"].clone();
    assert_eq!(counts(&received[0]), json!({ "total": 3, "queued": 3, "running": 0, "succeeded": 0 }));
    assert_eq!(counts(&received[7]), json!({ "total": 3, "queued": 0, "running": 0, "succeeded": 3 }));
    // Those who poll see the same.
    let query = "query($after: String, $filter: ReleaseEventFilter) { releaseEvents(after: $after, filter: $filter) {
            nodes { cursor kind releaseId revision status target { id } progress { total queued running succeeded } } } }";
    assert_eq!(world.client.query(query, variables).await["releaseEvents"]["nodes"], json!(received));
}
on_both!(i5_the_story_of_a_release_is_reported_without_gap_over_cuts in World);

async fn all_that_happens_to_a_service_is_reported(world: &World) {
    let client = &world.client;
    let mut live = client.subscribe("subscription { serviceChanged { kind } }", Value::Null).await;
    let start = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let input = json!({ "name": "billing", "executor": "quick" });
    let service = id(&client.change("createService", input, "service { id }").await["service"]);
    client.change("updateService", json!({ "serviceId": service, "language": "rust" }), "__typename").await;
    let input = json!({ "serviceId": service, "name": "1" });
    let version = id(&client.change("createVersion", input, "version { id }").await["version"]);
    let report = json!({ "versionId": version, "status": "SUCCEEDED", "artifact": "a.tar" });
    client.change("reportBuild", report, "__typename").await;
    client.change("withdrawVersion", json!({ "versionId": version, "reason": "Bad." }), "__typename").await;
    client.change("reinstateVersion", json!({ "versionId": version }), "__typename").await;
    client.change("freezeService", json!({ "serviceId": service, "reason": "Quiet." }), "__typename").await;
    client.change("unfreezeService", json!({ "serviceId": service }), "__typename").await;
    client.change("removeVersion", json!({ "versionId": version }), "__typename").await;
    client.change("removeService", json!({ "serviceId": service }), "__typename").await;
    let document =
        "subscription($after: String!, $id: ID!) { serviceChanged(after: $after, filter: { serviceIds: [$id] }) {
            kind serviceId service { name } version { id } hold { reason } causedBy } }";
    let mut stream = client.subscribe(document, json!({ "after": start, "id": service })).await;
    let received = stream.until("serviceChanged", |event| event["kind"] == "REMOVED").await;
    let of_version = json!({ "id": version });
    let freeze = json!({ "reason": "Quiet." });
    let expected = [
        ("REGISTERED", Value::Null, Value::Null),
        ("EDITED", Value::Null, Value::Null),
        ("VERSION_REGISTERED", of_version.clone(), Value::Null),
        ("BUILD_REPORTED", of_version.clone(), Value::Null),
        ("VERSION_WITHDRAWN", of_version.clone(), Value::Null),
        ("VERSION_REINSTATED", of_version.clone(), Value::Null),
        ("FROZEN", Value::Null, freeze.clone()),
        ("UNFROZEN", Value::Null, freeze),
        ("VERSION_REMOVED", of_version, Value::Null),
        ("REMOVED", Value::Null, Value::Null),
    ]
    .map(|(kind, version, hold)| {
        json!({ "kind": kind, "serviceId": service, "service": { "name": "billing" }, "version": version,
                "hold": hold, "causedBy": "admin" })
    });
    assert_eq!(received, expected);
    // Who watches live sees each of them once, in the same order.
    for event in expected {
        assert_eq!(live.value("serviceChanged").await["kind"], event["kind"]);
    }
}
on_both!(all_that_happens_to_a_service_is_reported in World);

async fn the_progress_of_a_release_begins_with_its_state_and_ends_with_the_final_one(world: &World) {
    let input = json!({ "rollout": { "maxParallel": { "count": 1 } } });
    let release = world.client.change("upgradeInstances", world.release(1, input), "release { id }").await;
    let variables = json!({ "id": release["release"]["id"] });
    let mut stream = world.client.subscribe(PROGRESS, variables.clone()).await;
    let received = stream.until("releaseProgress", |state| state["isFinal"] == true).await;
    assert_eq!(stream.next().await.unwrap().event, "complete");
    assert!(stream.next().await.is_none(), "the stream ends");
    let succeeded: Vec<_> = received.iter().map(|state| state["progress"]["succeeded"].as_i64().unwrap()).collect();
    assert!(succeeded.is_sorted(), "{succeeded:?}");
    let last = &received[received.len() - 1];
    assert_eq!((&last["status"], &last["progress"]), (&json!("SUCCEEDED"), &json!({ "total": 3, "succeeded": 3 })));
    assert_eq!(last["release"]["status"], "SUCCEEDED");
    // A browser that comes back sends a place. Progress goes by state and needs none.
    let mut again = world.client.subscribe_after(PROGRESS, variables, last["cursor"].as_str()).await;
    assert_eq!(&again.value("releaseProgress").await["progress"], &last["progress"]);
    assert_eq!(again.next().await.unwrap().event, "complete");
}
on_both!(the_progress_of_a_release_begins_with_its_state_and_ends_with_the_final_one in World);

/// Two hosts on which a release with [`TALKING`] begins; gives its id.
async fn talking(client: &Client) -> String {
    let fleet = client.service("chat").executor("talking").versions(1).hosts(2).register().await;
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[0], "hosts": { "hostnames": fleet.hostnames },
        "rollout": { "maxParallel": { "count": 2 } },
    });
    id(&client.change("installInstances", input, "release { id }").await["release"])
}

/// The lines up to the end of the stream, by what was sent.
async fn lines(stream: &mut Stream) -> Vec<Sent> {
    let mut lines = Vec::new();
    loop {
        let sent = stream.next().await.expect("the stream is completed");
        if sent.event == "complete" {
            assert!(stream.next().await.is_none());
            return lines;
        }
        assert!(sent.data["errors"].is_null(), "{sent:#?}");
        lines.push(sent);
    }
}

async fn output_shows_while_it_is_written_and_is_reported_to_its_last_line(kind: &str) {
    let server = Server::configured(PROGRAM, kind, TALKING);
    let client = server.client();
    let release = talking(&client).await;
    let mut stream = client.subscribe(LOG, json!({ "id": release })).await;
    let mut received = Vec::new();
    let mut of_host: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(sent) = stream.next().await.filter(|sent| sent.event == "next") {
        let line = &sent.data["data"]["releaseLog"];
        let written: i64 = millis(&text(&line["at"]));
        let late = now() - written;
        assert!(late < 1000, "{kind}: {line} came {late} ms after it was written");
        assert_eq!(sent.id.as_deref(), line["cursor"].as_str(), "the id is the cursor");
        if line["stream"] != "SYSTEM" {
            of_host.entry(text(&line["hostname"])).or_default().push(text(&line["text"]));
        }
        received.push(line.clone());
    }
    assert_eq!(of_host.len(), 2, "{kind}");
    for lines in of_host.values() {
        assert_eq!(lines, &["one", "two", "three", "four"], "{kind}");
    }
    // The query tells the same lines and takes the same cursors.
    let page =
        "query($id: ID!, $after: String) { node(id: $id) { ... on Release { status log(first: 200, after: $after) {
            nodes { cursor targetId hostname stream text at } } } } }";
    let data = client.query(page, json!({ "id": release })).await;
    assert_eq!(data["node"]["status"], "SUCCEEDED");
    assert_eq!(data["node"]["log"]["nodes"], json!(received), "{kind}");
    let data = client.query(page, json!({ "id": release, "after": received[2]["cursor"] })).await;
    assert_eq!(data["node"]["log"]["nodes"], json!(received[3..]));
}
on_both!(output_shows_while_it_is_written_and_is_reported_to_its_last_line);

async fn output_goes_on_behind_each_line_over_cuts_and_a_crash(kind: &str) {
    let mut server = Server::configured(PROGRAM, kind, TALKING);
    let release = talking(&server.client()).await;
    let variables = json!({ "id": release, "last": 3 });
    // Three lines, each over a connection of its own: without a place `last` counts, and with one it does not.
    let mut received = Vec::new();
    let mut place: Option<String> = None;
    for _ in 0..3 {
        let variables = if place.is_some() { variables.clone() } else { json!({ "id": release }) };
        let mut stream = server.client().subscribe_after(LOG, variables, place.as_deref()).await;
        received.push(stream.next().await.unwrap());
        place = stream.last_id().map(str::to_owned);
    }
    server.kill();
    server.serve();
    let mut stream = server.client().subscribe_after(LOG, variables.clone(), place.as_deref()).await;
    received.append(&mut lines(&mut stream).await);
    let ids: Vec<_> = received.iter().map(|sent| sent.id.clone()).collect();
    let all = lines(&mut server.client().subscribe(LOG, json!({ "id": release })).await).await;
    assert_eq!(ids, all.iter().map(|sent| sent.id.clone()).collect::<Vec<_>>(), "{kind}");
    let last = lines(&mut server.client().subscribe(LOG, variables).await).await;
    assert_eq!(last.iter().map(|sent| sent.id.clone()).collect::<Vec<_>>(), ids[ids.len() - 3..], "{kind}");
    server.assert_sound();
}
on_both!(output_goes_on_behind_each_line_over_cuts_and_a_crash);

async fn i5_a_quiet_stream_says_where_it_is_so_that_nothing_is_missed(world: &World) {
    let client = &world.client;
    // Before anything has come: where it began.
    let document = "subscription($filter: InstanceEventFilter) { instanceStatusChanged(filter: $filter) { hostname } }";
    let mut stream = client.subscribe(document, Value::Null).await;
    stream.quiet_until(|_| true).await;
    let began = stream.last_id().expect("the stream says where it began").to_owned();
    drop(stream);
    world.shop.finish("upgradeInstances", &world.shop.versions[1]).await;
    let mut again = client.subscribe_after(document, Value::Null, Some(&began)).await;
    for _ in 0..6 {
        again.value("instanceStatusChanged").await;
    }
    drop(again);
    // While nothing matches: how far it has looked.
    let quiet = json!({ "filter": { "kinds": ["CONFIRMATION"] } });
    let mut stream = client.subscribe_after(document, quiet, Some(&began)).await;
    let head = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    stream.quiet_until(|place| Some(place) == head.as_str()).await;
}
on_both!(i5_a_quiet_stream_says_where_it_is_so_that_nothing_is_missed in World);

/// The payloads of an operation over a socket, up to its completion.
async fn over_socket(socket: &mut Socket, document: &str, variables: Value) -> Vec<Value> {
    socket.begin("watch", document, variables).await;
    let mut received = Vec::new();
    loop {
        let mut message = socket.hear().await;
        match message["type"].as_str() {
            Some("next") => received.push(message["payload"]["data"].take()),
            Some("complete") => return received,
            _ => panic!("{message:#}"),
        }
    }
}

async fn a_socket_tells_the_same_and_completes_what_has_ended(kind: &str) {
    let server = Server::configured(PROGRAM, kind, TALKING);
    let client = server.client();
    let release = talking(&client).await;
    let mut socket = Socket::open(&server, &server.token("watcher", "viewer")).await;
    let progress = over_socket(&mut socket, PROGRESS, json!({ "id": release })).await;
    let is_final: Vec<_> = progress.iter().map(|data| data["releaseProgress"]["isFinal"] == true).collect();
    assert!(is_final.len() > 1 && is_final.iter().position(|last| *last) == Some(is_final.len() - 1), "{is_final:?}");
    let received = over_socket(&mut socket, LOG, json!({ "id": release })).await;
    let events = lines(&mut client.subscribe(LOG, json!({ "id": release })).await).await;
    assert_eq!(received, events.into_iter().map(|mut sent| sent.data["data"].take()).collect::<Vec<_>>(), "{kind}");
    let after = received[2]["releaseLog"]["cursor"].clone();
    let rest = over_socket(&mut socket, LOG, json!({ "id": release, "after": after })).await;
    assert_eq!(rest, received[3..]);
    for (document, variables, code) in [
        (RELEASES, json!({ "after": "x" }), "CURSOR_INVALID"),
        (LOG, json!({ "id": release, "after": "x" }), "CURSOR_INVALID"),
        (PROGRESS, json!({ "id": "rel_99" }), "BAD_REQUEST"),
    ] {
        let error = socket.refused(document, variables).await;
        assert_eq!(error["extensions"]["code"], code, "{error:#}");
    }
}
on_both!(a_socket_tells_the_same_and_completes_what_has_ended);

async fn i5_many_streams_of_one_server_each_get_every_event(world: &World) {
    let start = world.client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let document = "subscription($after: String) { instanceStatusChanged(after: $after) { cursor revision hostname instance { id } } }";
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(world.client.subscribe(document, json!({ "after": start })).await);
    }
    world.shop.finish("upgradeInstances", &world.shop.versions[1]).await;
    world.shop.finish("upgradeInstances", &world.shop.versions[2]).await;
    let mut all = Vec::new();
    for stream in &mut streams {
        let mut received = Vec::new();
        for _ in 0..12 {
            received.push(stream.value("instanceStatusChanged").await);
        }
        all.push(received);
    }
    let of_host = |name: &str| -> Vec<i64> {
        let events = all[0].iter().filter(|event| event["hostname"] == name);
        events.map(|event| event["revision"].as_i64().unwrap()).collect()
    };
    for name in &world.shop.hostnames {
        assert_eq!(of_host(name), [3, 4, 5, 6]);
    }
    assert!(all.iter().all(|received| *received == all[0]), "each stream tells the same");
}
on_both!(i5_many_streams_of_one_server_each_get_every_event in World);

fn now() -> i64 {
    millis(&lockkeeper::domain::Timestamp::now().to_string())
}

fn millis(text: &str) -> i64 {
    lockkeeper::domain::Timestamp::parse(text).unwrap().0
}
