//! Documents that are sent again, with other values of their variables and by other callers.

use crate::reads::fleet::Fleet;
use lockkeeper::domain::Role;
use serde_json::{Value, json};
use testkit::on_both;
use testkit::rows;

/// Documents with values of their variables, among them values that are wrong.
fn documents() -> Vec<(&'static str, Vec<Value>)> {
    let enabled = "query($name: String!, $now: ID!, $action: VersionAction!) { service(name: $name) { id versions(first: 9) {
        nodes { name one: enabled(action: $action, currentVersion: $now) two: enabled(action: UPGRADE, currentVersion: \"ver_1\") } } } }";
    let wanted = |name, now, action| json!({ "name": name, "now": now, "action": action });
    let list = "query($first: Int, $after: String, $ids: [ID!], $prefix: String) {
        instances(first: $first, after: $after, filter: { serviceIds: $ids, hostnameStartsWith: $prefix }) {
            totalCount pageInfo { endCursor } nodes { id } } }";
    let skipped = "query($skip: Boolean!, $name: String!) { service(name: $name) { name ...f } __typename }
        fragment f on Service { id @skip(if: $skip) versions(first: 1) @include(if: $skip) { nodes { name } } }";
    vec![
        (
            enabled,
            vec![
                wanted("svc-001", "ver_2", "UPGRADE"),
                wanted("svc-001", "ver_3", "REVERT"),
                wanted("svc-002", "ver_5", "UPGRADE"),
                wanted("svc-002", "ver_2", "UPGRADE"),
                wanted("svc-001", "ver_99", "UPGRADE"),
                wanted("svc-001", "ins_1", "UPGRADE"),
                wanted("none", "ver_1", "REVERT"),
                wanted("svc-001", "ver_1", "REVERT"),
            ],
        ),
        (
            list,
            vec![
                json!({}),
                json!({ "first": 2 }),
                json!({ "first": 0, "ids": ["svc_1"] }),
                json!({ "ids": ["svc_1", "svc_2"], "prefix": "host" }),
                json!({ "ids": [] }),
                json!({ "ids": ["svc_99"] }),
                json!({ "after": "wrong" }),
                json!({ "prefix": "none", "ids": null }),
                json!({ "first": 2 }),
            ],
        ),
        (
            skipped,
            vec![
                json!({ "skip": true, "name": "svc-001" }),
                json!({ "skip": false, "name": "svc-001" }),
                json!({ "skip": true, "name": "svc-002" }),
                json!({ "skip": false, "name": "svc-002" }),
            ],
        ),
        (
            "query($id: ID!, $ids: [ID!]!) { node(id: $id) { id __typename } nodes(ids: $ids) { id } eventCursor }",
            vec![
                json!({ "id": "svc_1", "ids": ["ver_1", "hst_1"] }),
                json!({ "id": "ins_1", "ids": ["ver_1"] }),
                json!({ "id": "x", "ids": [] }),
            ],
        ),
        ("{ viewer { name role } executors { name } audit(first: 1) { nodes { operation } } }", vec![json!({})]),
        ("{ holds { nodes { id } } viewer { name } services(first: 1) { nodes { name } } }", vec![json!({})]),
    ]
}

async fn a_known_document_is_answered_as_a_new_one(kind: &str) {
    let fleet = Fleet::of(kind, 2, 3, 2).await;
    fleet.insert([rows::hold(1, 1, Some(1))]).await;
    let mut number = 0;
    for (document, values) in documents() {
        for round in 1..=2 {
            for values in &values {
                for role in [Role::Viewer, Role::Admin] {
                    number += 1;
                    let known = fleet.ask(role, document, values.clone()).await;
                    let new = fleet.ask(role, &format!("{document} # {number}"), values.clone()).await;
                    assert_eq!(known, new, "{kind}, round {round}, {values}: {document}");
                }
            }
        }
    }
}
on_both!(a_known_document_is_answered_as_a_new_one);
