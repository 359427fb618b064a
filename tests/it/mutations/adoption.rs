use crate::mutations::world::World;
use serde_json::{Value, json};
use testkit::on_both;

async fn i4_what_already_runs_is_recorded_without_running_anything(kind: &str) {
    let world = World::with_fleet(kind).await;
    let host = |name: &str| json!({ "hostname": name, "address": "127.0.0.1" });
    world.done("createHosts", json!({ "hosts": [host("Db-2"), host("db-1")] })).await;
    // A hold on a host and a freeze do not matter, nor does it that the version is not built.
    world.done("holdHosts", json!({ "hostnames": ["db-1"], "reason": "disk" })).await;
    world.done("freezeService", json!({ "service": "web", "reason": "sale" })).await;
    let input = json!({ "service": "web", "version": "4", "hosts": { "hostnames": ["DB-1.", "db-2"] }, "port": 80,
        "reason": "by hand", "idempotencyKey": "k" });
    let fields = "count replayed instances { host { hostname } version { name } status port weight locked confirmedAt revision }";
    let mut dry = input.clone();
    dry["dryRun"] = true.into();
    let expected = json!({ "count": 2, "replayed": false, "instances": [] });
    assert_eq!(world.take("adoptInstances", fields, dry).await, expected);
    let adopted = world.take("adoptInstances", fields, input.clone()).await;
    let names: Vec<&Value> =
        adopted["instances"].as_array().unwrap().iter().map(|one| &one["host"]["hostname"]).collect();
    assert_eq!((&adopted["count"], names), (&json!(2), vec![&json!("db-1"), &json!("Db-2")]));
    let first = &adopted["instances"][0];
    assert!(first["confirmedAt"].is_string());
    assert_eq!(first["locked"], true);
    let rest = json!([first["version"]["name"], first["status"], first["port"], first["weight"], first["revision"]]);
    assert_eq!(rest, json!(["4", "RUNNING", 80, 100, 1]));
    assert_eq!(adopted["instances"][1]["locked"], false);
    let replayed = world.take("adoptInstances", fields, input).await;
    assert_eq!((&replayed["replayed"], &replayed["instances"]), (&json!(true), &adopted["instances"]));
    let events =
        "{ instanceEvents(filter: { kinds: [CONFIRMATION] }) { nodes { hostname kind revision previousStatus status
        previousVersion { name } version { name } causedBy release { id } } } }";
    let expected = |hostname: &str| {
        json!({ "hostname": hostname, "kind": "CONFIRMATION", "revision": 1, "previousStatus": null, "status": "RUNNING",
            "previousVersion": null, "version": { "name": "4" }, "causedBy": "ann", "release": null })
    };
    let found = world.read(events).await["instanceEvents"]["nodes"].clone();
    assert_eq!(found, json!([expected("db-1"), expected("Db-2")]));
    // What has an instance is refused by name, and left out by labels.
    let again = json!({ "service": "web", "version": "4", "hosts": { "hostnames": ["db-1"] } });
    assert_eq!(world.wrong("adoptInstances", again).await, ["HOST_ALREADY_DEPLOYED input.hosts.hostnames hst_4"]);
    let label = json!({ "service": "web", "version": "4", "hosts": { "labels": [{ "key": "disk", "value": "h1" }] } });
    assert_eq!(world.wrong("adoptInstances", label).await, ["NOTHING_TO_RELEASE input.hosts"]);
}
on_both!(i4_what_already_runs_is_recorded_without_running_anything);

async fn r4_ten_thousand_hosts_are_adopted_or_none_if_one_of_them_is_wrong(kind: &str) {
    let world = World::with_fleet(kind).await;
    let names: Vec<String> = (0..9_999).map(|number| format!("n{number:05}")).collect();
    for names in names.chunks(1000) {
        let hosts: Vec<Value> = names.iter().map(|name| json!({ "hostname": name, "address": "::1" })).collect();
        world.done("createHosts", json!({ "hosts": hosts })).await;
    }
    let adoption = |last: &str| {
        let hostnames: Vec<&str> = names.iter().map(String::as_str).chain([last]).collect();
        json!({ "service": "web", "version": "2", "hosts": { "hostnames": hostnames } })
    };
    let refused = world.wrong("adoptInstances", adoption("nowhere")).await;
    assert!(refused.len() == 1 && refused[0].starts_with("NOT_FOUND input.hosts.hostnames nowhere"), "{refused:?}");
    let expected = ["HOST_ALREADY_DEPLOYED input.hosts.hostnames hst_2"];
    assert_eq!(world.wrong("adoptInstances", adoption("h2")).await, expected);
    assert_eq!(world.wrong("adoptInstances", adoption("N00007.")).await, ["INVALID input.hosts.hostnames N00007."]);
    let count = "{ instances { totalCount } }";
    assert_eq!(world.read(count).await["instances"]["totalCount"], 3);
    world.done("createHosts", json!({ "hosts": [{ "hostname": "last", "address": "::1" }] })).await;
    let adopted =
        world.take("adoptInstances", "count instances(first: 1) { host { hostname } }", adoption("last")).await;
    assert_eq!(adopted, json!({ "count": 10_000, "instances": [{ "host": { "hostname": "last" } }] }));
    assert_eq!(world.read(count).await["instances"]["totalCount"], 10_003);
}
on_both!(r4_ten_thousand_hosts_are_adopted_or_none_if_one_of_them_is_wrong);

async fn r4_everything_wrong_with_an_adoption_is_reported_at_once(kind: &str) {
    let world = World::with_fleet(kind).await;
    let bad = json!({ "serviceId": "svc_1", "versionId": "ver_5", "hosts": { "all": true }, "port": 0, "weight": 1001,
        "reason": "\u{0}" });
    let expected = [
        "INVALID input.hosts.all",
        "INVALID input.port",
        "INVALID input.weight",
        "INVALID input.reason",
        "OTHER_SERVICE input.versionId ver_5",
    ];
    assert_eq!(world.wrong("adoptInstances", bad).await, expected);
    world.done("removeVersion", json!({ "versionId": "ver_3" })).await;
    let gone = json!({ "serviceId": "svc_1", "versionId": "ver_3", "hosts": { "hostIds": ["hst_1"] } });
    let expected = ["NOT_FOUND input.versionId ver_3", "HOST_ALREADY_DEPLOYED input.hosts.hostIds hst_1"];
    assert_eq!(world.wrong("adoptInstances", gone).await, expected);
}
on_both!(r4_everything_wrong_with_an_adoption_is_reported_at_once);
