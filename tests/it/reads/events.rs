//! The log of events, polled.

use crate::reads::fleet::Fleet;
use lockkeeper::wire::cursor;
use serde_json::json;
use testkit::on_both;
use testkit::rows;

async fn events_are_polled_in_order_and_the_cursor_moves_on_when_nothing_matched(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 3).await;
    fleet.edit(&[1, 2, 1, 3, 1]).await;
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
    let data = fleet
        .data(&format!(
            "{{ node(id: \"ins_1\") {{ ... on Instance {{ events(after: {after}) {{ nodes {{ revision }} }} }} }} }}"
        ))
        .await;
    assert_eq!(data["node"]["events"]["nodes"], json!([{ "revision": 1 }]));
    let [mut after, mut received] = [String::new(), String::new()];
    for _ in 0..4 {
        let data = fleet.data(&format!("{{ node(id: \"ins_1\") {{ ... on Instance {{ events(first: 2 {after}) {{ nextCursor nodes {{ revision }} }} }} }} }}")).await;
        let events = &data["node"]["events"];
        for event in events["nodes"].as_array().unwrap() {
            received += &event["revision"].to_string();
        }
        after = format!("after: {}", events["nextCursor"]);
    }
    assert_eq!(received, "321", "{kind}: a history from the newest on ends with the oldest");
    assert_eq!(fleet.data("{ releaseEvents { nodes { kind } } }").await, json!({ "releaseEvents": { "nodes": [] } }));
}
on_both!(events_are_polled_in_order_and_the_cursor_moves_on_when_nothing_matched);

/// From the newest event back to the oldest, and from each page on to what follows it.
async fn the_log_is_read_backwards_from_its_end(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 3).await;
    fleet.edit(&[1, 2, 1, 3, 1]).await;
    let log = fleet.app.db.log_id();
    let at = |position| cursor::event(log, position);
    let query = |args: &str| {
        format!(
            "{{ list: instanceEvents({args}) {{ nextCursor nodes {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
        )
    };
    let page = async |args: String| {
        let list = fleet.data(&query(&args)).await["list"].take();
        let cursors: Vec<String> = list["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["cursor"].as_str().unwrap().to_owned())
            .collect();
        let next = list["nextCursor"].as_str().unwrap().to_owned();
        (
            cursors,
            next,
            list["pageInfo"]["hasPreviousPage"].as_bool().unwrap(),
            list["pageInfo"]["hasNextPage"].as_bool().unwrap(),
        )
    };
    // What follows the last page is what will come; what follows an earlier one is the page after it.
    assert_eq!(page("last: 2".into()).await, (vec![at(4), at(5)], at(5), true, false), "{kind}");
    assert_eq!(
        page(format!("last: 2, before: \"{}\"", at(4))).await,
        (vec![at(2), at(3)], at(3), true, true),
        "{kind}"
    );
    assert_eq!(page(format!("last: 2, before: \"{}\"", at(2))).await, (vec![at(1)], at(1), false, true), "{kind}");
    assert_eq!(page(format!("last: 2, before: \"{}\"", at(1))).await, (vec![], at(0), false, true), "{kind}");
    let ones = "filter: { instanceIds: [\"ins_1\"] }";
    assert_eq!(page(format!("last: 1, {ones}")).await, (vec![at(5)], at(5), true, false), "{kind}");
    // Between the third event and the fifth nothing matches: what was searched is not read again.
    assert_eq!(
        page(format!("last: 1, before: \"{}\", {ones}", at(5))).await,
        (vec![at(3)], at(4), true, true),
        "{kind}"
    );
    let between = format!("first: 9, after: \"{}\", before: \"{}\"", at(1), at(4));
    assert_eq!(page(between).await, (vec![at(2), at(3)], at(3), true, false), "{kind}");
    let data =
        fleet.data("{ host(hostname: \"host-001\") { events(first: 2) { totalCount nodes { revision } } } }").await;
    assert_eq!(data["host"]["events"], json!({ "totalCount": 3, "nodes": [{ "revision": 3 }, { "revision": 2 }] }));
    fleet.insert([rows::service_event(6, 1), rows::service_event(7, 1).set("kind", "FROZEN")]).await;
    let data = fleet
        .data("{ serviceEvents(last: 1, filter: { services: [\"svc-001\"] }) { nodes { kind service { name } } } service(name: \"svc-001\") { events { nodes { kind } } } }")
        .await;
    assert_eq!(
        data["serviceEvents"]["nodes"],
        json!([{ "kind": "FROZEN", "service": { "name": "svc-001" } }]),
        "{kind}"
    );
    assert_eq!(data["service"]["events"]["nodes"], json!([{ "kind": "FROZEN" }, { "kind": "EDITED" }]), "{kind}");
}
on_both!(the_log_is_read_backwards_from_its_end);

async fn cursors_behind_what_is_kept_and_ahead_of_what_is_there_are_told_apart(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    fleet.edit(&[1, 1, 1]).await;
    fleet.rows.execute("UPDATE event_log SET floor = 2").await;
    let log = fleet.app.db.log_id();
    let cases = [
        (cursor::event(log, 1), "CURSOR_EXPIRED"),
        (cursor::event(log, 9), "CURSOR_INVALID"),
        (cursor::event("00000000", 3), "CURSOR_INVALID"),
    ];
    for (after, code) in cases {
        let response =
            fleet.response(&format!("{{ instanceEvents(after: \"{after}\") {{ nodes {{ revision }} }} }}")).await;
        let extensions = &response["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!(code), &json!("after")),
            "{kind}: {response}"
        );
    }
    let response =
        fleet.response(&format!("{{ serviceEvents(before: \"{}\") {{ totalCount }} }}", cursor::event(log, 9))).await;
    let extensions = &response["errors"][0]["extensions"];
    assert_eq!((&extensions["code"], &extensions["argument"]), (&json!("CURSOR_INVALID"), &json!("before")), "{kind}");
    // What precedes an expired place is gone, and no page would have it: nothing is missed.
    let data = fleet
        .data(&format!(
            "{{ instanceEvents(last: 9, before: \"{}\") {{ nodes {{ revision }} }} }}",
            cursor::event(log, 1)
        ))
        .await;
    assert_eq!(data["instanceEvents"]["nodes"], json!([]), "{kind}");
    let after = cursor::event(log, 2);
    let data = fleet.data(&format!("{{ instanceEvents(after: \"{after}\") {{ nodes {{ revision }} }} }}")).await;
    assert_eq!(data["instanceEvents"]["nodes"], json!([{ "revision": 3 }]));
}
on_both!(cursors_behind_what_is_kept_and_ahead_of_what_is_there_are_told_apart);

async fn the_newest_place_is_read_before_every_other_field(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    fleet.edit(&[1]).await;
    // One statement for the place, however often it is selected, and wherever it stands.
    let query = "{ service(name: \"svc-001\") { id } a: eventCursor eventCursor }";
    assert_eq!(fleet.statements(query).await, 2, "{kind}");
    let data = fleet.data(query).await;
    assert_eq!(data["a"], data["eventCursor"]);
    assert_eq!(data["a"], cursor::event(fleet.app.db.log_id(), 1));
}
on_both!(the_newest_place_is_read_before_every_other_field);
