use crate::mutations::world::World;
use lockkeeper::domain::Role;
use serde_json::json;
use testkit::on_both;

async fn a_service_is_registered_edited_and_removed(kind: &str) {
    let world = World::empty(kind).await;
    let input = json!({ "name": "web", "executor": "sim" });
    let made = world.take("createService", "service { id name language executor createdBy }", input).await;
    let expected = json!({ "id": "svc_1", "name": "web", "language": "", "executor": "sim", "createdBy": "ann" });
    assert_eq!(made, json!({ "service": expected }));
    let input = json!({ "serviceId": "svc_1", "language": "Rust", "executor": "other", "description": null });
    let edited = world.take("updateService", "service { language executor description }", input).await;
    assert_eq!(edited["service"], json!({ "language": "Rust", "executor": "other", "description": "" }));
    let removed = world.take("removeService", "service { id removedAt }", json!({ "serviceId": "svc_1" })).await;
    assert!(removed["service"]["removedAt"].is_string());
    assert_eq!(world.read("{ service(name: \"web\") { id } }").await, json!({ "service": null }));
}
on_both!(a_service_is_registered_edited_and_removed);

async fn hosts_are_registered_edited_and_removed(kind: &str) {
    let world = World::empty(kind).await;
    let label = json!([{ "key": "zone", "value": "b" }, { "key": "disk", "value": "" }]);
    let hosts = json!([
        { "hostname": "h2", "address": "10.0.0.2", "labels": label },
        { "hostname": "h1", "address": "::1" },
    ]);
    let made =
        world.take("createHosts", "hosts { hostname address labels { key value } }", json!({ "hosts": hosts })).await;
    let labels = json!([{ "key": "disk", "value": "" }, { "key": "zone", "value": "b" }]);
    let expected = json!([
        { "hostname": "h2", "address": "10.0.0.2", "labels": labels },
        { "hostname": "h1", "address": "::1", "labels": [] },
    ]);
    assert_eq!(made["hosts"], expected);
    let id = world.read("{ host(hostname: \"h2\") { id } }").await["host"]["id"].clone();
    let input = json!({ "hostId": id, "labels": [] });
    let edited = world.take("updateHost", "host { address labels { key } }", input).await;
    assert_eq!(edited["host"], json!({ "address": "10.0.0.2", "labels": [] }));
    let both = json!({ "hosts": [
        { "host": "H2", "labels": [{ "key": "zone", "value": "c" }] },
        { "host": "h1", "address": "::2" },
    ] });
    let changed = world.take("updateHosts", "hosts { address labels { value } }", both).await;
    let expected = json!([
        { "address": "10.0.0.2", "labels": [{ "value": "c" }] },
        { "address": "::2", "labels": [] },
    ]);
    assert_eq!(changed["hosts"], expected);
    let removed = world.take("removeHosts", "hosts { hostname }", json!({ "hostIds": [id] })).await;
    assert_eq!(removed["hosts"], json!([{ "hostname": "h2" }]));
    let id = world
        .take("createHosts", "hosts { id }", json!({ "hosts": [{ "hostname": "h2", "address": "::1" }] }))
        .await["hosts"][0]["id"]
        .clone();
    world.done("removeHost", json!({ "hostId": id })).await;
    assert_eq!(world.read("{ hosts { nodes { hostname } } }").await["hosts"]["nodes"], json!([{ "hostname": "h1" }]));
}
on_both!(hosts_are_registered_edited_and_removed);

async fn a_version_is_registered_built_withdrawn_reinstated_and_removed(kind: &str) {
    let world = World::empty(kind).await;
    world.done("createService", json!({ "name": "web", "executor": "sim" })).await;
    let input = json!({ "serviceId": "svc_1", "name": "1.0", "idempotencyKey": "k" });
    let fields = "version { id name ref buildStatus artifact builtAt service { name } }";
    let made = world.take("createVersion", fields, input.clone()).await;
    let expected = json!({
        "id": "ver_1", "name": "1.0", "ref": "", "buildStatus": "PENDING", "artifact": null, "builtAt": null,
        "service": { "name": "web" },
    });
    assert_eq!(made["version"], expected);
    assert_eq!(world.take("createVersion", fields, input).await, made);

    let input = json!({ "versionId": "ver_1", "status": "SUCCEEDED", "artifact": "s3://a" });
    let built = world.take("reportBuild", "version { buildStatus artifact builtAt }", input).await;
    assert_eq!(built["version"]["artifact"], "s3://a");
    assert!(built["version"]["builtAt"].is_string());
    let input = json!({ "versionId": "ver_1", "reason": "bad" });
    let out = world.take("withdrawVersion", "version { withdrawal { reason by } }", input).await;
    assert_eq!(out["version"]["withdrawal"], json!({ "reason": "bad", "by": "ann" }));
    let back =
        world.take("reinstateVersion", "version { withdrawal { reason } }", json!({ "versionId": "ver_1" })).await;
    assert_eq!(back["version"]["withdrawal"], json!(null));
    world.done("removeVersion", json!({ "versionId": "ver_1" })).await;
    let left = world.read("{ service(name: \"web\") { versions { nodes { id } } } }").await;
    assert_eq!(left["service"]["versions"]["nodes"], json!([]));
}
on_both!(a_version_is_registered_built_withdrawn_reinstated_and_removed);

async fn what_is_left_out_of_an_instances_edit_stays_and_null_clears(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "instance { port tag weight description maintenance revision updatedBy }";
    let input = json!({ "instanceId": "ins_1", "port": 80, "tag": "prod", "weight": 5, "expectedRevision": 2 });
    let first = world.take("updateInstance", fields, input).await;
    let mut expected = json!({
        "port": 80, "tag": "prod", "weight": 5, "description": "", "maintenance": false, "revision": 3, "updatedBy": "ann",
    });
    assert_eq!(first["instance"], expected);
    let input = json!({ "instanceId": "ins_1", "port": null, "maintenance": true });
    let second = world.take("updateInstance", fields, input.clone()).await;
    expected["port"] = json!(null);
    expected["maintenance"] = json!(true);
    expected["revision"] = json!(4);
    assert_eq!(second["instance"], expected);
    assert_eq!(world.take("updateInstance", fields, input).await, second);
}
on_both!(what_is_left_out_of_an_instances_edit_stays_and_null_clears);

async fn a_variable_that_is_left_out_leaves_its_input_out_and_defaults_hold(kind: &str) {
    let world = World::with_fleet(kind).await;
    world.done("updateInstance", json!({ "instanceId": "ins_1", "port": 80, "tag": "prod" })).await;
    let edit = "mutation($port: Int, $tag: String) { updateInstance(input: { instanceId: \"ins_1\", port: $port, tag: $tag }) { instance { port tag } } }";
    for (variables, expected) in [
        (json!({}), json!({ "port": 80, "tag": "prod" })),
        (json!({ "port": null }), json!({ "port": null, "tag": "prod" })),
    ] {
        let response = world.ask(Role::Admin, edit, variables).await;
        assert_eq!(response, json!({ "data": { "updateInstance": { "instance": expected } } }));
    }
    // The default of an argument, and of an input's field: nothing and null mean it.
    let upgrade = "mutation($all: Boolean!, $onLocked: OnLocked, $first: Int) {
            upgradeInstances(input: { serviceId: \"svc_1\", versionId: \"ver_3\", hosts: { all: $all }, onLocked: $onLocked, dryRun: true }) {
                accepted(first: $first) { id } userErrors { code } } }";
    let ids = |ids: &[&str]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
    let accepted = json!({ "accepted": ids(&["ins_1", "ins_2", "ins_3"]), "userErrors": [] });
    for variables in [json!({ "all": true }), json!({ "all": true, "onLocked": null, "first": null })] {
        let response = world.ask(Role::Admin, upgrade, variables).await;
        assert_eq!(response, json!({ "data": { "upgradeInstances": accepted } }));
    }
}
on_both!(a_variable_that_is_left_out_leaves_its_input_out_and_defaults_hold);
