use super::*;

/// The introspection query of graphql-js with all options, this many levels deep.
fn usual(levels: usize) -> String {
    let levels = "ofType { kind name ".repeat(levels) + &"} ".repeat(levels);
    let input = "...InputValue";
    format!(
        "query IntrospectionQuery {{
          __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }}
            types {{ ...FullType }}
            directives(includeDeprecated: true) {{ name description isRepeatable isDeprecated deprecationReason locations args(includeDeprecated: true) {{ {input} }} }} }} }}
        fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
          fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ {input} }}
            type {{ ...TypeRef }} isDeprecated deprecationReason }}
          inputFields(includeDeprecated: true) {{ {input} }} interfaces {{ ...TypeRef }}
          enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
          possibleTypes {{ ...TypeRef }} }}
        fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated
          deprecationReason }}
        fragment TypeRef on __Type {{ kind name {levels} }}"
    )
}

#[test]
fn introspection_by_tools_passes_with_levels_to_spare() {
    for levels in [7, 9, 11, 14] {
        accepted(&usual(levels), json!({}));
    }
    let form = "query($of: String!) { __type(name: $of) { inputFields { name type { name ofType { name }
        inputFields { name type { name ofType { name inputFields { name } } inputFields { name type { name } } } } } } } }";
    accepted(form, json!({ "of": "UpgradeInstancesInput" }));
    let forms = "{ __schema { mutationType { fields { args { type { ofType { inputFields { type { inputFields { type {
        inputFields { name } } } } } } } } } } } }";
    accepted(forms, json!({}));
    let all: String =
        (0..20).map(|key| format!("k{key}: types {{ fields {{ type {{ fields {{ name }} ofType {{ fields {{ name }} }} }} args {{ name }} }} }} ")).collect();
    refused_as("TOO_COMPLEX", &format!("{{ __schema {{ {all} }} }}"), json!({}), "`objects` is 50000.");
    let deep = "type { fields { ".repeat(8) + "name" + &" } }".repeat(8);
    refused_as(
        "TOO_COMPLEX",
        &format!("{{ __schema {{ types {{ fields {{ {deep} }} }} }} }}"),
        json!({}),
        "`depth` is 15.",
    );
}

#[test]
fn all_introspection_fields_of_an_operation_are_counted_to_one_limit() {
    let nested = |roots: usize, of: &str| {
        let levels = "possibleTypes { interfaces { ".repeat(6) + "name" + &" } }".repeat(6);
        let roots: String = (0..roots).map(|key| format!("k{key}: __type(name: {of}) {{ {levels} }} ")).collect();
        if of == "$n" { format!("query($n: String!) {{ {roots} }}") } else { format!("{{ {roots} }}") }
    };
    for of in ["$n", "\"Node\""] {
        let duration = |roots| {
            let text = nested(roots, of);
            let runs = (0..3).map(|_| {
                let began = processor_time();
                refused_as("TOO_COMPLEX", &text, json!({ "n": "Node" }), "`objects` is 50000.");
                processor_time().saturating_sub(began)
            });
            runs.min().unwrap()
        };
        let (one, twenty) = (duration(1), duration(20));
        assert!(twenty < one * 8, "{of}: {twenty:?} for twenty fields, {one:?} for one");
    }
}
