//! The frame of mutations.

use crate::reads::fleet::Fleet;
use lockkeeper::domain::Role;
use serde_json::json;
use testkit::on_both;

const CREATE: &str = "mutation($i: CreateServiceInput!) { createService(input: $i) { service { id name language versions { totalCount } } userErrors { code field message relatedIds } } }";

async fn a_mutation_answers_with_the_thing_read_like_everything_else(kind: &str) {
    let fleet = Fleet::empty(kind).await;
    let response = fleet.ask(Role::Admin, CREATE, json!({ "i": { "name": "web", "executor": "sim" } })).await;
    let service = json!({ "id": "svc_1", "name": "web", "language": "", "versions": { "totalCount": 0 } });
    assert_eq!(response["data"]["createService"], json!({ "service": service, "userErrors": [] }), "{kind}");
}
on_both!(a_mutation_answers_with_the_thing_read_like_everything_else);

async fn a_caller_without_the_right_is_refused_before_anything_else(kind: &str) {
    let fleet = Fleet::empty(kind).await;
    for role in [Role::Viewer, Role::Builder, Role::Operator] {
        let before = fleet.app.db.statements();
        let response = fleet.ask(role, CREATE, json!({ "i": { "name": "web", "executor": "sim" } })).await;
        assert_eq!(response["data"], json!({ "createService": null }));
        assert_eq!(response["errors"][0]["extensions"]["code"], "FORBIDDEN", "{kind}");
        assert_eq!(response["errors"][0]["path"], json!(["createService"]));
        assert_eq!(fleet.app.db.statements(), before);
    }
}
on_both!(a_caller_without_the_right_is_refused_before_anything_else);

async fn an_input_of_another_type_changes_nothing(kind: &str) {
    let fleet = Fleet::empty(kind).await;
    for input in [
        json!({ "name": 5, "executor": "sim" }),
        json!({ "name": "web" }),
        json!(null),
        json!({ "name": "web", "executor": "sim", "more": 1 }),
    ] {
        let response = fleet.ask(Role::Admin, CREATE, json!({ "i": input })).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{kind}: {input}: {response}");
    }
    assert_eq!(fleet.data("{ services { totalCount } }").await["services"]["totalCount"], 0);
}
on_both!(an_input_of_another_type_changes_nothing);
