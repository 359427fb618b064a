//! What becomes of a release: commands that succeed and fail, limits, giving up, holds.

use crate::PROGRAM;
use crate::api::world::World;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use testkit::fleet::id;
use testkit::on_both;
use testkit::{Fleet, Server};

/// Name and status of every target, in the order they are moved.
async fn targets(fleet: &Fleet, release: &str) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on Release {
        targets { nodes { host { hostname } status failure exitStatus } } } } }";
    fleet.client.query(document, json!({ "id": release })).await["node"]["targets"]["nodes"].take()
}

/// A server whose executor `real` is this script.
fn with_script(kind: &str, script: &str) -> Server {
    let server = Server::configured(PROGRAM, kind, "[executors.real]\nkind = \"command\"\nprogram = \"./deploy\"\n");
    fs::write(server.path("deploy"), script).unwrap();
    fs::set_permissions(server.path("deploy"), fs::Permissions::from_mode(0o755)).unwrap();
    server
}

async fn a_command_gets_its_order_and_its_output_is_kept(kind: &str) {
    let script = "#!/bin/sh\necho \"$LOCKKEEPER_ACTION $LOCKKEEPER_SERVICE $LOCKKEEPER_PREVIOUS_VERSION \
            to $LOCKKEEPER_VERSION from $LOCKKEEPER_ARTIFACT on $LOCKKEEPER_HOSTNAME\"\necho careful >&2\n";
    let server = with_script(kind, script);
    let fleet = server.client().service("shop").executor("real").hosts(2).install().await;
    let release = id(&fleet.release("upgradeInstances", &fleet.versions[1]).await["release"]);
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    let document = "query($id: ID!) { node(id: $id) { ... on Release {
            log { nodes { hostname stream text attempt } } } } }";
    let data = fleet.client.query(document, json!({ "id": release })).await;
    let lines = data["node"]["log"]["nodes"].as_array().unwrap();
    for hostname in &fleet.hostnames {
        let said = |stream: &str| -> Vec<&str> {
            let of_host = |line: &&Value| line["hostname"] == **hostname && line["stream"] == stream;
            lines.iter().filter(of_host).map(|line| line["text"].as_str().unwrap()).collect()
        };
        let message = format!("UPGRADE shop 1.0.0 to 1.1.0 from shop-1.1.0.tar.gz on {hostname}");
        assert_eq!(said("STDOUT"), [message.as_str()]);
        assert_eq!(said("STDERR"), ["careful"]);
    }
    server.assert_sound();
}
on_both!(a_command_gets_its_order_and_its_output_is_kept);

async fn r12_r16_a_command_that_fails_changes_no_version_and_stops_the_rest(kind: &str) {
    let script = "#!/bin/sh\n[ \"$LOCKKEEPER_ACTION $LOCKKEEPER_HOSTNAME\" != \"UPGRADE shop-02\" ] || exit 3\n";
    let server = with_script(kind, script);
    let fleet = server.client().service("shop").executor("real").hosts(4).install().await;
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[1], "hosts": { "all": true },
        "rollout": { "maxParallel": { "count": 1 } },
    });
    let release = id(&fleet.client.change("upgradeInstances", input, "release { id }").await["release"]);
    assert_eq!(fleet.finished(&release).await, "FAILED");
    let target = |host: &str, status: &str, failure: Option<&str>, exit: Option<i64>| json!({ "host": { "hostname": host }, "status": status, "failure": failure, "exitStatus": exit });
    let expected = json!([
        target("shop-01", "SUCCEEDED", None, Some(0)),
        target("shop-02", "FAILED", Some("COMMAND"), Some(3)),
        target("shop-03", "CANCELED", None, None),
        target("shop-04", "CANCELED", None, None),
    ]);
    assert_eq!(targets(&fleet, &release).await, expected);
    let versions: Vec<_> = fleet.running().await.into_iter().map(|(_, version)| version.unwrap()).collect();
    assert_eq!(versions, ["1.1.0", "1.0.0", "1.0.0", "1.0.0"]);
    let document = "{ instances { nodes { status locked } } }";
    let data = fleet.client.query(document, Value::Null).await;
    let free = |status: &str| json!({ "status": status, "locked": false });
    let expected = json!([free("RUNNING"), free("UPGRADE_FAILED"), free("RUNNING"), free("RUNNING")]);
    assert_eq!(data["instances"]["nodes"], expected);

    // R15: what failed is free, and can go back to the version that it is recorded at.
    let payload = fleet.release("revertInstances", &fleet.versions[0]).await;
    assert_eq!(payload["acceptedCount"], 2);
    assert_eq!(fleet.finished(&id(&payload["release"])).await, "SUCCEEDED");
    server.assert_sound();
}
on_both!(r12_r16_a_command_that_fails_changes_no_version_and_stops_the_rest);

async fn r13_what_never_began_is_canceled_and_its_instance_is_as_before(world: &World) {
    let shop = &world.shop;
    let input = json!({ "serviceId": shop.service, "executor": "slow" });
    world.client.change("updateService", input, "__typename").await;
    let release = world.client.change("upgradeInstances", world.release(1, json!({})), "release { id }").await;
    let release = id(&release["release"]);
    let input = json!({ "releaseId": release, "stopRunning": true, "reason": "Changed my mind." });
    let canceled = world.client.change("cancelRelease", input, "release { cancelReason cancelRequestedAt }").await;
    assert_eq!(canceled["release"]["cancelReason"], "Changed my mind.");
    assert!(["CANCELED", "FAILED"].contains(&shop.finished(&release).await.as_str()));
    let statuses = targets(shop, &release).await;
    let queued = statuses.as_array().unwrap().iter().skip(1);
    assert!(queued.clone().all(|target| target["status"] == "CANCELED"), "{statuses:#}");
    for host in 1..3 {
        let document = "query($id: ID!) { node(id: $id) { ... on Instance { status locked version { name } } } }";
        let data = world.client.query(document, json!({ "id": shop.instance(host).await })).await;
        let before = json!({ "status": "RUNNING", "locked": false, "version": { "name": "1.0.0" } });
        assert_eq!(data["node"], before);
    }
    // Whatever became of the target that was stopped, to cancel once more changes nothing.
    let again = world.client.change("cancelRelease", json!({ "releaseId": release }), "release { cancelReason }").await;
    assert_eq!(again["release"]["cancelReason"], "Changed my mind.");
}
on_both!(r13_what_never_began_is_canceled_and_its_instance_is_as_before in World);

async fn r9_r17_a_held_instance_is_skipped_with_who_has_it_until_it_is_let_go(world: &World) {
    let shop = &world.shop;
    let held = shop.instance(1).await;
    let hold = json!({ "instanceIds": [held], "reason": "Disk is being replaced." });
    let hold = world.client.change("holdInstances", hold, "holds { id } instances { locked }").await;
    assert_eq!(hold["instances"], json!([{ "locked": true }]));
    let payload = shop.release("upgradeInstances", &shop.versions[1]).await;
    assert_eq!(payload["skipped"], json!([{ "reason": "LOCKED", "instance": { "id": held } }]));
    assert_eq!(shop.finished(&id(&payload["release"])).await, "SUCCEEDED");
    world.client.change("endHolds", json!({ "instanceIds": [held] }), "__typename").await;
    let payload = shop.release("upgradeInstances", &shop.versions[1]).await;
    assert_eq!(payload["acceptedCount"], 1);
    assert_eq!(shop.finished(&id(&payload["release"])).await, "SUCCEEDED");
}
on_both!(r9_r17_a_held_instance_is_skipped_with_who_has_it_until_it_is_let_go in World);
