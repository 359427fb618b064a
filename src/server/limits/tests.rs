use super::*;
use async_graphql::parser::parse_query;
use std::time::{Duration, Instant};

fn checked(text: &str) -> Result<(), Refusal> {
    check_text(text)?;
    check(&parse_query(text).unwrap(), &Variables::default())
}

#[track_caller]
fn too_complex(text: &str, about: &str) {
    match checked(text) {
        Err(Refusal::TooComplex(message)) => assert!(message.contains(about), "{message}"),
        other => panic!("{other:?} for {}", text.chars().take(200).collect::<String>()),
    }
}

#[test]
fn a_bomb_of_fragments_is_refused_at_once() {
    let twice = |i: u32| format!(" fragment f{i} on Query {{ ...f{next} ...f{next} }}", next = i + 1);
    let text = "{ ...f0 } fragment f30 on Query { a }".to_owned() + &(0..30).map(twice).collect::<String>();
    let began = Instant::now();
    too_complex(&text, "fields at its root");
    too_complex(&text.replacen("{ ...f0 }", "{ a { ...f0 } }", 1), "fields and fragments");
    // Nobody spreads it, and it is validated all the same.
    too_complex(&text.replacen("{ ...f0 }", "{ a }", 1), "fields and fragments");
    // Its last fragment holds none.
    too_complex(&text.replace("{ a }", "{ ...none ...none }"), "fields and fragments");
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn fragments_in_a_circle_or_a_long_row_are_refused() {
    let circle = "{ ...a } fragment a on Query { x { ...b } } fragment b on Query { ...a }";
    assert!(matches!(checked(circle), Err(Refusal::Wrong(_))));
    let once = |i: u32| format!(" fragment f{i} on Query {{ ...f{} }}", i + 1);
    let row = "{ ...f0 } fragment f20000 on Query { a }".to_owned() + &(0..20_000).map(once).collect::<String>();
    too_complex(&row, "in a row");
}

#[test]
fn brackets_that_would_exhaust_the_parsers_stack_never_reach_it() {
    too_complex(&"{a".repeat(300_000), "levels of brackets");
    too_complex(&format!("{{ a(x: {}", "[".repeat(300_000)), "levels of brackets");
}

#[test]
fn each_limit_is_the_last_that_is_allowed() {
    let deep = |depth: usize| format!("{}{}", "{ a ".repeat(depth), "}".repeat(depth));
    assert_eq!(checked(&deep(15)), Ok(()));
    too_complex(&deep(16), "levels of fields");

    let wide = |fields: usize| format!("{{ a {{ {} }} }}", "b ".repeat(fields - 1));
    assert_eq!(checked(&wide(1000)), Ok(()));
    too_complex(&wide(1001), "fields and fragments");

    let aliased = |aliases: usize| format!("{{ a {{ {} }} }}", "b: c ".repeat(aliases));
    assert_eq!(checked(&aliased(30)), Ok(()));
    too_complex(&aliased(31), "aliases");

    let directives = |many: usize| format!("{{ a {} }}", "@skip(if: false) ".repeat(many));
    assert_eq!(checked(&directives(50)), Ok(()));
    too_complex(&directives(51), "directives");

    for (kind, most) in [("query", 20), ("mutation", 5), ("subscription", 1)] {
        let roots = |many: usize| format!("{kind} {{ {} }}", "a ".repeat(many));
        assert_eq!(checked(&roots(most)), Ok(()));
        too_complex(&roots(most + 1), "fields at its root");
    }
    let spread = "subscription { ...f ... on Subscription { b } } fragment f on Subscription { a }";
    too_complex(spread, "fields at its root");
}

#[test]
fn objects_are_counted_by_page_sizes() {
    let pages = |first: u32| {
        format!("{{ services(first: {first}) {{ nodes {{ instances(first: 200) {{ nodes {{ id }} }} }} }} }}")
    };
    assert_eq!(checked(&pages(100)), Ok(()));
    too_complex(&pages(200).replace("nodes { id }", "nodes { host { id } }"), "objects");
    // Without a size, a page has 50 items.
    let unsaid = "{ services { nodes { versions { nodes { instances { nodes { id } } } } } } }";
    too_complex(unsaid, "objects");
    // Through a fragment it is the same, and a size may be a variable.
    let through = "query ($n: Int) { services(first: $n) { ...page } } fragment page on ServiceConnection { nodes { instances(first: $n) { edges { node { id } } } } }";
    let variables = |n: i32| Variables::from_json(serde_json::json!({ "n": n }));
    let document = parse_query(through).unwrap();
    assert_eq!(check(&document, &variables(100)), Ok(()));
    assert!(
        matches!(check(&document, &variables(200)), Err(Refusal::TooComplex(message)) if message.contains("objects"))
    );
}

#[test]
fn the_usual_introspection_passes_and_a_nested_one_does_not() {
    assert_eq!(checked(INTROSPECTION_QUERY), Ok(()));
    let nested = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    too_complex(nested, "lists of introspection");
}

/// As the usual tools send it.
const INTROSPECTION_QUERY: &str = "query IntrospectionQuery {
  __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
