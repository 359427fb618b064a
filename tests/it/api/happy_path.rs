//! Create, install, upgrade, watch, revert: what lockkeeper is for.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::fleet::{id, text};
use testkit::on_both;
use testkit::{Fleet, Server};

const WATCH: &str = "subscription($after: String, $service: ID!) {
    instanceStatusChanged(after: $after, filter: { serviceIds: [$service] }) {
        cursor kind hostname revision previousStatus status locked
        previousVersion { name } version { name } release { id status } } }";

async fn a_fleet_is_installed_upgraded_and_reverted_and_a_subscriber_sees_each_step(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let fleet = server.client().service("shop").versions(3).hosts(10).install().await;
    let everywhere = |version: &str| -> Vec<_> {
        fleet.hostnames.iter().map(|host| (host.clone(), Some(version.to_owned()))).collect()
    };
    assert_eq!(fleet.running().await, everywhere("1.0.0"));

    let upgrade = fleet.release("upgradeInstances", &fleet.versions[2]).await;
    assert_eq!(upgrade["acceptedCount"], 10);
    assert_eq!(steps(&fleet, &upgrade).await, moved(&fleet, "UPGRADING", "1.0.0", "1.2.0", 3));
    assert_eq!(fleet.running().await, everywhere("1.2.0"));

    let revert = fleet.release("revertInstances", &fleet.versions[1]).await;
    assert_eq!(steps(&fleet, &revert).await, moved(&fleet, "REVERTING", "1.2.0", "1.1.0", 5));
    assert_eq!(fleet.running().await, everywhere("1.1.0"));
    server.assert_sound();
}
on_both!(a_fleet_is_installed_upgraded_and_reverted_and_a_subscriber_sees_each_step);

type Steps = BTreeMap<String, Vec<String>>;

/// What a subscriber from the release's cursor on sees of each host until the release is over.
async fn steps(fleet: &Fleet, payload: &Value) -> Steps {
    let release = id(&payload["release"]);
    let variables = json!({ "after": payload["release"]["cursor"], "service": fleet.service });
    let mut stream = fleet.client.subscribe(WATCH, variables).await;
    let mut ended = 0;
    let events = stream
        .until("instanceStatusChanged", |event| {
            ended += usize::from(event["status"] == "RUNNING");
            ended == fleet.hosts.len()
        })
        .await;
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    let mut steps = Steps::new();
    for event in events {
        assert_eq!((&event["kind"], &event["release"]["id"]), (&json!("RELEASE"), &json!(release)));
        steps.entry(text(&event["hostname"])).or_default().push(format!(
            "{} {} to {} at {}, {}",
            event["revision"],
            text(&event["previousStatus"]),
            text(&event["status"]),
            text(&event["version"]["name"]),
            if event["locked"] == true { "locked" } else { "free" },
        ));
    }
    steps
}

/// The two steps of every host.
fn moved(fleet: &Fleet, doing: &str, from: &str, to: &str, revision: i64) -> Steps {
    let steps = vec![
        format!("{revision} RUNNING to {doing} at {from}, locked"),
        format!("{} {doing} to RUNNING at {to}, free", revision + 1),
    ];
    fleet.hostnames.iter().map(|host| (host.clone(), steps.clone())).collect()
}
