//! A database that is restored to an earlier state, beside a state directory and clients from after it.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use testkit::{Fleet, Server};

const CONFIGURATION: &str = "[executors.script]\nkind = 'command'\nprogram = './deploy'\n";

/// Moves the one host, and gives how its release ended.
async fn moved(server: &Server, fleet: &Fleet, mutation: &str, version: usize) -> String {
    let fleet = Fleet { client: server.client(), ..fleet.clone() };
    let payload = fleet.release(mutation, &fleet.versions[version]).await;
    fleet.finished(payload["release"]["id"].as_str().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_i5_after_restored_commands_start_again_and_cursors_from_what_was_lost_are_refused() {
    let mut server = Server::configured(PROGRAM, "sqlite", CONFIGURATION);
    let script = server.path("deploy");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    let fleet = server.client().service("shop").executor("script").hosts(1).install().await;
    assert!(server.terminate());
    fs::copy(server.path("lockkeeper.db"), server.path("backup.db")).unwrap();
    server.serve();
    for (mutation, version) in [("upgradeInstances", 1), ("upgradeInstances", 2), ("revertInstances", 0)] {
        assert_eq!(moved(&server, &fleet, mutation, version).await, "SUCCEEDED");
    }
    let cursor = server.client().query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    assert!(server.terminate());

    fs::copy(server.path("backup.db"), server.path("lockkeeper.db")).unwrap();
    server.serve();
    assert_eq!(moved(&server, &fleet, "upgradeInstances", 1).await, "FAILED", "the state directory saw higher fences");
    assert!(!server.run(&["restored"]).status.success(), "it is being served");
    assert!(server.terminate());

    assert!(server.run(&["restored"]).status.success());
    server.serve();
    for (mutation, version) in [("upgradeInstances", 1), ("upgradeInstances", 2), ("revertInstances", 0)] {
        assert_eq!(moved(&server, &fleet, mutation, version).await, "SUCCEEDED");
    }
    let query = "query($after: String) { instanceEvents(after: $after) { nodes { kind } } }";
    let error = server.client().error(query, json!({ "after": cursor })).await;
    assert_eq!(error["extensions"]["code"], "CURSOR_INVALID", "{error:#}");
    server.assert_sound();
}
