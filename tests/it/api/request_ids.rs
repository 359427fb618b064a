//! An internal error says that it is logged under the id of its request: the line is there, with that id.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{MAX_WAIT, Program, Server, Socket, on_both};

const QUERY: &str = "{ hosts(first: 1) { nodes { hostname } } }";
const MUTATION: &str = "mutation { createHosts(input: { hosts: [{ hostname: \"new.example.com\", address: \"10.0.0.9\" }] }) { userErrors { code } } }";
const SUBSCRIPTION: &str =
    "subscription($after: String) { instanceStatusChanged(after: $after) { instance { host { id } } } }";

on_both!(an_internal_error_is_logged_under_the_id_that_its_answer_has);
async fn an_internal_error_is_logged_under_the_id_that_its_answer_has(kind: &str) {
    for format in ["text", "json"] {
        let program = Program::from(PROGRAM).in_environment(vec![("LOCKKEEPER_LOG_FORMAT", format.to_owned())]);
        let server = Server::start(program, kind);
        let client = server.client();
        let start = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
        let fleet = client.service("shop").versions(2).hosts(1).install().await;
        fleet.finish("upgradeInstances", &fleet.versions[1]).await;
        let mut socket = Socket::open(&server, &server.token("watcher", "admin")).await;
        server.stored().await.texts("ALTER TABLE host RENAME TO lost").await;

        for document in [QUERY, MUTATION] {
            assert_logged(&server, &client.send(document, Value::Null).await.body["errors"][0]);
            assert_logged(&server, &socket.ask(document, Value::Null).await["errors"][0]);
        }
        let after = json!({ "after": start });
        let mut stream = client.subscribe(SUBSCRIPTION, after.clone()).await;
        assert_logged(&server, &stream.next().await.expect("an event").data["errors"][0]);
        assert_logged(&server, &socket.refused(SUBSCRIPTION, after).await);
    }
}

/// Waits for the error line with the request id of this error.
#[track_caller]
fn assert_logged(server: &Server, error: &Value) {
    let extensions = &error["extensions"];
    assert_eq!(extensions["code"], "INTERNAL", "{error:#}");
    let id = extensions["requestId"].as_str().expect("an id");
    let is_logged = |log: &str| log.lines().any(|line| line.contains("ERROR") && line.contains(id));
    let began = Instant::now();
    while !is_logged(&server.log()) {
        assert!(began.elapsed() < MAX_WAIT, "no error with the id {id} in\n{}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}
