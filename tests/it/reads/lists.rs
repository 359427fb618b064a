//! Pages and orders.

use crate::reads::fleet::Fleet;
use crate::reads::model::{hostname, ids, model};
use lockkeeper::domain::Role;
use serde_json::{Value, json};
use testkit::on_both;

/// All pages of a list, in one way or the other.
async fn pages(fleet: &Fleet, field: &str, args: &str, long: usize, forward: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = if forward { format!("first: {long}{cursor}") } else { format!("last: {long}{cursor}") };
        let query = format!(
            "{{ list: {field}({page}{args}) {{ totalCount nodes {{ id }} edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let list = fleet.data(&query).await["list"].take();
        let edges = list["edges"].as_array().unwrap();
        assert_eq!(list["pageInfo"]["startCursor"], edges.first().map_or(Value::Null, |edge| edge["cursor"].clone()));
        assert_eq!(list["pageInfo"]["endCursor"], edges.last().map_or(Value::Null, |edge| edge["cursor"].clone()));
        let got = ids(&list);
        if forward {
            assert_eq!(list["pageInfo"]["hasPreviousPage"], json!(!cursor.is_empty()));
            all.extend(got);
        } else {
            assert_eq!(list["pageInfo"]["hasNextPage"], json!(!cursor.is_empty()));
            all.splice(0..0, got);
        }
        let (more, end) = if forward { ("hasNextPage", "endCursor") } else { ("hasPreviousPage", "startCursor") };
        if list["pageInfo"][more] == json!(false) {
            assert_eq!(list["totalCount"], json!(all.len()));
            return all;
        }
        cursor = format!(", {}: {}", if forward { "after" } else { "before" }, list["pageInfo"][end]);
    }
}

async fn pages_go_through_every_order_with_ties_both_ways(kind: &str) {
    let (fleet, rows) = model(kind).await;
    let there = || rows.iter().filter(|row| row.status != "REMOVED").cloned().collect::<Vec<_>>();
    for (order, descending) in [("HOSTNAME", false), ("HOSTNAME", true), ("UPDATED_AT", false), ("UPDATED_AT", true)] {
        let mut expected = there();
        match order {
            "HOSTNAME" => expected.sort_by_key(|row| (hostname(row.host), row.id)),
            _ => expected.sort_by_key(|row| (row.updated, row.id)),
        }
        if descending {
            expected.reverse();
        }
        let expected: Vec<String> = expected.iter().map(|row| format!("ins_{}", row.id)).collect();
        let way = if descending { "DESC" } else { "ASC" };
        let args = format!(", orderBy: {{ field: {order}, direction: {way} }}");
        for long in [1, 3, 7, 50] {
            for forward in [true, false] {
                assert_eq!(pages(&fleet, "instances", &args, long, forward).await, expected, "{kind} {args} {long}");
            }
        }
    }
    // Within a parent, and by default.
    let data = fleet.data("{ service(name: \"svc-2\") { instances(first: 2) { nodes { id } } versions(last: 2) { nodes { name } } v: versions(orderBy: { field: NAME }) { nodes { name } } w: versions(orderBy: { field: CREATED_AT, direction: ASC }, first: 1) { nodes { name } } } }").await;
    let service = &data["service"];
    assert_eq!(ids(&service["instances"]), ["ins_212", "ins_203"], "{kind}");
    assert_eq!(service["versions"]["nodes"], json!([{ "name": "1.2" }, { "name": "1.1" }]));
    assert_eq!(service["v"]["nodes"], json!([{ "name": "1.3" }, { "name": "1.2" }, { "name": "1.1" }]));
    assert_eq!(service["w"]["nodes"], json!([{ "name": "1.1" }]));
}
on_both!(pages_go_through_every_order_with_ties_both_ways);

async fn page_sizes_and_cursors_that_are_wrong_are_reported_by_their_argument(kind: &str) {
    let (fleet, _) = model(kind).await;
    let data = fleet.data("{ instances(first: 1) { pageInfo { endCursor } } }").await;
    let cursor = data["instances"]["pageInfo"]["endCursor"].as_str().unwrap();
    let cases = [
        ("instances(first: -1)".to_owned(), "BAD_USER_INPUT", "first"),
        ("instances(first: 201)".to_owned(), "BAD_USER_INPUT", "first"),
        ("instances(last: 1000000)".to_owned(), "BAD_USER_INPUT", "last"),
        ("instances(first: 1, last: 1)".to_owned(), "BAD_USER_INPUT", "last"),
        ("instances(after: \"nonsense\")".to_owned(), "CURSOR_INVALID", "after"),
        (format!("instances(before: \"{cursor}x\")"), "CURSOR_INVALID", "before"),
        (format!("services(after: \"{cursor}\")"), "CURSOR_INVALID", "after"),
        (format!("instances(after: \"{cursor}\", orderBy: {{ field: UPDATED_AT }})"), "CURSOR_INVALID", "after"),
        (
            format!("instances(after: \"{cursor}\", orderBy: {{ field: HOSTNAME, direction: DESC }})"),
            "CURSOR_INVALID",
            "after",
        ),
        (format!("instanceEvents(after: \"{cursor}\")"), "CURSOR_INVALID", "after"),
    ];
    for (list, code, argument) in cases {
        let response = fleet.response(&format!("{{ {list} {{ pageInfo {{ hasNextPage }} }} }}")).await;
        let extensions = &response["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!(code), &json!(argument)),
            "{kind} {list}: {response}"
        );
    }
    let data = fleet.data("{ instances(first: 0) { nodes { id } pageInfo { hasNextPage startCursor } } all: instances { nodes { id } } }").await;
    assert_eq!(data["instances"], json!({ "nodes": [], "pageInfo": { "hasNextPage": true, "startCursor": null } }));
}
on_both!(page_sizes_and_cursors_that_are_wrong_are_reported_by_their_argument);

async fn a_page_is_fifty_unless_said(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 60).await;
    let data = fleet.data("{ hosts { totalCount nodes { id } pageInfo { hasNextPage } } }").await;
    assert_eq!(ids(&data["hosts"]).len(), 50, "{kind}");
    assert_eq!((&data["hosts"]["totalCount"], &data["hosts"]["pageInfo"]["hasNextPage"]), (&json!(60), &json!(true)));
    let response = fleet.ask(Role::Viewer, "{ hosts(first: 200) { nodes { id } } }", json!({})).await;
    assert_eq!(ids(&response["data"]["hosts"]).len(), 60);
}
on_both!(a_page_is_fifty_unless_said);
