use crate::mutations::world::World;
use serde_json::json;
use testkit::on_both;

/// In the order of their precedence; registered in another one.
const ORDERED: [&str; 8] = ["0.9.0", "v1.0.0-alpha", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0", "1.0.1", "2.0.0", "10.0.0"];

async fn r2_what_the_list_finds_enabled_is_what_each_version_says_of_itself(kind: &str) {
    let world = World::empty(kind).await;
    world.done("createService", json!({ "name": "web", "executor": "sim", "versionScheme": "SEMVER" })).await;
    let mut ids = std::collections::HashMap::new();
    for place in [4, 6, 0, 5, 7, 3, 1, 2] {
        let input = json!({ "serviceId": "svc_1", "name": ORDERED[place], "buildStatus": "SUCCEEDED", "artifact": "file:///a" });
        let made = world.take("createVersion", "version { id }", input).await;
        ids.insert(ORDERED[place], made["version"]["id"].as_str().unwrap().to_owned());
    }
    let listed = "{ service(name: \"web\") { versionScheme
        versions(orderBy: { field: PRECEDENCE, direction: ASC }) { nodes { name } }
        newest: versions(first: 2) { nodes { name } } } }";
    let service = world.read(listed).await["service"].clone();
    assert_eq!(service["versionScheme"], "SEMVER");
    assert_eq!(service["versions"]["nodes"], json!(ORDERED.map(|name| json!({ "name": name }))));
    // Lists stay in the order of registration.
    assert_eq!(service["newest"]["nodes"], json!([{ "name": ORDERED[2] }, { "name": ORDERED[1] }]));
    for (place, current) in ORDERED.iter().enumerate() {
        let id = &ids[current];
        let query = format!(
            "{{ service(name: \"web\") {{
                up: versions(filter: {{ enabledFor: {{ action: UPGRADE, currentVersionId: \"{id}\" }} }},
                    orderBy: {{ field: PRECEDENCE, direction: ASC }}) {{ nodes {{ name }} }}
                down: versions(filter: {{ enabledFor: {{ action: REVERT, currentVersionId: \"{id}\" }} }},
                    orderBy: {{ field: PRECEDENCE, direction: ASC }}) {{ nodes {{ name }} }}
                all: versions(orderBy: {{ field: PRECEDENCE, direction: ASC }}) {{ nodes {{ name
                    up: enabled(action: UPGRADE, currentVersion: \"{id}\")
                    down: enabled(action: REVERT, currentVersion: \"{id}\") }} }} }} }}"
        );
        let service = world.read(&query).await["service"].clone();
        let names = |names: &[&str]| json!(names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>());
        assert_eq!(service["up"]["nodes"], names(&ORDERED[place + 1..]), "{current}");
        assert_eq!(service["down"]["nodes"], names(&ORDERED[..place]), "{current}");
        for (other, version) in service["all"]["nodes"].as_array().unwrap().iter().enumerate() {
            let expected = json!({ "name": ORDERED[other], "up": other > place, "down": other < place });
            assert_eq!(*version, expected, "{current}");
        }
    }
}
on_both!(r2_what_the_list_finds_enabled_is_what_each_version_says_of_itself);

async fn r2_a_hotfix_registered_after_a_newer_version_is_a_revert_for_some_and_an_upgrade_for_others(kind: &str) {
    let world = World::empty(kind).await;
    world.done("createService", json!({ "name": "web", "executor": "sim", "versionScheme": "SEMVER" })).await;
    for name in ["1.0.0", "2.0.0", "1.0.1"] {
        let input = json!({ "serviceId": "svc_1", "name": name, "buildStatus": "SUCCEEDED", "artifact": "file:///a" });
        world.done("createVersion", input).await;
    }
    let hosts = ["h1", "h2"].map(|name| json!({ "hostname": name, "address": "127.0.0.1" }));
    world.done("createHosts", json!({ "hosts": hosts })).await;
    let worker = world.worker();
    for (release, (version, host)) in [("ver_1", "h1"), ("ver_2", "h2")].into_iter().enumerate() {
        let input = json!({ "serviceId": "svc_1", "versionId": version, "hosts": { "hostnames": [host] } });
        world.done("installInstances", input).await;
        world.settled(&format!("rel_{}", release + 1)).await;
    }
    drop(worker);
    let input = json!({ "serviceId": "svc_1", "versionId": "ver_3", "hosts": { "all": true }, "dryRun": true });
    let fields = "accepted { host { hostname } } skipped { reason instance { host { hostname } } }";
    for (mutation, taken, left, reason) in
        [("upgradeInstances", "h1", "h2", "NOT_NEWER"), ("revertInstances", "h2", "h1", "NOT_OLDER")]
    {
        let expected = json!({
            "accepted": [{ "host": { "hostname": taken } }],
            "skipped": [{ "reason": reason, "instance": { "host": { "hostname": left } } }],
        });
        assert_eq!(world.take(mutation, fields, input.clone()).await, expected, "{mutation}");
    }
}
on_both!(r2_a_hotfix_registered_after_a_newer_version_is_a_revert_for_some_and_an_upgrade_for_others);
