//! What a release does, before it does it.

use crate::mutations::world::World;
use serde_json::{Value, json};
use testkit::on_both;

const PLAN: &str = "acceptedCount replayed release { waves { number size status } } plan {
    rollout { maxParallel maxFailures onFailure }
    waves { number size maxFailures soakSeconds pauseAfter label { key value } status progress { total queued failed skipped } soakUntil }
    worstCaseFailures
    warnings { code counts { version { name } count } }
    targets(first: 2) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor } nodes {
        host { hostname } instance { id } wave fromVersion { name } toVersion { name } } } }";

/// Hosts h1 to h4 of the service web, without any worker: h1 runs version 1, the others version 2.
pub async fn adopted(kind: &str) -> World {
    let world = World::empty(kind).await;
    world.done("createService", json!({ "name": "web", "executor": "sim" })).await;
    for name in ["1", "2", "3"] {
        let input = json!({ "service": "web", "name": name, "buildStatus": "SUCCEEDED", "artifact": "file:///a.tar" });
        world.done("createVersion", input).await;
    }
    let host = |name: &str, zone: Option<&str>| {
        let labels: Vec<Value> = zone.iter().map(|zone| json!({ "key": "zone", "value": zone })).collect();
        json!({ "hostname": name, "address": "127.0.0.1", "labels": labels })
    };
    let hosts =
        [host("h1", Some("a")), host("h2", Some("b")), host("h3", Some("b")), host("h4", None), host("h5", None)];
    world.done("createHosts", json!({ "hosts": hosts })).await;
    for (version, hosts) in [("1", json!(["h1"])), ("2", json!(["h2", "h3", "h4"]))] {
        let input = json!({ "service": "web", "version": version, "hosts": { "hostnames": hosts } });
        world.done("adoptInstances", input).await;
    }
    world
}

fn codes(payload: &Value) -> Vec<&str> {
    let warnings = payload["plan"]["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

async fn r11_a_plan_says_what_a_release_would_do_and_the_recorded_one_what_it_does(kind: &str) {
    let world = adopted(kind).await;
    let upgrade = json!({
        "service": "web", "version": "3", "hosts": { "all": true },
        "rollout": {
            "maxParallel": { "count": 2 }, "maxFailures": { "count": 1 }, "deadlineSeconds": 100,
            "waves": [{ "upTo": { "count": 1 }, "soakSeconds": 60, "pauseAfter": true }, { "upTo": { "percent": 100 } }],
            "first": [{ "key": "zone", "value": "b" }, { "key": "zone", "value": "x" }],
        },
    });
    let with = |name: &str, value: Value| {
        let mut input = upgrade.clone();
        input[name] = value;
        input
    };
    let dry = world.take("upgradeInstances", PLAN, with("dryRun", true.into())).await;
    let target = |host: &str, instance: &str, wave: i64| {
        json!({ "host": { "hostname": host }, "instance": { "id": instance }, "wave": wave,
            "fromVersion": { "name": "2" }, "toVersion": { "name": "3" } })
    };
    let plan = &dry["plan"];
    assert_eq!(plan["targets"]["nodes"], json!([target("h2", "ins_2", 1), target("h3", "ins_3", 2)]));
    assert_eq!(plan["targets"]["totalCount"], 4);
    assert_eq!(plan["worstCaseFailures"], 3);
    let progress = |total: i64| json!({ "total": total, "queued": total, "failed": 0, "skipped": 0 });
    let waves = json!([
        { "number": 1, "size": 1, "maxFailures": 0, "soakSeconds": 60, "pauseAfter": true, "label": null,
            "status": "RUNNING", "progress": progress(1), "soakUntil": null },
        { "number": 2, "size": 3, "maxFailures": null, "soakSeconds": 0, "pauseAfter": false, "label": null,
            "status": "WAITING", "progress": progress(3), "soakUntil": null },
    ]);
    assert_eq!(plan["waves"], waves);
    assert_eq!(codes(&dry), ["LABEL_WITHOUT_HOST", "MIXED_VERSIONS", "DEADLINE_CLOSE", "NO_WORKER"]);
    let counts = json!([{ "version": { "name": "2" }, "count": 3 }, { "version": { "name": "1" }, "count": 1 }]);
    assert_eq!(plan["warnings"][1]["counts"], counts);
    // The next page is of the same order. Its cursor is a place.
    let cursor = plan["targets"]["pageInfo"]["endCursor"].clone();
    assert_eq!(cursor, plan["targets"]["edges"][1]["cursor"]);
    let page = format!(
        "plan {{ targets(after: {cursor}) {{ pageInfo {{ hasNextPage hasPreviousPage }} nodes {{ host {{ hostname }} wave }} }} }}"
    );
    let next = world.take("upgradeInstances", &page, with("dryRun", true.into())).await;
    let expected = json!({ "pageInfo": { "hasNextPage": false, "hasPreviousPage": true }, "nodes": [
        { "host": { "hostname": "h1" }, "wave": 2 }, { "host": { "hostname": "h4" }, "wave": 2 } ] });
    assert_eq!(next["plan"]["targets"], expected);
    let foreign =
        world.read("{ hosts(first: 1) { pageInfo { endCursor } } }").await["hosts"]["pageInfo"]["endCursor"].clone();
    let page = format!("plan {{ targets(after: {foreign}) {{ totalCount }} }}");
    let refused =
        world.send(lockkeeper::domain::Role::Admin, "upgradeInstances", &page, with("dryRun", true.into())).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "CURSOR_INVALID");
    // Accepted, it is the same; its waves are those of the release.
    let accepted = world.take("upgradeInstances", PLAN, with("idempotencyKey", "k".into())).await;
    assert_eq!(accepted["plan"], dry["plan"]);
    for (place, wave) in accepted["release"]["waves"].as_array().unwrap().iter().enumerate() {
        assert_eq!(wave["status"], accepted["plan"]["waves"][place]["status"]);
    }
    // A replay has the plan that was recorded, without warnings.
    world.done("cancelRelease", json!({ "releaseId": "rel_1" })).await;
    let again = world.take("upgradeInstances", PLAN, with("idempotencyKey", "k".into())).await;
    assert_eq!(again["replayed"], true);
    let mut expected = dry["plan"].clone();
    expected["warnings"] = json!([]);
    assert_eq!(again["plan"], expected);
    // What is refused has none.
    let refused = world.mutate("upgradeInstances", PLAN, with("expectedCount", 7.into())).await;
    assert_eq!(refused["plan"], Value::Null);
}
on_both!(r11_a_plan_says_what_a_release_would_do_and_the_recorded_one_what_it_does);

async fn a_plan_warns_of_labels_and_of_versions_that_are_no_way_back_any_more(kind: &str) {
    let world = adopted(kind).await;
    let rollout = json!({ "wavesBy": { "key": "zone", "first": ["b", "x"] } });
    let upgrade = |dry_run: bool| json!({ "service": "web", "version": "3", "hosts": { "all": true }, "rollout": rollout, "dryRun": dry_run });
    world.done("withdrawVersion", json!({ "service": "web", "version": "2", "reason": "bad" })).await;
    let dry = world.take("upgradeInstances", PLAN, upgrade(true)).await;
    let expected = ["WITHDRAWN_WAY_BACK", "HOSTS_WITHOUT_LABEL", "LABEL_WITHOUT_HOST", "MIXED_VERSIONS", "NO_WORKER"];
    assert_eq!(codes(&dry), expected);
    assert_eq!(dry["plan"]["waves"][0]["label"], json!({ "key": "zone", "value": "b" }));
    // Hosts without the label come first among those of one host.
    let labels: Vec<&Value> = dry["plan"]["waves"].as_array().unwrap().iter().map(|wave| &wave["label"]).collect();
    assert!(labels.len() == 3 && labels.contains(&&Value::Null), "{labels:?}");
    let worker = world.worker();
    world.done("upgradeInstances", upgrade(false)).await;
    assert_eq!(world.settled("rel_1").await, "SUCCEEDED");
    // Going back to a version that was withdrawn is possible, to one that was removed is not.
    world.done("removeVersion", json!({ "service": "web", "version": "1" })).await;
    let dry = world.take("undoRelease", PLAN, json!({ "releaseId": "rel_1", "dryRun": true })).await;
    assert_eq!((codes(&dry), &dry["acceptedCount"]), (vec!["WITHDRAWN_WAY_BACK", "NO_WAY_BACK"], &json!(3)));
    assert_eq!(dry["plan"]["worstCaseFailures"], 3, "an undo goes on whatever fails");
    assert_eq!(dry["plan"]["targets"]["nodes"][0]["toVersion"]["name"], "2");
    // Installing: a dry run has no instance to show.
    let install = json!({ "service": "web", "version": "3", "hosts": { "hostnames": ["h5"] }, "dryRun": true });
    let dry = world.take("installInstances", PLAN, install).await;
    let expected = json!([{ "host": { "hostname": "h5" }, "instance": null, "wave": 1, "fromVersion": null, "toVersion": { "name": "3" } }]);
    assert_eq!((&dry["plan"]["targets"]["nodes"], codes(&dry)), (&expected, vec![]));
    let uninstall = json!({ "service": "web", "hosts": { "all": true }, "dryRun": true });
    let dry = world.take("uninstallInstances", PLAN, uninstall).await;
    assert_eq!(dry["plan"]["targets"]["nodes"][0]["toVersion"], Value::Null);
    drop(worker);
}
on_both!(a_plan_warns_of_labels_and_of_versions_that_are_no_way_back_any_more);

async fn example_4_a_release_of_40_may_fail_on_14_and_the_plan_says_so(kind: &str) {
    let world = World::empty(kind).await;
    world.done("createService", json!({ "name": "web", "executor": "sim" })).await;
    for name in ["1", "2"] {
        let input = json!({ "service": "web", "name": name, "buildStatus": "SUCCEEDED", "artifact": "file:///a.tar" });
        world.done("createVersion", input).await;
    }
    let names: Vec<String> = (1..=40).map(|number| format!("h{number:02}")).collect();
    let hosts: Vec<Value> = names.iter().map(|name| json!({ "hostname": name, "address": "127.0.0.1" })).collect();
    world.done("createHosts", json!({ "hosts": hosts })).await;
    world.done("adoptInstances", json!({ "service": "web", "version": "1", "hosts": { "hostnames": names } })).await;
    let input = json!({
        "service": "web", "version": "2", "hosts": { "all": true }, "dryRun": true,
        "rollout": {
            "maxParallel": { "count": 10 }, "maxFailures": { "percent": 10 },
            "waves": [{ "upTo": { "count": 2 }, "pauseAfter": true }, { "upTo": { "percent": 25 } }, { "upTo": { "percent": 100 } }],
        },
    });
    let fields = "plan { worstCaseFailures rollout { maxFailures } waves { size maxFailures } }";
    let dry = world.take("upgradeInstances", fields, input).await;
    let waves = json!([{ "size": 2, "maxFailures": 0 }, { "size": 8, "maxFailures": null }, { "size": 30, "maxFailures": null }]);
    let expected = json!({ "worstCaseFailures": 14, "rollout": { "maxFailures": 4 }, "waves": waves });
    assert_eq!(dry["plan"], expected);
}
on_both!(example_4_a_release_of_40_may_fail_on_14_and_the_plan_says_so);
