use super::*;
use async_graphql::parser::types::{DocumentOperations, Selection};

/// The values of variables as async-graphql gets them.
fn coerced(text: &str, variables: Value) -> Value {
    let operation = operation(text);
    let variables = coerce::coerce_all(&GATE.schema, &operation.variables, variables.as_object().unwrap().clone());
    let variables: Variables = variables.unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    serde_json::to_value(variables).unwrap()
}

/// The first argument of the first field, as async-graphql gets it.
fn literal(text: &str) -> String {
    let tree = accepted(text, json!({})).request().parsed_query().unwrap().clone();
    let DocumentOperations::Single(operation) = tree.operations else { unreachable!() };
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { panic!("{text}") };
    field.node.arguments[0].1.node.to_string()
}

#[test]
fn values_are_coerced_and_defaults_filled_in() {
    let filter = "query($n: Int, $ids: [ID!], $text: String = \"x\", $null: String = null, $f: InstanceFilter) {
        instances(first: $n, filter: $f) { nodes { id } } nodes(ids: $ids) { id }
        a: services(filter: { nameStartsWith: $text }) { nodes { id } }
        b: services(filter: { nameStartsWith: $null }) { nodes { id } } }"
        .replace(
            "nodes(ids: $ids)",
            "c: instances(filter: { serviceIds: $ids }) { nodes { id } } service(name: \"x\")",
        );
    for (sent, expected) in [
        (json!({}), json!({ "text": "x", "null": null })),
        (json!({ "n": 1.0, "ids": 7 }), json!({ "n": 1, "ids": ["7"], "text": "x", "null": null })),
        (json!({ "text": null, "null": "y" }), json!({ "text": null, "null": "y" })),
        (json!({ "nothing": [[[]]] }), json!({ "text": "x", "null": null })),
        (
            json!({ "f": { "serviceIds": "svc_1", "statuses": ["RUNNING"] } }),
            json!({ "f": { "serviceIds": ["svc_1"], "statuses": ["RUNNING"] }, "text": "x", "null": null }),
        ),
    ] {
        assert_eq!(coerced(&filter, sent.clone()), expected, "{sent}");
    }
    let ordered = "query($by: InstanceOrder) { instances(orderBy: $by) { nodes { id } } }";
    let by = json!({ "by": { "field": "HOSTNAME", "direction": "ASC" } });
    assert_eq!(coerced(ordered, json!({ "by": { "field": "HOSTNAME" } })), by);
    let null = json!({ "by": { "field": "HOSTNAME", "direction": null } });
    assert_eq!(coerced(ordered, null.clone()), null, "it means the default where the input is read");
}

#[test]
fn every_value_that_is_wrong_is_reported_at_its_place() {
    let text = "mutation($input: UpgradeInstancesInput!, $reason: String!) {
        upgradeInstances(input: $input) { userErrors { code } }
        withdrawVersion(input: { versionId: \"ver_9\", reason: $reason }) { userErrors { code } } }";
    let input = json!({ "serviceId": [], "versionId": 1.5, "hosts": { "hostnames": ["a", 7, null] }, "more": 1,
        "rollout": { "maxParallel": { "count": 1, "percent": 1 } }, "expectedCount": 2_147_483_648_u64 });
    let errors = refused(text, json!({ "input": input }));
    let messages: Vec<_> = errors.iter().map(|error| error.1.as_str()).collect();
    assert!(errors.iter().all(|error| error.0 == "BAD_USER_INPUT"), "{errors:?}");
    for about in [
        "`$input.serviceId`: a list is not a value of type ID.",
        "`$input.versionId`: 1.5 is not a value of type ID.",
        "`$input.hosts.hostnames[1]`: 7 is not a value of type String.",
        "`$input.hosts.hostnames[2]`: null is not a value of type String!.",
        "`$input.rollout.maxParallel`: AmountInput must have exactly one of its fields",
        "`$input.expectedCount`: 2147483648 is not a value of type Int.",
        "`$input`: UpgradeInstancesInput has no field `more`.",
        "`$reason` needs a value of type String!.",
    ] {
        assert!(messages.iter().any(|message| message.contains(about)), "{about}: {messages:#?}");
    }
    assert_eq!(messages.len(), 8, "{messages:#?}");
    let many = json!({ "serviceId": 1, "versionId": 2, "hosts": { "hostnames": vec![7; 5_000] } });
    assert_eq!(refused(text, json!({ "input": many, "reason": "" })).len(), 100);
    let long = json!({ "serviceId": 1, "versionId": 2, "hosts": { "x".repeat(500_000): 1 } });
    assert!(refused(text, json!({ "input": long, "reason": "" })).iter().all(|error| error.1.len() < 1_500));
}

#[test]
fn literals_reach_the_executor_as_they_are_written() {
    for (written, expected) in [
        (r#""\uD83D\uDE00 \u{1F600}""#, "\"😀 😀\""),
        (r#""""a \""" b""""#, r#""a \"\"\" b""#),
        (r#""\/\b""#, "\"/\\u0008\""),
    ] {
        assert_eq!(literal(&format!("{{ service(name: {written}) {{ id }} }}")), expected, "{written}");
    }
    assert_eq!(literal("{ hosts(first: -0) { nodes { id } } }"), "0");
    assert_eq!(literal("{ node(id: 9223372036854775808) { id } }"), "\"9223372036854775808\"");
    assert_eq!(
        literal("{ releases(filter: { createdFrom: \"2026-11-24T08:00:00Z\" }) { nodes { id } } }"),
        "{createdFrom: \"2026-11-24T08:00:00Z\"}"
    );
    let tree =
        accepted("{\n  ...f\r\n}\rfragment f on Query { é: viewer { name } }".replace('é', "e").as_str(), json!({}));
    let fragment = &tree.request().parsed_query().unwrap().fragments["f"].clone();
    assert_eq!((fragment.pos.line, fragment.pos.column), (4, 1));
    assert_eq!(fragment.node.selection_set.node.items[0].pos.column, 23);
}
