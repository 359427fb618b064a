//! Lists: their shapes for scripts, their filters, and what people see.

use crate::world::{World, keys};
use serde_json::{Value, json};

const INSTANCE: [&str; 22] = [
    "confirmedAt",
    "description",
    "drainedSince",
    "health",
    "healthAt",
    "hostname",
    "id",
    "labels",
    "locked",
    "locks",
    "maintenance",
    "observedAt",
    "observedVersion",
    "port",
    "revision",
    "service",
    "status",
    "tag",
    "updatedAt",
    "updatedBy",
    "version",
    "weight",
];
const RELEASE: [&str; 19] = [
    "action",
    "cancelReason",
    "cancelRequestedAt",
    "createdAt",
    "createdBy",
    "deadlineAt",
    "executor",
    "finishedAt",
    "id",
    "origin",
    "pause",
    "progress",
    "reason",
    "service",
    "startedAt",
    "status",
    "stoppedAt",
    "targetVersion",
    "undoMessage",
];
const AUDIT_ENTRY: [&str; 11] =
    ["address", "at", "caller", "count", "credential", "id", "input", "operation", "outcome", "requestId", "result"];

/// The items of a list, whose shape is checked.
#[track_caller]
fn items(list: &Value) -> &Vec<Value> {
    assert_eq!(keys(list), ["endCursor", "items", "totalCount"]);
    list["items"].as_array().unwrap()
}

/// One field of each item.
#[track_caller]
fn column<'l>(list: &'l Value, field: &str) -> Vec<&'l str> {
    items(list).iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_have_the_names_of_the_schema_and_names_in_place_of_objects() {
    let world = World::start();
    let fleet = world.client().service("web").hosts(5).install().await;
    fleet.finish("upgradeInstances", &fleet.versions[1]).await;

    let instances = world.json(&["instances", "web"]);
    assert_eq!(keys(&items(&instances)[0]), INSTANCE);
    let first = &items(&instances)[0];
    let short = ["service", "hostname", "version", "status"].map(|key| &first[key]);
    assert_eq!(short, ["web", "web-01", "1.1.0", "RUNNING"]);
    assert_eq!((&instances["totalCount"], &first["locks"]), (&5.into(), &json!([])));

    let releases = world.json(&["releases", "web"]);
    assert_eq!(keys(&items(&releases)[0]), RELEASE);
    assert_eq!(column(&releases, "action"), ["UPGRADE", "INSTALL"]);
    assert_eq!(
        (&items(&releases)[0]["progress"]["succeeded"], &items(&releases)[0]["targetVersion"]),
        (&5.into(), &"1.1.0".into())
    );

    assert_eq!(column(&world.json(&["services"]), "name"), ["web"]);
    assert_eq!(column(&world.json(&["versions", "web"]), "name"), ["1.2.0", "1.1.0", "1.0.0"]);
    assert_eq!(column(&world.json(&["hosts"]), "hostname").len(), 5);

    let audit = world.json(&["audit", "--since", "1h", "--caller", "admin"]);
    assert_eq!(keys(&items(&audit)[0]), AUDIT_ENTRY);
    assert_eq!(column(&audit, "operation")[0], "upgradeInstances");
    assert!(items(&world.json(&["audit", "--caller", "nobody"])).is_empty());
}

#[tokio::test]
async fn filters_hold_together_and_values_of_one_key_are_alternatives() {
    let world = World::start();
    let fleet = world.client().service("web").hosts(5).install().await;
    fleet.client.service("wiki").hosts(2).executor("failing").register().await;

    let hostnames = |filter: &str| {
        let list = world.json(&["instances", "--filter", filter]);
        let names: Vec<String> = column(&list, "hostname").into_iter().map(str::to_owned).collect();
        (names, list["totalCount"].clone())
    };
    assert_eq!(hostnames("label.side=right"), (vec!["web-02".to_owned(), "web-04".to_owned()], 2.into()));
    assert_eq!(hostnames("label.side=right,label.side=left").0.len(), 5);
    let either = "hostname=web-01,hostname=web-02,label.side=left,state=running,version=1.0.0,service=web";
    assert_eq!(hostnames(either), (vec!["web-01".to_owned()], 1.into()));
    // The server has no filter of weights, so it is unknown how many there are.
    assert_eq!(hostnames("weight=100,hostname=web-03"), (vec!["web-03".to_owned()], Value::Null));
    assert_eq!(hostnames("state=failed").0, [""; 0]);
    assert_eq!(column(&world.json(&["hosts", "--filter", "label.side=right"]), "hostname").len(), 3);
    assert_eq!(column(&world.json(&["versions", "web", "--filter", "name=1.0.0,state=succeeded"]), "name"), ["1.0.0"]);
    assert_eq!(column(&world.json(&["services", "--filter", "executor=failing"]), "name"), ["wiki"]);
    assert_eq!(column(&world.json(&["releases", "--filter", "action=install,state=succeeded"]), "service"), ["web"]);
    world.run(&["instances", "--filter", "colour=red"]).fails(2, &["cannot be filtered by \"colour\"", "hostname"]);
    world.run(&["instances", "--filter", "state=runing"]).fails(2, &["Did you mean RUNNING?"]);

    // Pages: as many as were asked for, and the place behind them.
    let page = world.json(&["hosts", "--limit", "3"]);
    assert_eq!((items(&page).len(), &page["totalCount"]), (3, &7.into()));
    assert!(page["endCursor"].is_string());
    let shown = world.ok(&["hosts", "--limit", "3"]);
    assert!(shown.stderr.contains("3 of 7 hosts are shown; --all shows all of them."), "{shown:?}");
    assert_eq!(items(&world.json(&["hosts", "--all"])).len(), 7);
}

#[tokio::test]
async fn tables_are_for_people_and_have_times_in_utc_in_a_pipe() {
    let world = World::start();
    world.ok(&["services"]).ends(0, &["There are no services. Register one: lockkeeper service create --help"]);
    world.ok(&["hosts"]).ends(0, &["There are no hosts. Add one: lockkeeper host add --help"]);
    world.ok(&["hosts", "--filter", "label.rack=zz"]).ends(0, &["None of the hosts match the filter."]);
    world.client().service("web").hosts(2).install().await;
    let table = world.ok(&["instances", "web"]).stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["SERVICE", "HOST", "VERSION", "STATUS", "LOCKED", "UPDATED"]
    );
    let cells: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!(cells[..5], ["web", "web-01", "1.0.0", "RUNNING", "–"]);
    assert!(cells[5].ends_with('Z') && cells[5].contains('T'), "{table}");
    assert!(!table.contains('\u{1b}'), "a pipe has no colors: {table:?}");
    let colored = world.ok(&["instances", "web", "--color", "always"]).stdout;
    assert!(colored.starts_with("\u{1b}[1m"), "{colored:?}");
}

#[tokio::test]
async fn the_status_counts_versions_and_says_what_needs_somebody() {
    let world = World::start();
    world.ok(&["status"]).ends(0, &["There are no services", "lockkeeper service create"]);
    let fleet = world.client().service("web").hosts(3).install().await;
    let status = world.json(&["status", "web"]);
    assert_eq!(
        items(&status)[0],
        json!({ "service": "web", "versions": [{ "version": "1.0.0", "counts": { "RUNNING": 3 } }], "release": null,
                "attention": [] })
    );
    world.ok(&["service", "update", "web", "--executor", "failing"]);
    let upgrade =
        json!({ "serviceId": fleet.service, "versionId": fleet.versions[1], "hosts": { "hostnames": ["web-02"] } });
    let release = fleet.client.change("upgradeInstances", upgrade, "release { id }").await;
    let release = testkit::fleet::id(&release["release"]);
    assert_eq!(fleet.finished(&release).await, "FAILED");
    let status = world.json(&["status"]);
    let attention = &items(&status)[0]["attention"][0];
    assert_eq!(keys(attention), ["help", "hostname", "kind", "release", "since"]);
    let help = format!("lockkeeper log {release} web-02");
    let said = ["kind", "hostname", "release", "help"].map(|key| attention[key].as_str().unwrap());
    assert_eq!(said, ["UPGRADE_FAILED", "web-02", &release, &help]);
    let shown = world.ok(&["status", "web"]).stdout;
    for text in ["web   executor failing   3 instances", "VERSION", "needs you", &help] {
        assert!(shown.contains(text), "{shown}");
    }
    world.run(&["status", "wbe"]).fails(3, &["There is no service \"wbe\".", "Did you mean web?"]);
}
