//! What was removed leaves the lists, frees its name, and stays reachable (R3).

use crate::api::world::World;
use serde_json::{Value, json};
use testkit::fleet::id;
use testkit::on_both;

async fn r3_removed_things_stay_reachable_by_id_and_from_history(world: &World) {
    let (shop, client) = (&world.shop, &world.client);
    let instance = shop.instance(0).await;
    let input = json!({
        "serviceId": shop.service, "hosts": { "all": true }, "rollout": { "maxParallel": { "percent": 100 } },
    });
    let removal = client.change("uninstallInstances", input, "release { id targetVersion { id } }").await;
    assert_eq!(removal["release"]["targetVersion"], Value::Null);
    let release = id(&removal["release"]);
    assert_eq!(shop.finished(&release).await, "SUCCEEDED");
    for version in &shop.versions {
        client.change("removeVersion", json!({ "versionId": version }), "version { removedAt }").await;
    }
    client.change("removeHost", json!({ "hostId": shop.hosts[0] }), "host { removedAt }").await;
    client.change("removeService", json!({ "serviceId": shop.service }), "service { removedAt }").await;

    // Gone from the lists and the names …
    let document = r#"{ services { totalCount nodes { name } } hosts { nodes { hostname } }
            instances { totalCount } service(name: "shop") { id } host(hostname: "shop-01") { id } }"#;
    let data = client.query(document, Value::Null).await;
    assert_eq!(data["services"], json!({ "totalCount": 1, "nodes": [{ "name": "mail" }] }));
    let left = json!([{ "hostname": "mail-01" }, { "hostname": "shop-02" }, { "hostname": "shop-03" }]);
    assert_eq!(data["hosts"]["nodes"], left);
    assert_eq!(data["instances"]["totalCount"], 0);
    assert_eq!((&data["service"], &data["host"]), (&Value::Null, &Value::Null));

    // … but reachable by id, and from what happened.
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Service { name removedAt } ... on Version { name removedAt service { name } }
            ... on Host { hostname removedAt }
            ... on Instance { status version { name } service { name } host { hostname }
                events(last: 1) { nodes { status previousVersion { name } } } }
            ... on Release { action service { name } targets(first: 1) { nodes { fromVersion { name } } } } } }";
    let ids = json!({ "ids": [shop.service, shop.versions[0], shop.hosts[0], instance, release] });
    let data = client.query(document, ids).await;
    let [service, version, host, instance, release] = data["nodes"].as_array().unwrap().as_slice() else {
        panic!("five things: {data:#}")
    };
    assert!(service["removedAt"].is_string() && version["removedAt"].is_string() && host["removedAt"].is_string());
    assert_eq!((&version["name"], &version["service"]["name"]), (&json!("1.0.0"), &json!("shop")));
    assert_eq!((&instance["status"], &instance["version"]), (&json!("REMOVED"), &Value::Null));
    assert_eq!(instance["host"]["hostname"], "shop-01");
    assert_eq!(release["targets"]["nodes"][0]["fromVersion"]["name"], "1.0.0");

    // The names are free again, and what bears them now is new.
    let again = client.change("createService", json!({ "name": "shop", "executor": "quick" }), "service { id }");
    assert_ne!(id(&again.await["service"]), shop.service);
    let input = json!({ "serviceId": shop.service, "name": "9.9.9" });
    let problem = format!("NOT_FOUND input.serviceId [{}]", shop.service);
    world.refuses("createVersion", input, &[&problem]).await;
}
on_both!(r3_removed_things_stay_reachable_by_id_and_from_history in World);
