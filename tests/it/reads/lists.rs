//! Pages and orders.

use crate::reads::fleet::Fleet;
use crate::reads::model::{hostname, ids, model};
use lockkeeper::domain::Role;
use serde_json::{Value, json};
use testkit::on_both;
use testkit::rows;

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
            "HOSTNAME" => expected.sort_by_key(|row| (hostname(row.host).to_lowercase(), row.id)),
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
    assert_eq!(ids(&service["instances"]), ["ins_201", "ins_210"], "{kind}");
    assert_eq!(service["versions"]["nodes"], json!([{ "name": "1.2" }, { "name": "1.1" }]));
    assert_eq!(service["v"]["nodes"], json!([{ "name": "1.3" }, { "name": "1.2" }, { "name": "1.1" }]));
    assert_eq!(service["w"]["nodes"], json!([{ "name": "1.1" }]));
}
on_both!(pages_go_through_every_order_with_ties_both_ways);

/// Every order of every list that has one, page by page from both ends, against the rows sorted the plain way.
async fn services_hosts_releases_and_targets_are_ordered_as_asked(kind: &str) {
    let fleet = Fleet::of(kind, 3, 1, 4).await;
    fleet.rows.execute("UPDATE service SET created_at = {at 2}, updated_at = {at 9} WHERE id = 1").await;
    fleet.rows.execute("UPDATE service SET created_at = {at 1}, updated_at = {at 9} WHERE id = 2").await;
    fleet.rows.execute("UPDATE host SET created_at = {at 5} WHERE id < 3").await;
    fleet.insert(rows::release_of(1, 1, 1, &[4, 2, 1, 3])).await;
    fleet.insert(rows::release_of(2, 2, 2, &[5])).await;
    let ended = "UPDATE release_target SET status = 'SUCCEEDED', attempt = 1, step = 'RUN', started_at = {at 7}, \
         finished_at = {at 8} WHERE id = 1003";
    fleet.rows.execute(ended).await;
    let cases = [
        ("services", "NAME", vec!["svc_1", "svc_2", "svc_3"]),
        ("services", "CREATED_AT", vec!["svc_3", "svc_2", "svc_1"]),
        ("services", "UPDATED_AT", vec!["svc_3", "svc_1", "svc_2"]),
        ("hosts", "HOSTNAME", vec!["hst_1", "hst_2", "hst_3", "hst_4"]),
        ("hosts", "CREATED_AT", vec!["hst_3", "hst_4", "hst_1", "hst_2"]),
        ("releases", "CREATED_AT", vec!["rel_1", "rel_2"]),
        ("targets", "ORDINAL", vec!["tgt_1001", "tgt_1002", "tgt_1003", "tgt_1004"]),
        ("targets", "HOSTNAME", vec!["tgt_1003", "tgt_1002", "tgt_1004", "tgt_1001"]),
        ("targets", "STATUS", vec!["tgt_1001", "tgt_1002", "tgt_1004", "tgt_1003"]),
        ("targets", "STARTED_AT", vec!["tgt_1003", "tgt_1001", "tgt_1002", "tgt_1004"]),
        ("targets", "FINISHED_AT", vec!["tgt_1003", "tgt_1001", "tgt_1002", "tgt_1004"]),
    ];
    for (list, field, ascending) in cases {
        for descending in [false, true] {
            let way = if descending { "DESC" } else { "ASC" };
            let mut expected = ascending.clone();
            if descending {
                expected.reverse();
            }
            for (size, back) in [("first", "after"), ("last", "before")] {
                let (mut all, mut cursor): (Vec<String>, String) = Default::default();
                loop {
                    let args = format!("{size}: 3 {cursor} orderBy: {{ field: {field}, direction: {way} }}");
                    let page = format!(
                        "list: {list}({args}) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"
                    );
                    let page = match list {
                        "targets" => fleet.data(&format!("{{ release(id: \"rel_1\") {{ {page} }} }}")).await["release"]
                            ["list"]
                            .take(),
                        _ => fleet.data(&format!("{{ {page} }}")).await["list"].take(),
                    };
                    let (more, end) = match size {
                        "first" => ("hasNextPage", "endCursor"),
                        _ => ("hasPreviousPage", "startCursor"),
                    };
                    let place = if size == "first" { all.len() } else { 0 };
                    all.splice(place..place, ids(&page));
                    if page["pageInfo"][more] == json!(false) {
                        break;
                    }
                    cursor = format!("{back}: {}", page["pageInfo"][end]);
                }
                assert_eq!(all, expected, "{kind}: {list} by {field} {way}, {size}");
            }
        }
    }
}
on_both!(services_hosts_releases_and_targets_are_ordered_as_asked);

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
        (format!("releaseEvents(before: \"{cursor}\")"), "CURSOR_INVALID", "before"),
        ("serviceEvents(first: 1, last: 1)".to_owned(), "BAD_USER_INPUT", "last"),
        ("instanceEvents(last: 201)".to_owned(), "BAD_USER_INPUT", "last"),
        (format!("instances(after: \"{cursor}\", before: \"\")"), "CURSOR_INVALID", "before"),
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
