//! Who may do what: every role against every mutation of the schema.

use crate::api::world::World;
use serde_json::{Map, Value, json};
use testkit::client::{WITHOUT_INPUT, mutation_document};
use testkit::on_both;
use testkit::{Client, Server};

/// Roles that may use each mutation, beside `ADMIN`. A mutation of the schema that is not here fails the test.
const ALLOWED: &[(&str, &[&str])] = &[
    ("createService", &[]),
    ("updateService", &[]),
    ("removeService", &[]),
    ("createHosts", &[]),
    ("updateHost", &[]),
    ("updateHosts", &[]),
    ("removeHost", &[]),
    ("removeHosts", &[]),
    ("removeVersion", &[]),
    ("createVersion", &["BUILDER"]),
    ("reportBuild", &["BUILDER"]),
    ("withdrawVersion", &["OPERATOR"]),
    ("reinstateVersion", &["OPERATOR"]),
    ("installInstances", &["OPERATOR"]),
    ("upgradeInstances", &["OPERATOR"]),
    ("revertInstances", &["OPERATOR"]),
    ("uninstallInstances", &["OPERATOR"]),
    ("cancelRelease", &["OPERATOR"]),
    ("pauseRelease", &["OPERATOR"]),
    ("resumeRelease", &["OPERATOR"]),
    ("undoRelease", &["OPERATOR"]),
    ("retryRelease", &["OPERATOR"]),
    ("updateInstance", &["OPERATOR"]),
    ("holdInstances", &["OPERATOR"]),
    ("endHolds", &["OPERATOR"]),
    ("holdHosts", &["OPERATOR"]),
    ("unholdHosts", &["OPERATOR"]),
    ("confirmInstance", &["OPERATOR"]),
    ("undrainInstances", &["OPERATOR"]),
    ("probeInstances", &["OPERATOR"]),
    ("confirmInstances", &["OPERATOR"]),
    ("adoptInstances", &["OPERATOR"]),
    ("freezeService", &["OPERATOR"]),
    ("unfreezeService", &["OPERATOR"]),
    ("freezeFleet", &["OPERATOR"]),
    ("unfreezeFleet", &["OPERATOR"]),
    ("createFreezeWindow", &["OPERATOR"]),
    ("removeFreezeWindow", &["OPERATOR"]),
    ("suspendFleet", &[]),
    ("resumeFleet", &[]),
];

const ROLES: [&str; 4] = ["VIEWER", "BUILDER", "OPERATOR", "ADMIN"];

/// The schema as the server tells it.
async fn schema(client: &Client) -> Value {
    let document = "{ __schema { mutationType { fields { name } }
        types { name kind enumValues { name } inputFields { name defaultValue type {
            kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";
    client.query(document, Value::Null).await["__schema"].take()
}

/// The least value that fits a type: what must be there, and no more.
fn least(schema: &Value, kind: &Value) -> Value {
    let types = schema["types"].as_array().unwrap();
    match (kind["kind"].as_str().unwrap(), kind["name"].as_str()) {
        ("NON_NULL", _) => least(schema, &kind["ofType"]),
        ("LIST", _) => json!([]),
        (_, Some("Int")) => json!(1),
        (_, Some("Boolean")) => json!(true),
        ("SCALAR", _) => json!("x"),
        (kind, name) => {
            let found = types.iter().find(|found| found["name"].as_str() == name).unwrap();
            match kind {
                "ENUM" => found["enumValues"][0]["name"].clone(),
                _ => least_input(schema, found["inputFields"].as_array().unwrap()),
            }
        }
    }
}

fn least_input(schema: &Value, fields: &[Value]) -> Value {
    let needed = |field: &&Value| field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
    let value = |field: &Value| (field["name"].as_str().unwrap().to_owned(), least(schema, &field["type"]));
    let given: Map<String, Value> = fields.iter().filter(needed).map(value).collect();
    // Where nothing must be there, exactly one must.
    match given.is_empty() {
        true => Value::Object(fields.iter().take(1).map(value).collect()),
        false => Value::Object(given),
    }
}

fn code(body: &Value) -> Option<&str> {
    body["errors"][0]["extensions"]["code"].as_str()
}

async fn each_role_may_use_its_mutations_and_no_others(world: &World) {
    let schema = schema(&world.client).await;
    let mutations: Vec<&str> = schema["mutationType"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    for (mutation, _) in ALLOWED {
        assert!(mutations.contains(mutation), "{mutation} is not in the schema");
    }
    let stored = world.server.stored().await;
    for role in ROLES {
        let client = world.server.client_as(&format!("some-{role}"), role);
        for mutation in &mutations {
            let (_, allowed) = ALLOWED
                .iter()
                .find(|(name, _)| name == mutation)
                .unwrap_or_else(|| panic!("say in ALLOWED who may use {mutation}"));
            let allowed = role == "ADMIN" || allowed.contains(&role);
            let name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
            let input = match WITHOUT_INPUT.contains(mutation) {
                true => json!({}),
                false => least(&schema, &json!({ "kind": "INPUT_OBJECT", "name": name })),
            };
            let before = stored.state().await;
            let document = mutation_document(mutation, "__typename");
            let answer = client.send(&document, json!({ "input": input })).await.body;
            let expected = if allowed { None } else { Some("FORBIDDEN") };
            assert_eq!(code(&answer), expected, "{role} {mutation} {input}\n{answer:#}");
            if !allowed {
                assert_eq!(answer["data"], json!({ *mutation: null }), "{answer:#}");
                assert_eq!(stored.state().await, before, "{role} {mutation}");
            }
        }
    }
}
on_both!(each_role_may_use_its_mutations_and_no_others in World);

async fn every_role_may_read_and_subscribe(world: &World) {
    for role in ROLES {
        let name = format!("some-{role}");
        let client = world.server.client_as(&name, role);
        let data = client.query("{ viewer { name role } services { totalCount } eventCursor }", Value::Null).await;
        assert_eq!(data["viewer"], json!({ "name": name, "role": role }));
        assert_eq!(data["services"]["totalCount"], 2);
        let from_the_start = "subscription($after: String) { instanceStatusChanged(after: $after) { revision } }";
        let releases = client.query("{ releases(last: 1) { nodes { cursor } } }", Value::Null).await;
        let variables = json!({ "after": releases["releases"]["nodes"][0]["cursor"] });
        let mut stream = client.subscribe(from_the_start, variables).await;
        assert_eq!(stream.value("instanceStatusChanged").await["revision"], 1);
    }
}
on_both!(every_role_may_read_and_subscribe in World);

async fn the_audit_log_is_for_admins_and_a_denied_field_takes_nothing_else_away(world: &World) {
    for role in ROLES {
        let client = world.server.client_as(&format!("some-{role}"), role);
        let answer = client.send("{ audit(first: 1) { nodes { id } } viewer { role } }", Value::Null).await.body;
        assert_eq!(answer["data"]["viewer"]["role"], role);
        assert_eq!(answer["data"]["audit"].is_null(), role != "ADMIN", "{answer:#}");
        assert_eq!(code(&answer), (role != "ADMIN").then_some("FORBIDDEN"), "{answer:#}");
    }
}
on_both!(the_audit_log_is_for_admins_and_a_denied_field_takes_nothing_else_away in World);

async fn without_a_token_that_counts_nothing_is_answered(world: &World) {
    let revoked = world.server.token("gone", "admin");
    let Server { url, .. } = &world.server;
    let revoke = world.server.run(&["token", "revoke", "--name", "gone"]);
    assert!(revoke.status.success(), "{}", String::from_utf8_lossy(&revoke.stderr));
    for token in ["", "nonsense", "lk_0123456789", &revoked] {
        let answer = Client::new(url, token).send("{ viewer { name } }", Value::Null).await;
        assert_eq!((answer.status, code(&answer.body)), (401, Some("UNAUTHENTICATED")), "{:#}", answer.body);
        assert!(answer.body["data"].is_null());
    }
}
on_both!(without_a_token_that_counts_nothing_is_answered in World);
