//! Every mutation leaves one audit entry, whatever became of it (I7), and admins can read them.

use crate::PROGRAM;
use crate::api::world::{World, with};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::MAX_WAIT;
use testkit::client::mutation_document;
use testkit::on_both;
use testkit::{Client, Server};

async fn i7_every_mutation_has_one_audit_entry_and_a_dry_run_has_none(world: &World) {
    let client = world.server.client_as("auditee", "admin");
    let upgrade = world.release(1, json!({ "idempotencyKey": "once" }));
    let service = json!({ "name": "new", "executor": "quick" });
    let mutate = async |mutation, input| drop(client.mutate(mutation, input, "__typename").await);
    mutate("createService", service.clone()).await;
    mutate("createService", service).await;
    mutate("upgradeInstances", with(upgrade.clone(), json!({ "dryRun": true }))).await;
    mutate("upgradeInstances", upgrade.clone()).await;
    mutate("upgradeInstances", upgrade.clone()).await;
    mutate("upgradeInstances", with(upgrade, json!({ "versionId": "ver_999" }))).await;
    mutate("cancelRelease", json!({ "releaseId": "rel_999" })).await;

    let entries = "SELECT operation || ' ' || outcome FROM audit WHERE caller = 'auditee' ORDER BY id";
    assert_eq!(
        world.server.stored().await.texts(entries).await,
        [
            "createService ACCEPTED",
            "createService REFUSED",
            "upgradeInstances ACCEPTED",
            "upgradeInstances REPLAYED",
            "upgradeInstances REFUSED",
            "cancelRelease REFUSED",
        ]
    );
}
on_both!(i7_every_mutation_has_one_audit_entry_and_a_dry_run_has_none in World);

/// Every field of an entry that does not differ from run to run.
const ENTRY: &str = "{ id caller credential operation outcome input result requestId address count at }";

impl World {
    /// The entries of the audit log with this filter, and arguments behind it.
    async fn audit(&self, filter: &str, more: &str) -> Vec<Value> {
        audit(&self.client, filter, more).await
    }
}

async fn audit(client: &Client, filter: &str, more: &str) -> Vec<Value> {
    let document = format!("{{ audit(filter: {{ {filter} }} {more}) {{ nodes {ENTRY} }} }}");
    let mut data = client.query(&document, Value::Null).await;
    let Value::Array(nodes) = data["audit"]["nodes"].take() else { panic!("{data:#}") };
    nodes
}

/// Waits until a caller's denials are counted so; gives the entries in this order, by operation and count.
async fn denials(client: &Client, caller: &str, expected: &[(&str, i64)]) -> Vec<Value> {
    let filter = format!("callers: [\"{caller}\"], outcomes: [DENIED]");
    let counted = |entry: &Value| (entry["operation"].as_str().unwrap().to_owned(), entry["count"].as_i64().unwrap());
    let expected: Vec<_> = expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect();
    let started = Instant::now();
    loop {
        let mut found = audit(client, &filter, "").await;
        found.sort_by_key(counted);
        let message: Vec<_> = found.iter().map(counted).collect();
        if message == expected {
            return found;
        }
        assert!(started.elapsed() < MAX_WAIT, "{message:?} in place of {expected:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn an_entry_tells_who_from_where_what_and_what_became_of_it(world: &World) {
    let client = world.server.client_as("auditee", "operator");
    let hold = json!({ "instanceIds": [world.shop.instance(0).await], "reason": "kernel" });
    let made = client.change("holdInstances", hold.clone(), "holds { id }").await;
    let escape = with(hold.clone(), json!({ "reason": "kernel\u{1b}[0m\0" }));
    assert_eq!(client.problems("holdInstances", escape).await, ["INVALID input.reason []"]);

    let entries = world.audit("callers: [\"auditee\"]", "").await;
    assert_eq!(entries.len(), 2, "{entries:#?}");
    for (entry, operation, outcome, result) in [
        (&entries[0], "holdInstances", "ACCEPTED", made["holds"][0]["id"].clone()),
        (&entries[1], "holdInstances", "REFUSED", json!("INVALID")),
    ] {
        assert_eq!((&entry["operation"], &entry["outcome"]), (&json!(operation), &json!(outcome)));
        assert_eq!(entry["result"][0], result, "{entry:#}");
        assert_eq!((&entry["address"], &entry["count"]), (&json!("127.0.0.1"), &json!(1)));
        assert!(entry["credential"].as_str().unwrap().starts_with("token "), "{entry:#}");
        assert_eq!(entry["requestId"].as_str().map(str::len), Some(16));
    }
    assert_eq!(entries[1]["input"]["reason"], "kernel\u{1b}[0m\u{fffd}", "control characters stay in the data");
    assert_eq!(entries[0]["input"]["instanceIds"], hold["instanceIds"]);
    assert_ne!(entries[0]["id"], entries[1]["id"]);
}
on_both!(an_entry_tells_who_from_where_what_and_what_became_of_it in World);

async fn tokens_that_are_made_and_revoked_are_in_the_audit_log_without_their_secrets(world: &World) {
    let token = world.server.token("robot", "builder");
    for success in [true, false] {
        assert_eq!(world.server.run(&["token", "revoke", "--name", "robot"]).status.success(), success);
    }
    let all = world.audit("callers: [\"command line\"]", "").await;
    let entries: Vec<&Value> = all.iter().filter(|entry| entry["input"]["name"] == "robot").collect();
    let message =
        |entry: &Value| format!("{} {}", entry["operation"].as_str().unwrap(), entry["outcome"].as_str().unwrap());
    let message: Vec<String> = entries.iter().map(|entry| message(entry)).collect();
    assert_eq!(message, ["createToken ACCEPTED", "revokeTokens ACCEPTED", "revokeTokens REFUSED"]);
    assert_eq!(entries[0]["input"], json!({ "name": "robot", "role": "BUILDER", "expiresAt": null }));
    assert_eq!(entries[0]["result"], entries[1]["result"], "the same token");
    assert_eq!(entries[2]["result"], json!(["NOT_FOUND"]));
    for entry in entries {
        assert_eq!(entry["credential"], "command line");
        assert_eq!((&entry["requestId"], &entry["address"]), (&Value::Null, &Value::Null));
        assert!(!entry.to_string().contains(&token[..7]), "{entry:#}");
    }
    // The credential of a token's own entries is its name in the entry that made it.
    let client = Client::new(&world.server.url, &world.server.token("second", "operator"));
    client.problems("cancelRelease", json!({ "releaseId": "rel_999" })).await;
    let made = world.audit("operations: [\"createToken\"]", "last: 1").await;
    assert_eq!(made[0]["result"][0], world.audit("callers: [\"second\"]", "").await[0]["credential"]);
}
on_both!(tokens_that_are_made_and_revoked_are_in_the_audit_log_without_their_secrets in World);

async fn the_audit_log_is_read_page_by_page_both_ways_and_filtered(world: &World) {
    let client = world.server.client_as("pager", "admin");
    for number in 1..=5 {
        let input = json!({ "name": format!("s{number}"), "executor": if number == 3 { "none" } else { "quick" } });
        client.mutate("createService", input, "__typename").await;
    }
    client.problems("removeService", json!({ "serviceId": "svc_999" })).await;
    let names = |entries: &[Value]| -> Vec<String> {
        entries.iter().map(|entry| entry["input"]["name"].as_str().unwrap_or("-").to_owned()).collect()
    };
    let read = async |filter: &str, more: &str| names(&world.audit(filter, more).await);
    let mine = "callers: [\"pager\", \"nobody\"]";
    assert_eq!(read(mine, "").await, ["s1", "s2", "s3", "s4", "s5", "-"]);
    let newest_first = "orderBy: { field: AT, direction: DESC }";
    assert_eq!(read(mine, newest_first).await, ["-", "s5", "s4", "s3", "s2", "s1"]);
    assert_eq!(read("callers: [\"pager\"], outcomes: [REFUSED]", "").await, ["s3", "-"]);
    assert_eq!(read("callers: [\"pager\"], operations: [\"removeService\"]", "").await, ["-"]);
    let third = world.audit("callers: [\"pager\"]", "first: 3").await[2]["at"].clone();
    let from = read(&format!("callers: [\"pager\"], from: {third}"), "").await;
    assert!(from.ends_with(&["s4".into(), "s5".into(), "-".into()]) && from.contains(&"s3".into()), "{from:?}");
    let to = read(&format!("callers: [\"pager\"], to: {third}"), "").await;
    assert_eq!(to.len() + from.len(), 6, "each entry is before an instant, or not");

    for order in ["", newest_first] {
        let whole = read("callers: [\"pager\"]", order).await;
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        for (pages, count, cursor, edge, more) in [
            (&mut forward, "first", "after", "endCursor", "hasNextPage"),
            (&mut backward, "last", "before", "startCursor", "hasPreviousPage"),
        ] {
            let mut place = Value::Null;
            loop {
                let document = format!(
                        "query($at: String) {{ audit(filter: {{ callers: [\"pager\"] }} {order} {count}: 2, {cursor}: $at) {{
                            nodes {{ input }} totalCount pageInfo {{ {edge} {more} }} }} }}"
                    );
                let data = world.client.query(&document, json!({ "at": place })).await;
                assert_eq!(data["audit"]["totalCount"], 6);
                pages.push(names(data["audit"]["nodes"].as_array().unwrap()));
                place = data["audit"]["pageInfo"][edge].clone();
                if data["audit"]["pageInfo"][more] == false {
                    break;
                }
            }
        }
        backward.reverse();
        assert_eq!((forward.concat(), backward.concat()), (whole.clone(), whole));
    }
}
on_both!(the_audit_log_is_read_page_by_page_both_ways_and_filtered in World);

async fn the_input_of_a_refusal_is_cut_and_that_of_what_took_effect_is_whole(world: &World) {
    let client = world.server.client_as("flooder", "builder");
    let flood = json!({ "serviceId": world.shop.service, "name": "2.0.0", "description": "\"x\n".repeat(190_000) });
    for _ in 0..20 {
        let problems = client.problems("createVersion", flood.clone()).await;
        assert_eq!(problems, ["INVALID input.description []"]);
    }
    let filter = "callers: [\"flooder\"]";
    let entries = world.audit(filter, "").await;
    assert_eq!(entries.len(), 20);
    for entry in &entries {
        let input = &entry["input"];
        assert_eq!(input["cut"], true, "{input:#}");
        assert!(input["bytes"].as_u64().unwrap() > 900_000);
        assert!(input["begin"].as_str().unwrap().starts_with("{\"artifact\":null"), "{input}");
    }
    let sizes = "SELECT CAST(sum(length(CAST(input AS text))) AS text) FROM audit WHERE caller = 'flooder'";
    let stored: usize = world.server.stored().await.texts(sizes).await[0].parse().unwrap();
    assert!(stored <= 20 * (4 * 1024 + 100), "{stored} bytes");

    let hosts: Vec<Value> =
        (0..200).map(|number| json!({ "hostname": format!("big-{number}"), "address": "192.0.2.1" })).collect();
    world.client.change("createHosts", json!({ "hosts": hosts }), "__typename").await;
    let whole = world.audit("operations: [\"createHosts\"]", "last: 1").await;
    assert_eq!(whole[0]["input"]["hosts"].as_array().unwrap().len(), 200);
}
on_both!(the_input_of_a_refusal_is_cut_and_that_of_what_took_effect_is_whole in World);

async fn denials_of_one_minute_are_one_entry_for_each_operation(world: &World) {
    let client = world.server.client_as("curious", "viewer");
    let try_it = async |client: &Client, mutation: &str, input: Value| {
        let error = client.error(&mutation_document(mutation, "__typename"), json!({ "input": input })).await;
        assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{error:#}");
    };
    let big = json!({ "name": "x".repeat(100_000), "executor": "quick" });
    for _ in 0..3 {
        try_it(&client, "createService", big.clone()).await;
    }
    try_it(&client, "cancelRelease", json!({ "releaseId": "rel_1" })).await;
    let entries = denials(&world.client, "curious", &[("cancelRelease", 1), ("createService", 3)]).await;
    assert_eq!(entries[0]["input"]["releaseId"], "rel_1");
    assert_eq!(entries[1]["input"]["cut"], true);
    assert_eq!((&entries[1]["result"], &entries[1]["address"]), (&json!(["FORBIDDEN"]), &json!("127.0.0.1")));

    // Another process counts with the same entry.
    let beside = (!world.server.database.starts_with("sqlite:")).then(|| world.server.another(&["--no-worker"]));
    let other = beside.as_ref().map_or(client.clone(), |server| client.at(&server.url));
    try_it(&other, "createService", big.clone()).await;
    denials(&world.client, "curious", &[("cancelRelease", 1), ("createService", 4)]).await;

    // A minute later there is another one.
    let stored = world.server.stored().await;
    let (unguard, earlier) = match world.server.database.starts_with("sqlite:") {
        true => ("DROP TRIGGER audit_kept", "at - 60001"),
        false => ("DROP TRIGGER audit_kept ON audit", "at - interval '60.001 seconds'"),
    };
    stored.texts(unguard).await;
    stored.texts(&format!("UPDATE audit SET at = {earlier} WHERE caller = 'curious'")).await;
    try_it(&client, "createService", json!({ "name": "y", "executor": "quick" })).await;
    denials(&world.client, "curious", &[("cancelRelease", 1), ("createService", 1), ("createService", 4)]).await;
}
on_both!(denials_of_one_minute_are_one_entry_for_each_operation in World);

async fn a_server_that_is_stopped_writes_the_denials_that_it_counted(kind: &str) {
    let mut server = Server::start(PROGRAM, kind);
    let client = server.client_as("curious", "viewer");
    for _ in 0..30 {
        client.error(&mutation_document("removeHost", "__typename"), json!({ "input": { "hostId": "hst_1" } })).await;
    }
    assert!(server.terminate());
    server.serve();
    let entries = audit(&server.client(), "callers: [\"curious\"]", "").await;
    assert_eq!(entries.len(), 1, "{entries:#?}");
    assert_eq!(entries[0]["count"], 30);
}
on_both!(a_server_that_is_stopped_writes_the_denials_that_it_counted);

async fn i7_entries_are_kept_for_audit_keep_and_then_deleted_and_nobody_else_deletes_or_changes_them(kind: &str) {
    let configuration = "[executors.quick]\nkind = \"simulate\"\ndelay = \"5ms\"\n[keep]\naudit = \"3s\"\n";
    let server = Server::configured(PROGRAM, kind, configuration);
    let client = server.client();
    let stored = server.stored().await;
    client.service("shop").hosts(2).install().await;
    let mine = "callers: [\"admin\"]";
    assert!(!audit(&client, mine, "").await.is_empty());
    for text in
        ["DELETE FROM audit WHERE caller = 'admin'", "UPDATE audit SET caller = 'eve'", "UPDATE audit SET count = 2"]
    {
        assert!(stored.try_texts(text).await.is_err(), "{text} on {kind}");
    }
    let started = Instant::now();
    while !audit(&client, "", "").await.is_empty() {
        assert!(started.elapsed() < MAX_WAIT, "entries stay");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Its release has no entry any more, and need not have.
    server.assert_sound();
    client
        .change("createHosts", json!({ "hosts": [{ "hostname": "late", "address": "192.0.2.1" }] }), "__typename")
        .await;
}
on_both!(i7_entries_are_kept_for_audit_keep_and_then_deleted_and_nobody_else_deletes_or_changes_them);
