//! Nulls and errors as the specification has them.

use crate::reads::fleet::Fleet;
use lockkeeper::domain::Role;
use serde_json::json;
use testkit::on_both;

async fn a_nullable_field_that_fails_is_null_with_its_path_and_its_siblings_live(kind: &str) {
    let fleet = Fleet::of(kind, 2, 3, 1).await;
    let response = fleet
            .response("{ a: service(name: \"svc-001\") { versions { nodes { name ok: enabled(action: UPGRADE, currentVersion: \"ver_4\") id } } } b: service(name: \"svc-002\") { id } }")
            .await;
    let node = |name: &str, id: &str| json!({ "name": name, "ok": null, "id": id });
    let nodes = [node("1.2.0", "ver_3"), node("1.1.0", "ver_2"), node("1.0.0", "ver_1")];
    assert_eq!(response["data"], json!({ "a": { "versions": { "nodes": nodes } }, "b": { "id": "svc_2" } }));
    let errors = response["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3, "{kind}: {response}");
    for (i, error) in errors.iter().enumerate() {
        assert_eq!(error["path"], json!(["a", "versions", "nodes", i, "ok"]));
        assert_eq!(error["extensions"]["code"], "BAD_REQUEST");
        assert_eq!(error["extensions"]["reason"], "OTHER_SERVICE");
        assert_eq!(error["extensions"]["requestId"], "req-1");
    }
}
on_both!(a_nullable_field_that_fails_is_null_with_its_path_and_its_siblings_live);

async fn a_failed_field_that_may_not_be_null_takes_the_nearest_that_may(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    let response = fleet
            .response("{ broken: service(name: \"svc-001\") { id versions(after: \"x\") { nodes { id } } } fine: service(name: \"svc-001\") { id } }")
            .await;
    assert_eq!(response["data"], json!({ "broken": null, "fine": { "id": "svc_1" } }), "{kind}");
    assert_eq!(response["errors"][0]["path"], json!(["broken", "versions"]));
    let response = fleet.response("{ services { nodes { id instances(after: \"x\") { nodes { id } } } } }").await;
    assert_eq!(response["data"], json!(null), "nothing above may be null");
    assert_eq!(response["errors"][0]["path"], json!(["services", "nodes", 0, "instances"]));
}
on_both!(a_failed_field_that_may_not_be_null_takes_the_nearest_that_may);

async fn one_failed_root_field_leaves_the_others_of_a_mutation_alone(kind: &str) {
    let fleet = Fleet::empty(kind).await;
    let query = "mutation($a: CreateServiceInput!) { a: createService(input: $a) { service { name } userErrors { code } } b: createService(input: $a) { service { name } userErrors { code field relatedIds message } } }";
    let response = fleet.ask(Role::Admin, query, json!({ "a": { "name": "web", "executor": "sim" } })).await;
    assert_eq!(response["data"]["a"], json!({ "service": { "name": "web" }, "userErrors": [] }), "{response}");
    assert_eq!(response["data"]["b"]["service"], json!(null));
    let error = &response["data"]["b"]["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["field"], &error["relatedIds"]),
        (&json!("TAKEN"), &json!(["input", "name"]), &json!(["svc_1"]))
    );
}
on_both!(one_failed_root_field_leaves_the_others_of_a_mutation_alone);

async fn keys_follow_the_query(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    let query = "{ z: viewer { role name } a: service(name: \"svc-001\") { removedAt name id } }";
    let text = fleet.ask_bytes(Role::Viewer, query, json!({})).await;
    let expected =
        r#"{"data":{"z":{"role":"VIEWER","name":"ann"},"a":{"removedAt":null,"name":"svc-001","id":"svc_1"}}}"#;
    assert_eq!(String::from_utf8(text).unwrap(), expected, "{kind}");
}
on_both!(keys_follow_the_query);

async fn what_breaks_inside_is_reported_without_its_detail(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    fleet.rows.execute("ALTER TABLE service RENAME TO gone").await;
    let response = fleet.response("{ service(name: \"x\") { id } }").await;
    assert_eq!(response["data"], json!({ "service": null }));
    let error = &response["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL", "{kind}");
    assert!(!error.to_string().contains("gone") && !error.to_string().contains("SELECT"));
}
on_both!(what_breaks_inside_is_reported_without_its_detail);
