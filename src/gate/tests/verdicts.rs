use super::*;

const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
const UNPARSED: &str = "GRAPHQL_PARSE_FAILED";

#[test]
fn a_variable_is_accepted_only_where_its_type_fits() {
    for (declared, field) in [
        ("$n: String", "service(name: $n) { id }"),
        ("$n: String = null", "service(name: $n) { id }"),
        ("$n: String!", "node(id: $n) { id }"),
        ("$n: ID!", "service(name: $n) { id }"),
        ("$n: [ID]!", "nodes(ids: $n) { id }"),
        ("$n: String!", "instances(filter: { statuses: [$n] }) { nodes { id } }"),
        ("$n: Boolean", "viewer { name @include(if: $n) }"),
        ("$n: Cursor", "node(id: $n) { id }"),
        ("$n: Cursor", "instanceEvents(filter: { serviceIds: [$n] }) { nodes { cursor } }"),
        ("$n: DateTime", "hosts(after: $n) { nodes { id } }"),
        ("$n: Boolean", "upgrade: viewer @skip(if: $n) { name }"),
    ] {
        refused_as(INVALID, &format!("query({declared}) {{ {field} }}"), json!({ "n": "x" }), "n");
    }
    accepted("query($n: String = \"x\") { service(name: $n) { id } }", json!({}));
}

#[test]
fn an_input_field_is_written_only_once() {
    for text in [
        "mutation { upgradeInstances(input: { serviceId: 1, versionId: 2, hosts: { all: true }, dryRun: true, dryRun: false }) { userErrors { code } } }",
        "{ instances(filter: { locked: true, locked: false }) { nodes { id } } }",
        "query($f: InstanceFilter = { locked: true, locked: false }) { instances(filter: $f) { nodes { id } } }",
        "query a { viewer { name } } query b { instances(filter: { locked: true, locked: false }) { nodes { id } } }",
    ] {
        let Err(errors) = prepare(text, text.starts_with("query a").then_some("a"), json!({})) else {
            panic!("{text}")
        };
        assert!(errors[0].message.contains("more than once"), "{errors:?}");
    }
}

#[test]
fn fields_of_one_key_are_merged_at_every_depth_or_refused() {
    let parts = |a: &str, b: &str| {
        format!(
            "{{ ...A ...B }} fragment A on Query {{ service(name: \"web\") {{ {a} }} }} fragment B on Query {{ service(name: \"web\") {{ {b} }} }}"
        )
    };
    for (a, b) in [
        ("versions(first: 1) { nodes { id } }", "versions(first: 3) { nodes { id } }"),
        ("x: id", "x: name"),
        ("versions { nodes { x: id } }", "versions { nodes { x: name } }"),
        ("versions { nodes { service { x: id } } }", "versions { nodes { service { x: name } } }"),
    ] {
        refused_as(INVALID, &parts(a, b), json!({}), "");
    }
    let shapes = "{ node(id: 1) { ... on Service { x: name } ... on Release { x: revision } } }";
    refused_as(INVALID, shapes, json!({}), "");
    for (a, b) in [("[]", "[7]"), ("[7]", "[7, 8]"), ("[7, 8]", "[7]")] {
        refused_as(INVALID, &format!("{{ x: nodes(ids: {a}) {{ id }} x: nodes(ids: {b}) {{ id }} }}"), json!({}), "");
    }
    refused_as(
        INVALID,
        "{ x: instances(filter: { statuses: [RUNNING] }) { nodes { id } } x: instances(filter: { statuses: [RUNNING, UNKNOWN] }) { nodes { id } } }",
        json!({}),
        "",
    );
    accepted("{ x: nodes(ids: [7, 8]) { id } x: nodes(ids: [7, 8]) { id } }", json!({}));
    accepted(&parts("versions(first: 1) { nodes { id } }", "versions(first: 1) { nodes { name } }"), json!({}));
}

#[test]
fn a_subscription_has_one_response_key() {
    let watch = "serviceChanged { kind }";
    for text in [
        format!("subscription {{ {watch} {watch} }}"),
        format!(
            "subscription {{ ...A ...B }} fragment A on Subscription {{ {watch} }} fragment B on Subscription {{ serviceChanged {{ cursor }} }}"
        ),
    ] {
        let tree = accepted(&text, json!({})).request().parsed_query().unwrap().clone();
        let items: usize = tree.operations.iter().map(|(_, node)| node.node.selection_set.node.items.len()).sum();
        assert_eq!(items, 1, "one stream: {text}");
    }
    refused_as(INVALID, &format!("subscription {{ a: {watch} b: {watch} }}"), json!({}), "exactly one root field");
    for text in ["subscription { __typename }", "subscription { serviceChanged @skip(if: true) { kind } }"] {
        assert_eq!(refused(text, json!({})).len(), 1, "{text}");
    }
}

#[test]
fn directives_are_accepted_only_in_their_locations_and_use_variables() {
    accepted("query($b: Boolean!) { viewer { __typename @include(if: $b) name } }", json!({ "b": true }));
    for text in [
        "{ viewer { __typename @nope } }",
        "{ viewer { __typename(x: 1) } }",
        "query($a: Int @skip(if: true)) { hosts(first: $a) { nodes { id } } }",
        "query($a: Int @nope) { hosts(first: $a) { nodes { id } } }",
        "{ viewer @defer { name } }",
        "{ instances(filter: { statuses: [\"RUNNING\"] }) { nodes { id } } }",
    ] {
        refused_as(INVALID, text, json!({}), "");
    }
}

#[test]
fn where_exactly_one_field_is_given_a_variable_has_a_type_or_a_default_that_is_not_null() {
    let moves = |declared: &str| {
        format!(
            "mutation({declared}) {{ upgradeInstances(input: {{ serviceId: 1, versionId: 2, hosts: {{ all: $v }} }}) {{ userErrors {{ code }} }} }}"
        )
    };
    refused_as(INVALID, &moves("$v: Boolean"), json!({ "v": true }), "v");
    refused_as(INVALID, &moves("$v: Boolean = null"), json!({ "v": true }), "v");
    accepted(&moves("$v: Boolean!"), json!({ "v": true }));
    accepted(&moves("$v: Boolean = true"), json!({}));
}

#[test]
fn only_what_is_wrong_is_reported_and_all_of_it() {
    let unknown = "query($n: Int) { host(hostname: \"host-3\") { releases(first: $n) { nodes { id } } } }";
    assert_eq!(refused(unknown, json!({})).len(), 1);
    let several = "{ viewer { nothing neither } hosts { nothing } }";
    assert_eq!(refused(several, json!({})).len(), 3);
    let oneof = "query($v: Int) { service(name: \"x\") { id } }";
    refused_as(INVALID, oneof, json!({}), "v");
    let moves = "mutation($v: Boolean) { upgradeInstances(input: { serviceId: 1, versionId: 2, hosts: { all: $v } }) { userErrors { code } } }";
    refused_as(INVALID, moves, json!({}), "v");
    assert!(refused(moves, json!({})).iter().all(|error| !error.1.contains("MovesInput")));
    let long = format!("{{ {} }}", "x".repeat(500_000));
    assert!(refused(&long, json!({}))[0].1.len() < 200);
}

#[test]
fn a_text_that_cannot_be_parsed_has_another_code_than_an_invalid_one() {
    for text in [
        "",
        " # nothing",
        "{",
        "{ viewer { name } ",
        "{ viewer {} }",
        "{}",
        "query { }",
        "{ a(x: \"\\uD83D\") }",
        "{ a ? }",
        "query ($a Int) { a }",
        "{ hosts(null) { nodes { id } } }",
        "{ instances(filter: { locked }) { nodes { id } } }",
    ] {
        let errors = refused(text, json!({}));
        assert!(errors.iter().all(|error| error.0 == UNPARSED), "{text}: {errors:?}");
    }
    for text in ["{ nothing }", "type A { b: C }", "{ viewer }", "{ ...f }", "fragment f on Query { viewer { name } }"]
    {
        let errors = refused(text, json!({}));
        assert!(errors.iter().all(|error| error.0 == INVALID), "{text}: {errors:?}");
    }
}

#[test]
fn the_operation_is_chosen_by_its_name() {
    let text = "query a { viewer { name } } mutation b { removeHost(input: { hostId: 1 }) { userErrors { code } } }";
    let kind = |name| prepare(text, name, json!({})).map(|prepared| prepared.kind.to_string());
    assert_eq!((kind(Some("a")).unwrap(), kind(Some("b")).unwrap()), ("query".to_owned(), "mutation".to_owned()));
    for name in [None, Some("c"), Some("")] {
        assert_eq!(kind(name).unwrap_err().len(), 1);
    }
    assert!(prepare("{ viewer { name } }", Some("a"), json!({})).is_err());
    // The input of another operation does not count.
    let tab = "mutation Hold($input: HoldInstancesInput!) { holdInstances(input: $input) { userErrors { code } } }
        mutation Upgrade($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "serviceId": 1, "versionId": 2, "hosts": { "all": true } } });
    assert!(prepare(tab, Some("Upgrade"), input.clone()).is_ok());
    assert!(prepare(tab, Some("Lock"), input).is_err());
}

#[test]
fn scalars_of_the_schema_are_checked_wherever_they_stand() {
    let text = |value: &str| format!("{{ releases(filter: {{ createdFrom: {value} }}) {{ nodes {{ id }} }} }}");
    accepted(&text("\"2026-11-24T08:00:00.000Z\""), json!({}));
    for value in ["\"yesterday\"", "7", "true", "[]", "{ a: 1 }", "SOON"] {
        refused_as(INVALID, &text(value), json!({}), "is not a valid DateTime");
    }
    let variable = "query($at: DateTime) { releases(filter: { createdFrom: $at }) { nodes { id } } }";
    refused_as("BAD_USER_INPUT", variable, json!({ "at": "yesterday" }), "\"yesterday\" is not a valid DateTime.");
    let default = variable.replace("$at: DateTime", "$at: DateTime = \"yesterday\"");
    refused_as("BAD_USER_INPUT", &default, json!({ "at": null }), "is not a valid DateTime");
}

#[test]
fn a_cursor_is_a_string_wherever_it_is_sent_and_may_be_declared_as_the_type_that_was_received() {
    let fields = [
        "query($at: Cursor) { hosts(after: $at) { nodes { id } } }",
        "query($at: Cursor) { services { nodes { versions(first: 1, after: $at) { nodes { id } } } } }",
        "query($at: Cursor) { instanceEvents(after: $at) { nodes { cursor } } }",
        "subscription($at: Cursor) { serviceChanged(after: $at) { cursor } }",
        "subscription($at: Cursor) { releaseLog(releaseId: 1, after: $at) { cursor } }",
    ];
    for field in fields {
        for ty in ["Cursor", "Cursor!", "String", "String!"] {
            let text = field.replace("Cursor)", &format!("{ty})"));
            accepted(&text, json!({ "at": "x" }));
            refused_as("BAD_USER_INPUT", &text, json!({ "at": 7 }), "7 is not a value of type String");
        }
    }
    accepted("query($at: Cursor = \"x\") { hosts(after: $at) { nodes { id } } }", json!({}));
}

#[test]
fn descriptions_of_operations_are_accepted() {
    accepted(
        "\"\"\"What it queries.\"\"\" query a(\"How many.\" $n: Int) { hosts(first: $n) { nodes { id } } }",
        json!({}),
    );
}
