//! The log of events: polled, and watched.

use crate::databases::BOTH;
use crate::fleet::Fleet;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use lockkeeper::domain::{Caller, Role};
use lockkeeper::events::Filter;
use lockkeeper::graphql::{ApiError, Batch, EventSource, Message, complete, cursor, message, prepare};
use lockkeeper::read::Given;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn events_are_polled_in_order_and_the_cursor_moves_on_when_nothing_matched() {
    for kind in BOTH {
        let fleet = Fleet::of(kind, 1, 1, 3).await;
        fleet.events(&[1, 2, 1, 3, 1]).await;
        let query = |args: &str| {
            format!(
                "{{ eventCursor instanceEvents({args}) {{ nextCursor nodes {{ cursor instanceId revision status serviceName hostname instance {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            )
        };
        let data = fleet.data(&query("first: 2")).await;
        let events = &data["instanceEvents"];
        assert_eq!(events["nodes"][1]["instanceId"], "ins_2", "{kind}");
        assert_eq!(events["nextCursor"], events["nodes"][1]["cursor"]);
        assert_eq!(events["nextCursor"], events["pageInfo"]["endCursor"]);
        assert_eq!(events["nodes"][0]["instance"]["id"], "ins_1");
        let after = &events["nextCursor"];
        let data = fleet.data(&query(&format!("after: {after}, filter: {{ instanceIds: [\"ins_1\"] }}"))).await;
        let revisions: Vec<_> =
            data["instanceEvents"]["nodes"].as_array().unwrap().iter().map(|event| &event["revision"]).collect();
        assert_eq!(revisions, [2, 3]);
        assert_eq!(data["instanceEvents"]["nextCursor"], data["eventCursor"]);
        let data = fleet.data(&query(&format!("after: {after}, filter: {{ kinds: [HOLD] }}"))).await;
        assert_eq!(data["instanceEvents"]["nodes"], json!([]));
        assert_eq!(data["instanceEvents"]["nextCursor"], data["eventCursor"], "{kind}");
        let data = fleet.data("{ node(id: \"ins_1\") { ... on Instance { events(first: 2) { totalCount nodes { revision } pageInfo { endCursor } } } } }").await;
        assert_eq!(data["node"]["events"]["nodes"], json!([{ "revision": 3 }, { "revision": 2 }]));
        let after = &data["node"]["events"]["pageInfo"]["endCursor"];
        let data = fleet.data(&format!("{{ node(id: \"ins_1\") {{ ... on Instance {{ events(after: {after}) {{ nodes {{ revision }} }} }} }} }}")).await;
        assert_eq!(data["node"]["events"]["nodes"], json!([{ "revision": 1 }]));
        assert_eq!(
            fleet.data("{ releaseEvents { nodes { kind } } }").await,
            json!({ "releaseEvents": { "nodes": [] } })
        );
    }
}

#[tokio::test]
async fn cursors_behind_what_is_kept_and_ahead_of_what_is_there_are_told_apart() {
    for kind in BOTH {
        let fleet = Fleet::of(kind, 1, 1, 1).await;
        fleet.events(&[1, 1, 1]).await;
        fleet.sql("UPDATE event_log SET floor = 2").await;
        let log = fleet.app.db.log_id();
        let cases = [
            (cursor::event(log, 1), "CURSOR_EXPIRED"),
            (cursor::event(log, 9), "CURSOR_INVALID"),
            (cursor::event("00000000", 3), "CURSOR_INVALID"),
        ];
        for (after, code) in cases {
            let response =
                fleet.ask(&format!("{{ instanceEvents(after: \"{after}\") {{ nodes {{ revision }} }} }}")).await;
            let extensions = &response["errors"][0]["extensions"];
            assert_eq!(
                (&extensions["code"], &extensions["argument"]),
                (&json!(code), &json!("after")),
                "{kind}: {response}"
            );
        }
        let after = cursor::event(log, 2);
        let data = fleet.data(&format!("{{ instanceEvents(after: \"{after}\") {{ nodes {{ revision }} }} }}")).await;
        assert_eq!(data["instanceEvents"]["nodes"], json!([{ "revision": 3 }]));
    }
}

#[tokio::test]
async fn the_newest_place_is_read_before_every_other_field() {
    for kind in BOTH {
        let fleet = Fleet::of(kind, 1, 1, 1).await;
        fleet.events(&[1]).await;
        // One statement for the place, however often it is selected, and wherever it stands.
        let query = "{ service(name: \"svc-001\") { id } a: eventCursor eventCursor }";
        assert_eq!(fleet.statements(query).await, 2, "{kind}");
        let data = fleet.data(query).await;
        assert_eq!(data["a"], data["eventCursor"]);
        assert_eq!(data["a"], cursor::event(fleet.app.db.log_id(), 1));
    }
}

/// A source of two batches, which notes what it was asked.
#[derive(Default)]
struct Source(Mutex<Vec<(Filter, i64)>>);

fn event(position: i64, instance: i64, revision: i64) -> (i64, Given) {
    let row = Given::new()
        .int("position", position)
        .text("kind", "EDIT".to_owned())
        .int("instance_id", instance)
        .int("service_id", 1)
        .text("service_name", "svc-001".to_owned())
        .text("hostname", format!("host-00{instance}"))
        .int("version_id", (instance == 1).then_some(1))
        .int("revision", revision)
        .text("status", "RUNNING".to_owned())
        .truth("locked", false);
    (position, row)
}

impl EventSource for Source {
    fn instance_events(&self, filter: Filter, after: i64) -> BoxStream<'static, Result<Batch, ApiError>> {
        self.0.lock().unwrap().push((filter, after));
        let batches =
            vec![Ok(vec![event(1, 1, 1), event(2, 2, 1)]), Ok(vec![event(3, 1, 2)]), Err(ApiError::internal())];
        stream::iter(batches).boxed()
    }
}

async fn watch(fleet: &Fleet, source: &Arc<Source>, query: &str) -> Vec<Message> {
    let caller = Caller { name: "ann".into(), role: Role::Viewer, token: 1 };
    let source: Arc<dyn EventSource> = source.clone();
    let request = prepare(async_graphql::Request::new(query), caller, "req-1").data(source);
    let responses = fleet.schema.execute_stream(request).map(|mut response| {
        complete(&mut response, "req-1");
        message(response)
    });
    responses.collect().await
}

fn parsed(message: &Message) -> Value {
    serde_json::from_slice(&message.body).unwrap()
}

#[tokio::test]
async fn each_event_is_a_message_with_its_cursor_and_a_batch_is_read_at_once() {
    for kind in BOTH {
        let fleet = Fleet::of(kind, 1, 1, 2).await;
        fleet.events(&[1, 2, 1]).await;
        let source = Arc::new(Source::default());
        let log = fleet.app.db.log_id();
        let query = format!(
            "subscription {{ e: instanceStatusChanged(filter: {{ serviceIds: [\"svc_1\"], kinds: [EDIT] }}, after: \"{}\") {{ cursor revision hostname instance {{ id host {{ hostname }} }} version {{ name }} release {{ id }} }} }}",
            cursor::event(log, 1)
        );
        let before = fleet.app.db.statements();
        let messages = watch(&fleet, &source, &query).await;
        // The ends of the log, then instances and versions of each batch: releases are named by none.
        assert_eq!(fleet.app.db.statements() - before, 5, "{kind}");
        assert_eq!(messages.len(), 4);
        let expected = |position: i64, instance: i64, revision: i64| {
            let host = format!("host-00{instance}");
            json!({ "data": { "e": { "cursor": cursor::event(log, position), "revision": revision, "hostname": host,
                "instance": { "id": format!("ins_{instance}"), "host": { "hostname": host } },
                "version": if instance == 1 { json!({ "name": "1.0.0" }) } else { json!(null) }, "release": null } } })
        };
        for (message, (position, instance, revision)) in messages.iter().zip([(1, 1, 1), (2, 2, 1), (3, 1, 2)]) {
            assert_eq!(parsed(message), expected(position, instance, revision), "{kind}");
            assert_eq!(message.cursor, Some(cursor::event(log, position)));
        }
        let last = parsed(&messages[3]);
        assert_eq!(last["errors"][0]["extensions"]["code"], "INTERNAL");
        assert_eq!((&last["data"], messages[3].cursor.as_ref()), (&json!(null), None));
        let asked = source.0.lock().unwrap().pop().unwrap();
        assert_eq!((asked.0.services, asked.1), (Some(vec![1]), 1));
    }
}

#[tokio::test]
async fn a_subscription_that_is_wrong_ends_with_a_typed_error() {
    for kind in BOTH {
        let fleet = Fleet::of(kind, 1, 1, 1).await;
        let source = Arc::new(Source::default());
        let cases = [
            ("{ instanceStatusChanged(after: \"x\") { revision } }", "CURSOR_INVALID"),
            ("{ instanceStatusChanged(filter: { hostIds: [\"svc_1\"] }) { revision } }", "BAD_REQUEST"),
            ("{ instanceStatusChanged { revision } b: instanceStatusChanged { revision } }", "BAD_REQUEST"),
            ("{ instanceStatusChanged { nope } }", "BAD_REQUEST"),
        ];
        for (query, code) in cases {
            let messages = watch(&fleet, &source, &format!("subscription {query}")).await;
            assert_eq!(parsed(&messages[0])["errors"][0]["extensions"]["code"], code, "{kind}: {query}");
            assert!(source.0.lock().unwrap().is_empty());
        }
    }
}
