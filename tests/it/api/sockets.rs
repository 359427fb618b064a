//! The API over a WebSocket: the same answers and the same refusals as over HTTP.

use crate::PROGRAM;
use lockkeeper::wire::cursor;
use lockkeeper::{events, store::Db};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use testkit::on_both;
use testkit::{Server, Socket, fleet::text, until};

const WATCH: &str = "subscription($after: String, $filter: InstanceEventFilter) {
    instanceStatusChanged(after: $after, filter: $filter) { cursor hostname revision status } }";

async fn many_subscriptions_on_one_socket_each_get_theirs(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").hosts(20).install().await;
    let mut socket = Socket::open(&server, &server.token("watcher", "viewer")).await;
    for (host, name) in fleet.hosts.iter().zip(&fleet.hostnames) {
        socket.begin(name, WATCH, json!({ "filter": { "hostIds": [host] } })).await;
    }
    socket.begin("all", WATCH, Value::Null).await;
    // Each begins now; only then may something happen.
    let begun = fleet.hosts.len() as u64 + 1;
    until("all subscriptions have begun", async || {
        (server.metric("lockkeeper_subscriptions ").await == Some(begun)).then_some(())
    })
    .await;
    let start = socket.ask("{ eventCursor }", Value::Null).await["data"]["eventCursor"].take();
    socket.begin("from then", WATCH, json!({ "after": start })).await;
    fleet.finish("upgradeInstances", &fleet.versions[1]).await;

    let mut heard: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for _ in 0..3 * 2 * fleet.hosts.len() {
        let mut next = socket.hear().await;
        assert_eq!(next["type"], "next", "{next:#}");
        let event = next["payload"]["data"]["instanceStatusChanged"].take();
        heard.entry(text(&next["id"])).or_default().push(event);
    }
    assert_eq!(heard["all"], heard["from then"]);
    for name in &fleet.hostnames {
        let of_host: Vec<_> = heard["all"].iter().filter(|event| event["hostname"] == **name).cloned().collect();
        assert_eq!(heard[name], of_host);
        let steps: Vec<_> = of_host.iter().map(|event| (&event["revision"], &event["status"])).collect();
        assert_eq!(steps, [(&json!(3), &json!("UPGRADING")), (&json!(4), &json!("RUNNING"))]);
    }
}
on_both!(many_subscriptions_on_one_socket_each_get_theirs);

async fn queries_and_mutations_are_answered_as_over_http(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").hosts(3).install().await;
    let mut viewer = Socket::open(&server, &server.token("watcher", "viewer")).await;
    let mut operator = Socket::open(&server, &server.token("operator", "operator")).await;

    let query = "query($first: Int) { viewer { name role } services(first: $first) { totalCount nodes { name } } }";
    let variables = json!({ "first": 1 });
    let over_http = server.client_as("watcher", "viewer").query(query, variables.clone()).await;
    assert_eq!(viewer.ask(query, variables).await, json!({ "data": over_http }));

    let upgrade = "mutation($input: UpgradeInstancesInput!) {
            upgradeInstances(input: $input) { acceptedCount userErrors { code } } }";
    let input = |version: &str| json!({ "input": { "serviceId": fleet.service, "versionId": version, "hosts": { "all": true } } });
    let forbidden = viewer.ask(upgrade, input(&fleet.versions[1])).await;
    assert_eq!(forbidden["data"], json!({ "upgradeInstances": null }));
    assert_eq!(forbidden["errors"][0]["extensions"]["code"], "FORBIDDEN", "{forbidden:#}");
    let unknown = operator.ask(upgrade, input("ver_999")).await;
    assert_eq!(unknown["data"]["upgradeInstances"]["userErrors"], json!([{ "code": "NOT_FOUND" }]));
    let accepted = operator.ask(upgrade, input(&fleet.versions[1])).await;
    assert_eq!(accepted["data"], json!({ "upgradeInstances": { "acceptedCount": 3, "userErrors": [] } }));

    // 10,000 hostnames fit into a message.
    let hostnames: Vec<String> = (0..10_000).map(|number| format!("host-{number:05}.example.com")).collect();
    let input =
        json!({ "serviceId": fleet.service, "versionId": fleet.versions[2], "hosts": { "hostnames": hostnames } });
    let missing = operator.ask(upgrade, json!({ "input": input })).await;
    let codes = missing["data"]["upgradeInstances"]["userErrors"].as_array().unwrap();
    assert!(codes.contains(&json!({ "code": "NOT_FOUND" })), "{codes:?}");
}
on_both!(queries_and_mutations_are_answered_as_over_http);

async fn i5_a_subscription_from_a_wrong_place_is_refused_with_its_code(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").hosts(2).install().await;
    let mut socket = Socket::open(&server, &server.token("watcher", "viewer")).await;
    let log = server.stored().await.texts("SELECT id FROM event_log").await.remove(0);
    let page = "{ hosts(first: 1) { pageInfo { endCursor } } }";
    let of_a_list = fleet.client.query(page, Value::Null).await["hosts"]["pageInfo"]["endCursor"].take();
    let db = Db::open(&server.database, 2).await.unwrap();
    events::keep(&db, Duration::ZERO).await.unwrap();
    for (after, code) in [
        (json!("nonsense"), "CURSOR_INVALID"),
        (json!(""), "CURSOR_INVALID"),
        (of_a_list, "CURSOR_INVALID"),
        (json!(cursor::event("another", 1)), "CURSOR_INVALID"),
        (json!(cursor::event(&log, 1_000_000)), "CURSOR_INVALID"),
        (json!(cursor::event(&log, 1)), "CURSOR_EXPIRED"),
    ] {
        let error = socket.refused(WATCH, json!({ "after": after })).await;
        assert_eq!(error["extensions"]["code"], code, "{after}: {error:#}");
    }
    for filter in [json!({ "hostIds": [fleet.service] }), json!({ "hostIds": ["hst_x"] })] {
        let error = socket.refused(WATCH, json!({ "filter": filter })).await;
        assert_eq!(error["extensions"]["code"], "BAD_REQUEST", "{filter}: {error:#}");
    }
}
on_both!(i5_a_subscription_from_a_wrong_place_is_refused_with_its_code);

async fn i5_a_client_that_learns_that_the_server_restarts_misses_nothing(kind: &str) {
    let mut server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").hosts(3).install().await;
    let token = server.token("watcher", "viewer");
    let mut socket = Socket::open(&server, &token).await;
    let start = socket.ask("{ eventCursor }", Value::Null).await["data"]["eventCursor"].take();
    socket.begin("watch", WATCH, json!({ "after": start })).await;
    fleet.finish("upgradeInstances", &fleet.versions[1]).await;
    let received = tokio::task::spawn_blocking(move || (server.terminate(), server));
    assert_eq!(socket.closed().await, 1012);
    let (ended_well, mut server) = received.await.unwrap();
    assert!(ended_well);

    server.serve();
    let mut socket = Socket::open(&server, &token).await;
    socket.begin("watch", WATCH, json!({ "after": start })).await;
    let mut steps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..2 * fleet.hosts.len() {
        let event = socket.hear().await["payload"]["data"]["instanceStatusChanged"].take();
        let step = format!("{} {}", event["revision"], text(&event["status"]));
        steps.entry(text(&event["hostname"])).or_default().push(step);
    }
    for name in &fleet.hostnames {
        assert_eq!(steps[name], ["3 UPGRADING", "4 RUNNING"]);
    }
    server.assert_sound();
}
on_both!(i5_a_client_that_learns_that_the_server_restarts_misses_nothing);

async fn a_token_may_be_among_the_headers_of_connection_init_whose_names_have_no_case(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let bearer = format!("Bearer {}", server.token("watcher", "viewer"));
    for payload in [
        json!({ "authorization": bearer }),
        json!({ "Authorization": bearer }),
        json!({ "headers": { "Authorization": bearer } }),
        json!({ "headers": { "AUTHORIZATION": bearer, "x-other": 1 } }),
        json!({ "authorization": null, "headers": { "authorization": bearer } }),
        json!({ "authorization": bearer, "headers": { "authorization": "Bearer lk_wrong" } }),
    ] {
        let mut socket = Socket::introduced(&server, payload.clone()).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }), "{payload}");
        assert_eq!(socket.ask("{ viewer { name } }", Value::Null).await["data"]["viewer"]["name"], "watcher");
    }
    for payload in [
        json!({ "headers": {} }),
        json!({ "headers": bearer }),
        json!({ "headers": { "authorization": [bearer] } }),
        json!({ "headers": { "headers": { "authorization": bearer } } }),
    ] {
        assert_eq!(Socket::introduced(&server, payload.clone()).await.closed().await, 4403, "{payload}");
    }
}
on_both!(a_token_may_be_among_the_headers_of_connection_init_whose_names_have_no_case);
