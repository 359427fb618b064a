use super::*;

/// As graphql-js writes it with all its options, this many levels deep.
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
fn what_tools_ask_of_the_schema_passes_with_levels_to_spare() {
    for levels in [7, 9, 11, 14] {
        taken(&usual(levels), json!({}));
    }
    let form = "query($of: String!) { __type(name: $of) { inputFields { name type { name ofType { name }
        inputFields { name type { name ofType { name inputFields { name } } inputFields { name type { name } } } } } } } }";
    taken(form, json!({ "of": "UpgradeInstancesInput" }));
    let forms = "{ __schema { mutationType { fields { args { type { ofType { inputFields { type { inputFields { type {
        inputFields { name } } } } } } } } } } } }";
    taken(forms, json!({}));
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
