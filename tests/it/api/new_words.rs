//! Words that a newer program wrote: events with unknown kinds are passed over, and an unknown status is an error that
//! says where it is.

use crate::PROGRAM;
use serde_json::{Value, json};
use testkit::fleet::id;
use testkit::{Server, on_both};

/// Columns of events that are copied from an earlier one.
const COPIED: &str = "at, caused_by, service_id, service_name, instance_id, host_id, hostname, release_id, status, locked, \
    action, total, queued, running, succeeded, failed, canceled, unknown, skipped";

on_both!(events_of_a_newer_program_are_passed_over_live_in_the_log_and_in_lists);

async fn events_of_a_newer_program_are_passed_over_live_in_the_log_and_in_lists(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let (client, stored) = (server.client(), server.stored().await);
    client.service("shop").hosts(1).install().await;
    // An event of a kind that no program has had, beside the newest one of its subject.
    let append = async |subject: &str, like: &str, kind: &str| {
        let event = format!(
            "INSERT INTO event (position, subject, kind, revision, {COPIED})
                 SELECT (SELECT position + 1 FROM event_log), '{subject}', '{kind}', revision + 1, {COPIED}
                 FROM event WHERE subject = '{like}' ORDER BY position DESC LIMIT 1 RETURNING kind"
        );
        assert_eq!(stored.texts(&event).await, [kind]);
        stored.texts("UPDATE event_log SET position = position + 1 RETURNING id").await;
    };
    let document = "subscription($after: String) { serviceChanged(after: $after) { kind service { name } } }";
    let mut live = client.subscribe(document, Value::Null).await;
    let start = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let input = json!({ "name": "billing", "executor": "quick" });
    let service = id(&client.change("createService", input, "service { id }").await["service"]);
    append("HOST", "INSTANCE", "RENAMED").await;
    append("SERVICE", "SERVICE", "MOVED").await;
    append("RELEASE", "RELEASE", "POSTPONED").await;
    append("INSTANCE", "INSTANCE", "DRAIN").await;
    client.change("updateService", json!({ "serviceId": service, "language": "rust" }), "__typename").await;
    let known = ["REGISTERED", "EDITED"].map(|kind| json!({ "kind": kind, "service": { "name": "billing" } }));
    let mut late = client.subscribe(document, json!({ "after": start })).await;
    for event in known {
        assert_eq!(live.value("serviceChanged").await, event);
        assert_eq!(late.value("serviceChanged").await, event);
    }
    let document = "query($after: String) {
            releaseEvents(after: $after) { nodes { kind } } instanceEvents(after: $after) { nodes { kind } }
            instances { nodes { events(last: 100) { totalCount nodes { kind } } } } }";
    let data = client.query(document, json!({ "after": start })).await;
    assert_eq!((&data["releaseEvents"]["nodes"], &data["instanceEvents"]["nodes"]), (&json!([]), &json!([])));
    for instance in data["instances"]["nodes"].as_array().unwrap() {
        let kinds: Vec<_> =
            instance["events"]["nodes"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == "RELEASE"), "{kinds:?}");
    }
}

on_both!(a_status_of_a_newer_program_is_an_error_whose_log_line_names_the_column_and_the_word);

async fn a_status_of_a_newer_program_is_an_error_whose_log_line_names_the_column_and_the_word(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let (client, stored) = (server.client(), server.stored().await);
    client.service("shop").hosts(1).install().await;
    let drained = "UPDATE instance SET status = 'DRAINING', revision = revision + 1 RETURNING status";
    assert_eq!(stored.texts(drained).await, ["DRAINING"]);
    let documents = ["{ instances { nodes { id status } } }", "{ services { nodes { instanceCounts { status } } } }"];
    for (before, document) in documents.into_iter().enumerate() {
        let error = client.error(document, Value::Null).await;
        assert_eq!(
            (&error["extensions"]["code"], &error["path"][1]),
            (&json!("INTERNAL"), &json!("nodes")),
            "{error:#}"
        );
        let said = || server.log().matches("instance.status has the word \"DRAINING\"").count();
        // The line may come behind the answer.
        testkit::until("the log names the word", async || (said() > before).then_some(())).await;
        assert_eq!(said(), before + 1, "{}", server.log());
    }
}
