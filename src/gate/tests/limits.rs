use super::*;

#[track_caller]
fn too_complex(text: &str, about: &str) {
    refused_as("TOO_COMPLEX", text, json!({}), about);
}

#[test]
fn each_limit_is_the_largest_value_that_is_accepted_and_is_named() {
    let deep = |levels: usize| {
        let parents = levels - 3;
        let release = "parent { ".repeat(parents) + "id" + &" }".repeat(parents);
        format!("{{ releases(first: 1) {{ nodes {{ {release} }} }} }}")
    };
    accepted(&deep(15), json!({}));
    too_complex(&deep(16), "16 levels of fields; `depth` is 15.");

    let wide = |fields: usize| format!("{{ viewer {{ {} }} }}", "name ".repeat(fields - 1));
    accepted(&wide(1000), json!({}));
    too_complex(&wide(1001), "`nodes` is 1000.");

    let aliased = |aliases: usize| format!("{{ viewer {{ {} }} }}", "b: name ".repeat(aliases));
    accepted(&aliased(30), json!({}));
    too_complex(&aliased(31), "`aliases` is 30.");

    let directives = |many: usize| format!("{{ viewer {{ {} }} }}", "name @skip(if: false) ".repeat(many));
    accepted(&directives(50), json!({}));
    too_complex(&directives(51), "`directives` is 50.");

    for (kind, field, max) in [("query", "viewer { name }", 20), ("mutation", REMOVE, 5)] {
        let roots = |many: usize| {
            let fields: String = (0..many).map(|key| format!("k{key}: {field} ")).collect();
            format!("{kind} {{ {fields} }}")
        };
        accepted(&roots(max), json!({}));
        too_complex(&roots(max + 1), &format!("`root_fields` is {max} for a {kind}."));
    }

    let operations = |many: usize| (0..many).map(|number| format!("query q{number} {{ viewer {{ name }} }} "));
    assert!(prepare(&operations(100).collect::<String>(), Some("q7"), json!({})).is_ok());
    too_complex(&operations(101).collect::<String>(), "`document_operations` is 100.");

    // Of twenty thousand tokens a comment is one, and a new line another.
    let text = |lines: usize| format!("{{viewer{{name}}}}{}", "#\n".repeat(lines));
    accepted(&text(9_996), json!({}));
    too_complex(&text(9_997), "`document_tokens` is 20000.");
}

const REMOVE: &str = "removeHost(input: { hostId: \"hst_1\" }) { userErrors { code } }";

#[test]
fn root_fields_are_counted_by_response_key_and_selections_as_written() {
    let many = (0..7).map(|key| format!("k{key}: viewer {{ name }} ")).collect::<String>();
    let fragments = (0..4).map(|number| format!("fragment f{number} on Query {{ {many} }} ")).collect::<String>();
    accepted(&format!("{{ ...f0 ...f1 ...f2 ...f3 }} {fragments}"), json!({}));
    accepted(&format!("{{ {} }}", "__typename ".repeat(200)), json!({}));
    too_complex(&format!("{{ {} }}", "__typename ".repeat(201)), "`root_fields`");
    let twice = |field| format!("{{ ...f ...f }} fragment f on Query {{ {} }}", str::repeat(field, 198));
    accepted(&twice("__typename "), json!({}));
    too_complex(&twice("__typename ").replace("{ ...f", "{ __typename ...f"), "`root_fields`");
}

#[test]
fn only_the_requested_operation_is_measured() {
    let aliases = |name: &str| format!("query {name} {{ viewer {{ {} }} }} ", "b: name ".repeat(20));
    let text = aliases("a") + &aliases("b") + &aliases("c");
    assert!(prepare(&text, Some("b"), json!({})).is_ok());
    let heavy = "query heavy { services(first: 200) { nodes { instances(first: 200) { nodes { id host { id } } } } } }";
    let text = format!("{heavy} query light {{ viewer {{ name }} }}");
    assert!(prepare(&text, Some("light"), json!({})).is_ok());
    assert!(prepare(&text, Some("heavy"), json!({})).is_err());
}

#[test]
fn objects_are_counted_by_the_sizes_of_lists() {
    let objects = |text: &str, variables: Value| accepted(text, variables).objects;
    let pages = "query($n: Int = 2) { services(first: $n) { nodes { instances(first: 10) { nodes { id } } } } }";
    assert_eq!(objects(pages, json!({})), 1 + 2 * (1 + 1 + 10));
    assert_eq!(objects(pages, json!({ "n": 100 })), 1 + 100 * (1 + 1 + 10));
    assert_eq!(objects(pages, json!({ "n": 0 })), 1);
    assert_eq!(objects(pages, json!({ "n": null })), 1 + 50 * (1 + 1 + 10), "as if it were omitted");
    assert_eq!(objects("{ services { edges { node { id } } pageInfo { endCursor } } }", json!({})), 1 + 50 * 2 + 1);
    // The list itself is looked up for each parent, and what is counted is read.
    let nothing = "{ services(first: 200) { nodes { availableHosts(first: 0) { pageInfo { endCursor } } } } }";
    assert_eq!(objects(nothing, json!({})), 1 + 200 * (1 + 2));
    let counted = "{ services(first: 200) { nodes { availableHosts(first: 0) { totalCount } } } }";
    assert_eq!(objects(counted, json!({})), 1 + 200 * (1 + 101));
    let aliases: String =
        (0..30).map(|number| format!("a{number}: availableHosts(first: 0) {{ totalCount }} ")).collect();
    too_complex(&format!("{{ services(first: 200) {{ nodes {{ {aliases} }} }} }}"), "`objects` is 50000.");
    // Through a fragment it is the same.
    let through = "{ services(first: 3) { ...page } } fragment page on ServiceConnection { nodes { id } }";
    assert_eq!(objects(through, json!({})), 4);
    let twice = "query($n: Int) { services(first: $n) { ...page ...page } }
        fragment page on ServiceConnection { nodes { ...service ...service } }
        fragment service on Service { instances(first: $n) { nodes { id } } }";
    assert_eq!(objects(twice, json!({ "n": 3 })), 1 + 3 * 2 * (1 + 2 * (1 + 3)));
    assert_eq!(objects("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ["a", "b", "c"] })), 3);
    assert_eq!(objects("{ services(first: 4) { nodes { freezes { id } instanceCounts { count } } } }", json!({})), 225);
}

#[test]
fn lists_of_payloads_are_counted_at_their_largest() {
    let objects = |text: &str, variables: Value| accepted(text, variables).objects;
    let release = |selection: &str| {
        format!(
            "mutation {{ upgradeInstances(input: {{ serviceId: 1, versionId: 2, hosts: {{ all: true }} }}) {{ {selection} }} }}"
        )
    };
    assert_eq!(objects(&release("accepted(first: 10000) { id }"), json!({})), 10_001);
    assert_eq!(objects(&release("accepted { id host { id } }"), json!({})), 401);
    too_complex(
        &release("accepted(first: 10000) { id host { id } version { id } service { id } locks { since } }"),
        "`objects`",
    );
    let hosts = "mutation($input: CreateHostsInput!) { createHosts(input: $input) { hosts { id labels { key } } } }";
    let host = json!({ "hostname": "h", "address": "a" });
    assert_eq!(objects(hosts, json!({ "input": { "hosts": vec![host; 100] } })), 1 + 100 * 11);
    let lock = "mutation($ids: [ID!]!, $why: String!) { holdInstances(input: { instanceIds: $ids, reason: $why }) {
        instances { id } holds { id } } }";
    assert_eq!(objects(lock, json!({ "ids": vec!["ins_1"; 1000], "why": "" })), 2001);
}

#[test]
fn a_page_size_out_of_range_is_refused_before_anything_runs() {
    for arguments in ["first: -1", "first: 201", "last: 2147483647", "last: 201", "first: 1, last: 1"] {
        refused_as("BAD_USER_INPUT", &format!("{{ hosts({arguments}) {{ nodes {{ id }} }} }}"), json!({}), "");
    }
    refused_as(
        "BAD_USER_INPUT",
        "{ labels(first: 1001) { key } }",
        json!({}),
        "`first` is 1001; it must be from 0 to 1000.",
    );
    let text = "query($n: Int, $m: Int) { hosts(first: $n, last: $m) { nodes { id } } }";
    refused_as("BAD_USER_INPUT", text, json!({ "n": 201 }), "`first` is 201; it must be from 0 to 200.");
    refused_as("BAD_USER_INPUT", text, json!({ "n": 1, "m": 1 }), "not both");
    accepted(text, json!({ "n": null, "m": 200 }));
    let skipped = "mutation($n: Int) { upgradeInstances(input: { serviceId: 1, versionId: 2, hosts: { all: true } }) {
        skipped(first: $n) { reason } } }";
    refused_as("BAD_USER_INPUT", skipped, json!({ "n": 10_001 }), "`first` is 10001");
    accepted(skipped, json!({ "n": 10_000 }));
    refused_as(
        "GRAPHQL_VALIDATION_FAILED",
        &skipped.replace("$n)", "214844308783)").replace("($n: Int)", ""),
        json!({}),
        "",
    );
}

#[test]
fn a_subscription_says_how_many_objects_one_message_has() {
    let event = "subscription { instanceStatusChanged { instance { id service { id } } } }";
    assert_eq!(accepted(event, json!({})).objects, 3);
}
