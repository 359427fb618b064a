//! What passes the gate and what does not, over every transport: a request that is wrong in any part runs nothing.

use crate::PROGRAM;
use crate::api::world::World;
use serde_json::{Value, json};
use testkit::on_both;
use testkit::socket::Socket;
use testkit::{Client, Server};

/// Creates a service with a first field, and needs values for a second one.
fn two(second: &str, declared: &str) -> String {
    format!(
        "mutation {declared} {{ first: createService(input: {{ name: \"side-effect\", executor: \"quick\" }}) {{
            service {{ id }} }} {second} }}"
    )
}

async fn a_request_error_runs_nothing_on_a_new_document_and_on_one_that_is_known(world: &World) {
    let weight = "updateInstance(input: { instanceId: \"ins_1\", weight: $w }) { userErrors { code } }";
    let until = "freezeService(input: { serviceId: \"svc_1\", reason: \"x\", until: $at }) { userErrors { code } }";
    let hosts = "uninstallInstances(input: { serviceId: \"svc_1\", hosts: $h }) { userErrors { code } }";
    let skipped = "uninstallInstances(input: { serviceId: \"svc_1\", hosts: { all: true }, dryRun: true }) {
            skipped(first: $n) { reason } }";
    let before = world.client.query("{ services { totalCount } }", Value::Null).await;
    for (second, declared, wrong) in [
        (weight, "($w: Int!)", json!({ "w": 2_147_483_648_u64 })),
        (weight, "($w: Int!)", json!({ "w": "7" })),
        (weight, "($w: Int!)", json!({})),
        (until, "($at: DateTime)", json!({ "at": "tomorrow" })),
        (hosts, "($h: HostSelection!)", json!({ "h": [] })),
        (hosts, "($h: HostSelection!)", json!({ "h": { "all": null } })),
        (skipped, "($n: Int)", json!({ "n": 214_844 })),
    ] {
        for _ in 0..2 {
            let answer = world.client.send(&two(second, declared), wrong.clone()).await;
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}: {answer:?}");
            assert!(answer.body.get("data").is_none(), "{wrong}: {answer:?}");
        }
    }
    for (second, declared) in [
        (weight.replace("$w", "2147483648"), ""),
        (weight.replace("$w", "[]"), ""),
        (until.replace("$at", "\"tomorrow\""), ""),
        (hosts.replace("$h", "{ all: $v }"), "($v: Boolean)"),
        (weight.replace("$w", "1, weight: 2"), ""),
    ] {
        let answer = world.client.send(&two(&second, declared), json!({})).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{answer:?}");
        assert!(answer.body.get("data").is_none(), "{answer:?}");
    }
    // Known, since the same text was taken with other values.
    let text = two(skipped, "($n: Int)").replace("name: \"side-effect\"", "name: \"side-effect\", language: \"-\"");
    let refused = world.client.send(&text, json!({ "n": -1 })).await;
    let taken = world.client.send(&text, json!({ "n": 1 })).await;
    assert_eq!(taken.body["data"]["first"]["service"]["id"].as_str().map(|id| &id[..4]), Some("svc_"), "{taken:?}");
    let again = world.client.send(&text, json!({ "n": -1 })).await;
    assert_eq!((refused.status, again.status), (200, 200));
    assert_eq!(again.body["errors"][0]["message"], refused.body["errors"][0]["message"]);
    assert!(again.body.get("data").is_none(), "{again:?}");
    let after = world.client.query("{ services { totalCount } }", Value::Null).await;
    let count = |data: &Value| data["services"]["totalCount"].as_i64().unwrap();
    assert_eq!(count(&after), count(&before) + 1);
}
on_both!(a_request_error_runs_nothing_on_a_new_document_and_on_one_that_is_known in World);

async fn a_dry_run_that_is_asked_for_twice_starts_nothing(world: &World) {
    let text = format!(
            "mutation {{ upgradeInstances(input: {{ serviceId: \"{}\", versionId: \"{}\", hosts: {{ all: true }}, dryRun: true,
                dryRun: false }}) {{ release {{ id }} }} }}",
            world.shop.service, world.shop.versions[1]
        );
    let releases = "{ releases { totalCount } }";
    let before = world.client.query(releases, Value::Null).await;
    let error = world.client.error(&text, json!({})).await;
    assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{error:#}");
    assert_eq!(world.client.query(releases, Value::Null).await, before);
}
on_both!(a_dry_run_that_is_asked_for_twice_starts_nothing in World);

async fn null_for_an_input_with_a_default_means_the_default_and_is_the_same_request(world: &World) {
    let key = |dry_run: Value| {
        let reason = json!("the same");
        world.release(1, json!({ "idempotencyKey": "n", "reason": reason, "dryRun": dry_run, "onLocked": null }))
    };
    let selection = "replayed release { id }";
    let first = world.client.change("upgradeInstances", key(Value::Null), selection).await;
    assert_eq!(first["replayed"], false);
    let again = world.client.change("upgradeInstances", key(json!(false)), selection).await;
    assert_eq!((&again["replayed"], &again["release"]), (&json!(true), &first["release"]));
    // Written out it is the same once more, with the null in a variable of its own.
    let text = format!(
            "mutation($no: Boolean, $key: String) {{ upgradeInstances(input: {{ serviceId: \"{}\", versionId: \"{}\",
                hosts: {{ all: true }}, idempotencyKey: $key, reason: \"the same\", includeUnknown: null, dryRun: $no }}) {{
                {selection} userErrors {{ code message }} }} }}",
            world.shop.service, world.shop.versions[1]
        );
    for variables in [json!({ "key": "n", "no": null }), json!({ "key": "n" })] {
        let answer = world.client.query(&text, variables).await;
        assert_eq!(answer["upgradeInstances"]["replayed"], true, "{answer:#}");
    }
    let labels = "query($n: Int) { labels(first: $n) { key } a: labels(first: null) { key } }";
    world.client.query(labels, json!({ "n": null })).await;
    let by = "{ instances(orderBy: { field: HOSTNAME, direction: null }) { nodes { id } } }";
    assert!(world.client.query(by, Value::Null).await["instances"]["nodes"][0]["id"].is_string());
}
on_both!(null_for_an_input_with_a_default_means_the_default_and_is_the_same_request in World);

async fn two_operations_of_one_tab_are_checked_each_for_itself(world: &World) {
    let tab = "mutation Hold($input: HoldInstancesInput!) { holdInstances(input: $input) { userErrors { code } } }
            mutation Upgrade($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) { userErrors { code } } }";
    let input = world.release(1, json!({ "dryRun": true }));
    let body = json!({ "query": tab, "operationName": "Upgrade", "variables": { "input": input } });
    // The whole body is chosen here: the operation's name is what is tested.
    let client = reqwest::Client::new();
    let send = async |body: &Value| {
        let request = client.post(format!("{}/graphql", world.server.url)).json(body);
        let request = request.bearer_auth(world.server.token("tab", "admin"));
        let response = request.header("accept", "application/graphql-response+json").send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, answer) = send(&body).await;
    assert_eq!((status, &answer["data"]["upgradeInstances"]["userErrors"]), (200, &json!([])), "{answer:#}");
    for name in [json!("Nothing"), json!(null)] {
        let (status, answer) = send(&json!({ "query": tab, "operationName": name })).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!((status, code), (400, &json!("GRAPHQL_VALIDATION_FAILED")), "{answer:#}");
    }
}
on_both!(two_operations_of_one_tab_are_checked_each_for_itself in World);

/// Texts that a parser reads otherwise than one that counts brackets: deep values behind what looks like a comment.
fn deep() -> Vec<String> {
    let mut texts = Vec::new();
    for hidden in ["#\r", "\"\"\"\\\\\"\"\" \"\"\" ", ""] {
        for (open, close) in [("[", "]"), ("{a:", "}")] {
            let value = open.repeat(2_000) + "1" + &close.repeat(2_000);
            texts.push(format!("{hidden}{{ service(name: {value}) {{ id }} }}"));
            texts.push(format!("{hidden}query($v: String = {value}) {{ service(name: $v) {{ id }} }}"));
        }
        texts.push(format!("{hidden}{}", "{a".repeat(5_000)));
    }
    texts
}

async fn documents_that_nest_without_end_are_refused_over_every_transport(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let token = server.token("reader", "viewer");
    let client = Client::new(&server.url, &token);
    // The client never sends a GET.
    let http = reqwest::Client::new();
    let url = format!("{}/graphql", server.url);
    let code = |body: &Value| body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    let refusals = ["TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"];
    for text in deep() {
        let body = client.send(&text, Value::Null).await.body;
        assert!(refusals.contains(&code(&body).as_str()), "{body}");
        let mut get = reqwest::Url::parse(&url).unwrap();
        get.query_pairs_mut().append_pair("query", &text);
        let body: Value = http.get(get).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
        assert!(refusals.contains(&code(&body).as_str()), "{body}");
        let mut socket = Socket::open(&server, &token).await;
        let error = socket.refused(&text, Value::Null).await;
        assert!(refusals.contains(&error["extensions"]["code"].as_str().unwrap()), "{error}");
    }
    assert_eq!(server.client().query("{ viewer { name } }", Value::Null).await["viewer"]["name"], "admin");
    server.assert_sound();
}
on_both!(documents_that_nest_without_end_are_refused_over_every_transport);

async fn an_answer_to_many_mistakes_is_short(world: &World) {
    for text in [
        format!("{{ service({}) {{ id }} }}", "name:1 ".repeat(130_000)),
        format!("{{ service({}) {{ id }} }}", "name:1 ".repeat(4_000)),
        format!("query({}) {{ viewer {{ name }} }}", "$a: Int ".repeat(2_500)),
        format!("{{ viewer {{ {} }} }}", (0..4_000).map(|number| format!("nothing{number} ")).collect::<String>()),
        format!("{{ {} }}", "x".repeat(900_000)),
        format!("{{ service(name: \"{}\" }}", "x".repeat(900_000)),
    ] {
        let answer = world.client.send(&text, json!({})).await;
        let errors = answer.body["errors"].as_array().unwrap();
        assert!((1..=100).contains(&errors.len()), "{}", errors.len());
        let long = answer.body.to_string().len();
        assert!(long < 64 * 1024, "{long} bytes");
        assert!(answer.body.get("data").is_none());
    }
}
on_both!(an_answer_to_many_mistakes_is_short in World);

async fn several_mistakes_are_reported_together(world: &World) {
    let answer = world.client.send("{ viewer { nothing } hosts { neither } }", json!({})).await.body;
    let places: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["locations"][0]).collect();
    assert_eq!(places, [&json!({ "line": 1, "column": 12 }), &json!({ "line": 1, "column": 30 })], "{answer:#}");
}
on_both!(several_mistakes_are_reported_together in World);

async fn the_lists_of_a_payload_count(world: &World) {
    let text = "mutation($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) { accepted(first: 10000) {
            id host { id } version { id } service { id } lastTarget { id } } } }";
    let error = world.client.error(text, json!({ "input": world.release(1, json!({ "dryRun": true })) })).await;
    assert_eq!(error["extensions"]["code"], "TOO_COMPLEX", "{error:#}");
    assert!(error["message"].as_str().unwrap().contains("`objects` is 50000"), "{error:#}");
    let nothing: String = (0..30).map(|n| format!("a{n}: availableHosts(first: 0) {{ totalCount }} ")).collect();
    let nothing = format!("{{ services(first: 200) {{ nodes {{ {nothing} }} }} }}");
    assert_eq!(world.client.error(&nothing, json!({})).await["extensions"]["code"], "TOO_COMPLEX");
}
on_both!(the_lists_of_a_payload_count in World);

/// The schema that documents are checked against has newer introspection than the library.
async fn every_question_about_the_schema_is_answered(world: &World) {
    let sdl = lockkeeper::graphql::sdl();
    let schema = apollo_compiler::Schema::parse_and_validate(&sdl, "schema.graphql").unwrap();
    let fields = |name: &str| {
        let fields = schema.get_object(name).unwrap().fields.values().map(|field| {
            let arguments: Vec<_> = field.arguments.iter().map(|argument| format!("{}: true", argument.name)).collect();
            let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            let is_object = schema.get_object(field.ty.inner_named_type()).is_some();
            format!("{}{arguments}{}", field.name, if is_object { " { __typename }" } else { "" })
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
    let answer = world.client.query(&text, json!({})).await;
    let description = answer["__schema"]["description"].as_str().unwrap();
    assert!(sdl.contains(&format!("\"\"\"\n{description}\n\"\"\"\nschema {{")), "{description}");
    assert_eq!(answer["__schema"]["b"][0]["isDeprecated"], false);
}
on_both!(every_question_about_the_schema_is_answered in World);
