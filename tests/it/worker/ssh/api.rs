//! The program as a server, whose executor reaches hosts by ssh, seen through the API.

use crate::PROGRAM;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use testkit::fleet::id;
use testkit::{Server, SshHosts, on_both};

async fn an_upgrade_over_ssh_is_seen_through_the_api(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let mut hosts = SshHosts::new(&path);
    let sshd = hosts.sshd("");
    hosts.alias("shop-01", sshd, "");
    let deploy = path.join("deploy");
    fs::write(&deploy, "#!/bin/sh\n[ \"$LOCKKEEPER_VERSION\" != 1.2.0 ] || { echo 'no disk' >&2; exit 7; }\necho \"now $LOCKKEEPER_VERSION\"\n").unwrap();
    fs::set_permissions(&deploy, fs::Permissions::from_mode(0o755)).unwrap();
    let configuration = format!(
        "[executors.web]\nkind = 'ssh'\nprogram = '{0}/deploy'\nknown_hosts = '{0}/ssh/known_hosts'\n\
         ssh_config = '{0}/ssh/ssh_config'\nremote_state = '{0}/far'\n",
        path.display()
    );
    let mut server = Server::configured_in(directory, PROGRAM, kind, &configuration);
    let fleet = server.client().service("shop").executor("web").hosts(1).register().await;
    let input = json!({ "hostId": fleet.hosts[0], "address": "shop-01" });
    fleet.client.change("updateHost", input, "host { id }").await;
    let fleet = fleet.installed().await;
    fleet.finish("upgradeInstances", &fleet.versions[1]).await;
    let release = id(&fleet.release("upgradeInstances", &fleet.versions[2]).await["release"]);
    assert_eq!(fleet.finished(&release).await, "FAILED");
    let document = "query($id: ID!) { node(id: $id) { ... on Release { targets(first: 1) { nodes {
        failure message exitStatus steps { name status } } } } } }";
    let data = fleet.client.query(document, json!({ "id": release })).await;
    let target = &data["node"]["targets"]["nodes"][0];
    assert_eq!(target["failure"], "COMMAND");
    assert_eq!(target["message"], "The command ended with exit status 7.\nno disk");
    let steps = json!([{ "name": "CONNECT", "status": "SUCCEEDED" }, { "name": "RUN", "status": "FAILED" }]);
    assert_eq!(target["steps"], steps);
    server.assert_sound();
    // It closes its connections.
    assert!(server.terminate());
}
on_both!(an_upgrade_over_ssh_is_seen_through_the_api);
