use super::*;

/// As graphql-js writes it with all its options, this many levels deep.
fn usual(levels: usize) -> String {
    let levels = "ofType { kind name ".repeat(levels) + &"} ".repeat(levels);
    let input = "...InputValue";
    format!(
        "query IntrospectionQuery {{
          __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }}
            types {{ ...FullType }}
            directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ {input} }} }} }} }}
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
    refused_as(
        "TOO_COMPLEX",
        "{ __schema { types { fields { type { ofType { fields { type { ofType { fields { type { ofType { fields { type { ofType {
            fields { name } } } } } } } } } } } } } } } }",
        json!({}),
        "`objects` is 50000.",
    );
    let deep = "type { fields { ".repeat(8) + "name" + &" } }".repeat(8);
    refused_as(
        "TOO_COMPLEX",
        &format!("{{ __schema {{ types {{ fields {{ {deep} }} }} }} }}"),
        json!({}),
        "`depth` is 15.",
    );
}

/// The parser's own introspection is newer than what the library answers.
#[tokio::test]
async fn every_question_about_the_schema_that_is_taken_is_answered() {
    let definitions = &GATE.schema.definitions;
    let fields = |name: &str| {
        let object = definitions.get_object(name).unwrap();
        let fields = object.fields.values().map(|field| {
            let arguments: Vec<_> = field.arguments.iter().map(|argument| format!("{}: true", argument.name)).collect();
            let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            let inner = definitions.get_object(field.ty.inner_named_type());
            let below = if inner.is_some() { " { __typename }" } else { "" };
            format!("{}{arguments}{below}", field.name)
        });
        fields.collect::<Vec<_>>().join(" ")
    };
    let text = format!(
        "{{ __schema {{ {} a: types {{ {} a: fields {{ {} a: args {{ {} }} }} b: enumValues {{ {} }} }} b: directives {{ {} }} }} }}",
        fields("__Schema"),
        fields("__Type"),
        fields("__Field"),
        fields("__InputValue"),
        fields("__EnumValue"),
        fields("__Directive"),
    );
    let schema = async_graphql::Schema::build(Small, async_graphql::EmptyMutation, async_graphql::EmptySubscription)
        .extension(graphql::Validated)
        .finish();
    let answer = schema.execute(taken(&text, json!({})).request()).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let data = answer.data.into_json().unwrap();
    let described = format!("\"\"\"\n{}\n\"\"\"\nschema {{", data["__schema"]["description"].as_str().unwrap());
    assert!(graphql::sdl().contains(&described), "{described}");
}

struct Small;

#[async_graphql::Object(name = "Query")]
impl Small {
    async fn viewer(&self, #[graphql(default)] deep: bool) -> bool {
        deep
    }
}
