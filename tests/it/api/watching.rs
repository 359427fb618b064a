//! Subscriptions: each event once, in order, over reconnects and restarts (I5).

use crate::PROGRAM;
use crate::api::world::World;
use serde_json::{Value, json};
use testkit::Server;
use testkit::on_both;

const WATCH: &str = "subscription($after: String, $filter: InstanceEventFilter) {
    instanceStatusChanged(after: $after, filter: $filter) { cursor hostname revision status } }";

async fn i5_a_watcher_that_connects_again_goes_on_where_it_was_also_after_a_crash(kind: &str) {
    let mut server = Server::start(PROGRAM, kind);
    let start = server.client().query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let fleet = server.client().service("shop").hosts(3).install().await;

    // Three events, then the connection is lost; three more after the id of the last.
    let mut stream = fleet.client.subscribe(WATCH, json!({ "after": start })).await;
    let mut seen = Vec::new();
    let mut id = None;
    for _ in 0..3 {
        let sent = stream.next().await.unwrap();
        seen.push(sent.data["data"]["instanceStatusChanged"].clone());
        id = sent.id;
    }
    assert_eq!(id.as_deref(), seen[2]["cursor"].as_str(), "the id of an event is its cursor");
    drop(stream);
    // The header counts, not the variables, which a browser sends again as they were.
    let mut stream = fleet.client.subscribe_after(WATCH, json!({ "after": start }), id.as_deref()).await;
    for _ in 0..3 {
        seen.push(stream.value("instanceStatusChanged").await);
    }
    drop(stream);

    // The server crashes and comes back: what was before is told again, and what comes after follows.
    server.kill();
    server.serve();
    let client = server.client();
    let again = {
        let mut stream = client.subscribe(WATCH, json!({ "after": start })).await;
        let mut events = Vec::new();
        for _ in 0..6 {
            events.push(stream.value("instanceStatusChanged").await);
        }
        events
    };
    assert_eq!(again, seen);
    let hosts: std::collections::BTreeSet<_> = seen.iter().map(|event| event["hostname"].as_str()).collect();
    assert_eq!(hosts.len(), 3);
    let cursor = seen[5]["cursor"].clone();
    let mut stream = client.subscribe(WATCH, json!({ "after": cursor })).await;
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[1], "hosts": { "hostnames": ["shop-02"] },
    });
    client.change("upgradeInstances", input, "__typename").await;
    for (revision, status) in [(3, "UPGRADING"), (4, "RUNNING")] {
        let event = stream.value("instanceStatusChanged").await;
        let received = (&event["hostname"], &event["revision"], &event["status"]);
        assert_eq!(received, (&json!("shop-02"), &json!(revision), &json!(status)));
    }
    drop(stream);
    server.assert_sound();
}
on_both!(i5_a_watcher_that_connects_again_goes_on_where_it_was_also_after_a_crash);

async fn a_filter_chooses_events_by_all_its_conditions(world: &World) {
    let shop = &world.shop;
    let start = world.client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let held = shop.instance(2).await;
    let hold = json!({ "instanceIds": [held], "reason": "Mine." });
    world.client.change("holdInstances", hold, "__typename").await;
    shop.finish("upgradeInstances", &shop.versions[1]).await;
    for (filter, expected) in [
        (json!({ "kinds": ["HOLD"] }), vec!["shop-03 RUNNING"]),
        (json!({ "hostIds": [shop.hosts[1]] }), vec!["shop-02 UPGRADING", "shop-02 RUNNING"]),
        (json!({ "instanceIds": [held], "serviceIds": [shop.service] }), vec!["shop-03 RUNNING"]),
    ] {
        let variables = json!({ "after": start, "filter": filter });
        let mut stream = world.client.subscribe(WATCH, variables.clone()).await;
        let mut seen = Vec::new();
        for _ in 0..expected.len() {
            let event = stream.value("instanceStatusChanged").await;
            seen.push(format!("{} {}", event["hostname"].as_str().unwrap(), event["status"].as_str().unwrap()));
        }
        assert_eq!(seen, expected, "{filter}");
        // Those who poll see the same.
        let document = "query($after: String, $filter: InstanceEventFilter) {
                instanceEvents(after: $after, filter: $filter) { nodes { hostname status } nextCursor } }";
        let data = world.client.query(document, variables).await;
        let polled: Vec<String> = data["instanceEvents"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| format!("{} {}", event["hostname"].as_str().unwrap(), event["status"].as_str().unwrap()))
            .collect();
        assert_eq!(polled, expected, "{filter}");
    }
}
on_both!(a_filter_chooses_events_by_all_its_conditions in World);

async fn a_cursor_of_another_log_or_none_at_all_ends_a_subscription_with_its_code(world: &World) {
    let hosts = world.client.query("{ hosts(first: 1) { pageInfo { endCursor } } }", Value::Null).await;
    for cursor in ["nonsense", hosts["hosts"]["pageInfo"]["endCursor"].as_str().unwrap()] {
        let mut stream = world.client.subscribe(WATCH, json!({ "after": cursor })).await;
        let sent = stream.next().await.unwrap();
        assert_eq!(sent.event, "next");
        assert_eq!(sent.data["errors"][0]["extensions"]["code"], "CURSOR_INVALID", "{sent:#?}");
        assert_eq!(stream.next().await.unwrap().event, "complete");
        assert!(stream.next().await.is_none(), "the stream ends");
    }
}
on_both!(a_cursor_of_another_log_or_none_at_all_ends_a_subscription_with_its_code in World);
