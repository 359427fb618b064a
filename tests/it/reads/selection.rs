//! Aliases, merged fields, fragments, directives, variables.

use crate::reads::fleet::Fleet;
use lockkeeper::domain::Role;
use serde_json::json;
use testkit::on_both;
use testkit::rows;

async fn fields_of_one_key_are_merged(kind: &str) {
    let fleet = Fleet::of(kind, 1, 2, 1).await;
    let data = fleet
            .data(
                "{ service(name: \"svc-001\") { name } service(name: \"svc-001\") { id ...f versions(first: 1) { nodes { id } } } }
                 fragment f on Service { versions(first: 1) { nodes { name ... on Node { id } } } other: name }",
            )
            .await;
    let expected = json!({ "service": { "name": "svc-001", "id": "svc_1",
            "versions": { "nodes": [{ "name": "1.1.0", "id": "ver_2" }] }, "other": "svc-001" } });
    assert_eq!(data, expected, "{kind}");
}
on_both!(fields_of_one_key_are_merged);

async fn fragments_on_interfaces_unions_and_types_are_opened_where_they_fit(kind: &str) {
    let fleet = Fleet::of(kind, 1, 2, 2).await;
    fleet.insert([rows::hold(1, 1, Some(1))]).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    let data = fleet
            .data(
                "{ node(id: \"ins_1\") { __typename id ... on Instance { locked locks { reason by holder { __typename ... on Node { id } ...h ... on Release { action } } } } ... on Host { hostname } } }
                 fragment h on LockHolder { ... on Hold { includesReverts } }",
            )
            .await;
    let release = json!({ "__typename": "Release", "id": "rel_1", "action": "UPGRADE" });
    let hold = json!({ "__typename": "Hold", "id": "hld_1", "includesReverts": false });
    let locks =
        json!([{ "reason": "Go.", "by": "ann", "holder": release }, { "reason": "Why.", "by": "bob", "holder": hold }]);
    let expected = json!({ "__typename": "Instance", "id": "ins_1", "locked": true, "locks": locks });
    assert_eq!(data["node"], expected, "{kind}");
}
on_both!(fragments_on_interfaces_unions_and_types_are_opened_where_they_fit);

async fn a_fragment_on_the_interface_of_payloads_is_opened(kind: &str) {
    let fleet = Fleet::empty(kind).await;
    let query = "mutation { createService(input: { name: \"-\", executor: \"none\" }) { __typename ...p } } fragment p on MutationPayload { userErrors { code } }";
    let mut data = fleet.data(query).await;
    let codes = data["createService"]["userErrors"].take();
    assert_eq!(codes, json!([{ "code": "INVALID" }, { "code": "UNKNOWN_EXECUTOR" }]), "{kind}");
    assert_eq!(data["createService"]["__typename"], "CreateServicePayload");
}
on_both!(a_fragment_on_the_interface_of_payloads_is_opened);

async fn directives_and_variables_decide_what_is_selected(kind: &str) {
    let fleet = Fleet::of(kind, 3, 1, 1).await;
    let query = "query($n: Int = 2, $yes: Boolean!, $after: String) { services(first: $n, after: $after) { nodes { name @skip(if: $yes) language @include(if: $yes) ... @include(if: $yes) { id } } } }";
    let response = fleet.ask(Role::Viewer, query, json!({ "yes": true })).await;
    let node = |id| json!({ "language": "rust", "id": id });
    assert_eq!(response["data"]["services"]["nodes"], json!([node("svc_1"), node("svc_2")]), "{kind}: {response}");
    let response = fleet.ask(Role::Viewer, query, json!({ "yes": false, "n": 1 })).await;
    assert_eq!(response["data"]["services"]["nodes"], json!([{ "name": "svc-001" }]), "{kind}");
}
on_both!(directives_and_variables_decide_what_is_selected);

async fn a_variable_that_is_missing_or_of_another_type_is_a_bad_request(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    let cases = [
        ("query($n: String!) { service(name: $n) { id } }", json!({})),
        ("query($n: String!) { service(name: $n) { id } }", json!({ "n": 5 })),
        ("query($n: String!) { service(name: $n) { id } }", json!({ "n": ["a"] })),
        ("query($n: Int) { services(first: $n) { nodes { id } } }", json!({ "n": "two" })),
        (
            "query($f: InstanceFilter) { instances(filter: $f) { nodes { id } } }",
            json!({ "f": { "statuses": ["NONE"] } }),
        ),
        ("query($f: InstanceFilter) { instances(filter: $f) { nodes { id } } }", json!({ "f": { "locked": "yes" } })),
    ];
    for (query, variables) in cases {
        let response = fleet.ask(Role::Viewer, query, variables).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{kind}: {query}: {response}");
    }
}
on_both!(a_variable_that_is_missing_or_of_another_type_is_a_bad_request);
