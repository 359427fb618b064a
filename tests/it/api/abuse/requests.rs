//! Abuse by single requests.

use super::Aim;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

pub fn begin(aim: &Aim, all: &mut JoinSet<()>) {
    all.spawn(documents(aim.clone()));
    all.spawn(heavy_queries(aim.clone(), 4));
    all.spawn(heavy_queries_given_up(aim.clone(), 4));
    all.spawn(dry_runs(aim.clone()));
    all.spawn(refused_mutations(aim.clone()));
    all.spawn(large_variables(aim.clone()));
    all.spawn(strangers(aim.clone()));
}

/// A request that a test may give up at any moment, or fill with anything.
fn post(client: &Client, aim: &Aim, token: &str) -> RequestBuilder {
    client.post(format!("{}/graphql", aim.url)).bearer_auth(token).header("content-type", "application/json")
}

fn ask(client: &Client, aim: &Aim, token: &str, query: &str, variables: Value) -> RequestBuilder {
    post(client, aim, token).body(json!({ "query": query, "variables": variables }).to_string())
}

/// Returns the code of the first error of an answer, or an empty text.
async fn code(request: RequestBuilder) -> String {
    let Ok(response) = request.send().await else { return "no answer".to_owned() };
    let body: Value = response.json().await.unwrap_or_default();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Texts that a parser, a validation or a measure might choke on.
async fn documents(aim: Aim) {
    let client = Client::new();
    let nested = ["[".repeat(2_000), "]".repeat(2_000)].concat();
    let hidden = [
        format!("#\r{{ service(name: {nested}) {{ id }} }}"),
        format!(r#"{{ a(x: """\\""" y: {nested}) }}"#),
        format!("{{ service(name: {}{}) {{ id }} }}", "{a:".repeat(2_000), "}".repeat(2_000)),
        format!("query($v: Int = {nested}) {{ viewer {{ name }} }}"),
    ];
    let arguments = format!("{{ service({}) {{ id }} }}", "name:1 ".repeat(130_000));
    let twice = |i: u32| format!(" fragment f{i} on Query {{ ...f{next} ...f{next} }}", next = i + 1);
    let doubling =
        "{ ...f0 } fragment f30 on Query { viewer { name } }".to_owned() + &(0..30).map(twice).collect::<String>();
    let counts: String = (0..30).map(|i| format!("a{i}: availableHosts(first: 0) {{ totalCount }} ")).collect();
    let objects = format!("{{ services(first: 200) {{ nodes {{ {counts} }} }} }}");
    for round in 0.. {
        if !aim.goes_on() {
            return;
        }
        for (abuse, text, right) in [
            ("hidden nesting", &hidden[round % hidden.len()], "GRAPHQL_PARSE_FAILED TOO_COMPLEX"),
            ("errors without end", &arguments, "GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED TOO_COMPLEX"),
            ("fragments that double", &doubling, "TOO_COMPLEX"),
            ("objects without end", &objects, "TOO_COMPLEX"),
        ] {
            let code = code(ask(&client, &aim, &aim.viewer, text, Value::Null)).await;
            if !code.is_empty() && right.contains(&code) {
                aim.count(abuse);
            }
        }
        aim.pause(200).await;
    }
}

/// The most that the measure allows, near enough.
const HEAVY: &str = "{ services(first: 80) { nodes { instances(first: 100) { totalCount nodes { id status updatedAt
    host { hostname address } version { name } } } } } }";

/// Several at a time, each awaited.
async fn heavy_queries(aim: Aim, at_a_time: usize) {
    let mut all = JoinSet::new();
    for _ in 0..at_a_time {
        let aim = aim.clone();
        all.spawn(async move {
            let client = Client::new();
            while aim.goes_on() {
                // The answer is read, and not taken apart: that would cost as much as it costs the server.
                if let Ok(response) = ask(&client, &aim, &aim.viewer, HEAVY, Value::Null).send().await
                    && response.bytes().await.is_ok()
                {
                    aim.count("heavy queries");
                }
            }
        });
    }
    all.join_all().await;
}

/// Several at a time, each given up at once.
async fn heavy_queries_given_up(aim: Aim, at_a_time: usize) {
    let mut all = JoinSet::new();
    for _ in 0..at_a_time {
        let aim = aim.clone();
        all.spawn(async move {
            while aim.goes_on() {
                // The connection goes with its client.
                let client = Client::builder().timeout(Duration::from_millis(50)).build().unwrap();
                let _ = ask(&client, &aim, &aim.viewer, HEAVY, Value::Null).send().await;
                aim.count("heavy queries given up");
                aim.pause(50).await;
            }
        });
    }
    all.join_all().await;
}

async fn dry_runs(aim: Aim) {
    let client = Client::new();
    let document = "mutation($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) {
        accepted(first: 10000) { id service { instances(first: 200) { nodes { id } } } }
        userErrors { code } } }";
    let hostnames: Vec<String> = (0..10_000).map(|number| format!("no-such-host-{number}")).collect();
    let input =
        json!({ "serviceId": aim.service, "versionId": "ver_1", "dryRun": true, "hosts": { "hostnames": hostnames } });
    let small = document.replace("service { instances(first: 200) { nodes { id } } }", "");
    while aim.goes_on() {
        let refused = code(ask(&client, &aim, &aim.operator, document, json!({ "input": input }))).await;
        if refused == "TOO_COMPLEX" {
            aim.count("dry runs");
        }
        code(ask(&client, &aim, &aim.operator, &small, json!({ "input": input }))).await;
        aim.pause(500).await;
    }
}

async fn refused_mutations(aim: Aim) {
    let client = Client::new();
    let document = "mutation($input: CreateVersionInput!) { createVersion(input: $input) { userErrors { code } } }";
    let input = json!({ "serviceId": "svc_999999", "name": "1.0.0", "description": "x".repeat(900_000) });
    while aim.goes_on() {
        code(ask(&client, &aim, &aim.builder, document, json!({ "input": input }))).await;
        aim.count("refused mutations");
        aim.pause(300).await;
    }
}

/// Values of a variable that is not declared.
async fn large_variables(aim: Aim) {
    let client = Client::new();
    let lists = vec![json!([]); 300_000];
    let body = json!({ "query": "{ viewer { name } }", "variables": { "none": lists } }).to_string();
    while aim.goes_on() {
        if code(post(&client, &aim, &aim.viewer).body(body.clone())).await.is_empty() {
            aim.count("large variables");
        }
        aim.pause(200).await;
    }
}

/// What costs something without a token.
async fn strangers(aim: Aim) {
    let client = Client::new();
    let path = format!("{}/{}", aim.url, "x".repeat(60_000));
    for round in 0_u64.. {
        if !aim.goes_on() {
            return;
        }
        if let Ok(response) = client.get(&path).send().await
            && [404, 429].contains(&response.status().as_u16())
        {
            aim.count("long paths");
        }
        let unknown = format!("lk_{round:040}");
        let codes = ["UNAUTHENTICATED", "RATE_LIMITED"];
        if codes.contains(&code(ask(&client, &aim, &unknown, "{ viewer { name } }", Value::Null)).await.as_str()) {
            aim.count("unknown tokens");
        }
        if let Ok(response) = client.get(format!("{}/readyz", aim.url)).send().await
            && response.status() == 200
        {
            aim.count("readiness");
        }
        aim.pause(5).await;
    }
}
