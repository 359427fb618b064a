//! Holds, freezes and confirmations.

use crate::world::{World, keys};
use serde_json::Value;
use testkit::fleet::id;

#[tokio::test]
async fn instances_are_held_and_services_frozen_until_they_are_not() {
    let world = World::start();
    world.client().service("web").hosts(3).install().await;

    let held = world.json(&["hold", "web/web-01", "web/web-02", "--reason", "kernel work", "--for", "2h"]);
    assert_eq!(held["totalCount"], 2);
    let instance = &held["items"][0];
    assert_eq!((&instance["hostname"], &instance["locked"]), (&"web-01".into(), &true.into()));
    let lock = &instance["locks"][0];
    assert_eq!(keys(lock), ["by", "holder", "reason", "since", "until"]);
    assert_eq!((&lock["by"], &lock["reason"]), (&"ana".into(), &"kernel work".into()));
    let table = world.ok(&["instances", "web", "--filter", "locked=true"]).stdout;
    assert!(table.contains("by ana: kernel work, until 20"), "{table}");
    let free = world.json(&["unhold", "web/web-01", "web/web-02"]);
    assert!(free["items"].as_array().unwrap().iter().all(|instance| instance["locked"] == false), "{free}");

    world.run(&["hold", "web/web-04", "--reason", "x"]).fails(
        3,
        &["There is no host \"web-04\". Did you mean web-01, web-02 or web-03?", "help: lockkeeper instances"],
    );
    world
        .run(&["hold", "wbe/web-01", "--reason", "x"])
        .fails(3, &["There is no service \"wbe\". Did you mean web?", "help: lockkeeper instances"]);
    world
        .run(&["hold", "web", "--reason", "x"])
        .fails(2, &["SERVICE/HOST, for example web/host-1", "help: lockkeeper hold --help"]);
    world.run(&["hold", "web/web-01"]).fails(2, &["--reason", "help: lockkeeper hold --help"]);
    world.run(&["hold", "web/web-01", "--reason", "x", "--until", "soon"]).fails(2, &["18:00"]);
    let both = ["hold", "web/web-01", "--reason", "x", "--until", "18:00", "--for", "1h"];
    world.run(&both).fails(2, &["--for"]);

    let frozen = world.json(&["freeze", "web", "--reason", "quarter end", "--until", "18:00", "--reverts-too"]);
    let freeze = &frozen["freezes"][0];
    assert_eq!((&freeze["reason"], &freeze["includesReverts"]), (&"quarter end".into(), &true.into()));
    assert!(freeze["until"].is_string(), "{freeze}");
    // The server names a field, and the client the option for it.
    world.run(&["upgrade", "web", "1.1.0", "--hosts", "all", "--yes"]).fails(
        3,
        &["in --through if you set it", "help: lockkeeper upgrade web 1.1.0 --hosts all --through hld_3 --yes"],
    );
    assert_eq!(world.json(&["unfreeze", "web"])["freezes"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn what_failed_is_confirmed_by_what_was_found() {
    let world = World::start();
    let fleet = world.client().service("web").executor("failing").hosts(2).register().await;
    let input = serde_json::json!({
        "serviceId": fleet.service, "versionId": fleet.versions[0], "hosts": { "hostnames": fleet.hostnames },
        "rollout": { "onFailure": "CONTINUE" },
    });
    let release = fleet.client.change("installInstances", input, "release { id }").await;
    fleet.finished(&id(&release["release"])).await;

    let confirmed = world.json(&["confirm", "web/web-01", "--version", "1.1.0"]);
    assert_eq!((&confirmed["version"], &confirmed["status"]), (&"1.1.0".into(), &"RUNNING".into()));
    world.run(&["confirm", "web/web-02", "--version", "1.9.0"]).fails(3, &["1.1.0", "help: lockkeeper versions web"]);
    world.run(&["confirm", "web/web-02"]).fails(2, &["--nothing"]);
    assert_eq!(world.json(&["confirm", "web/web-02", "--nothing"])["status"], "REMOVED");
}

#[tokio::test]
async fn a_host_is_held_with_every_instance_on_it_until_it_is_not() {
    let world = World::start();
    world.client().service("web").hosts(2).install().await;
    let held = world.json(&["hold", "--host", "WEB-01", "--reason", "new disk"]);
    assert_eq!((&held["totalCount"], &held["items"][0]["hostname"]), (&1.into(), &"web-01".into()));
    let locked = world.json(&["instances", "web", "--filter", "locked=true"]);
    assert_eq!((&locked["totalCount"], &locked["items"][0]["hostname"]), (&1.into(), &"web-01".into()));
    assert_eq!(locked["items"][0]["locks"][0]["reason"], "new disk");
    world.run(&["hold", "--host", "web-09", "--reason", "x"]).fails(3, &["help: lockkeeper hosts"]);
    world.run(&["hold", "web/web-01", "--host", "web-02", "--reason", "x"]).fails(2, &["--host"]);
    let hosts = world.json(&["hosts", "--filter", "hostname=web-01"]);
    assert_eq!(hosts["items"][0]["holds"][0]["reason"], "new disk");
    assert!(world.ok(&["hosts"]).stdout.contains("by ana: new disk"));
    assert_eq!(world.json(&["unhold", "--host", "web-01"])["items"][0]["hostname"], "web-01");
    assert_eq!(world.json(&["instances", "web", "--filter", "locked=true"])["totalCount"], 0);
}

#[tokio::test]
async fn what_was_not_held_or_is_still_held_is_said_so() {
    let world = World::start();
    world.client().service("web").hosts(3).install().await;
    assert_eq!(world.ok(&["unhold", "web/web-01"]).stderr, "web/web-01 was not held.\n");
    assert_eq!(world.ok(&["unhold", "--host", "web-01"]).stderr, "Host web-01 was not held.\n");
    assert_eq!(world.ok(&["unfreeze", "web"]).stderr, "Service web was not frozen.\n");

    world.ok(&["hold", "--host", "web-01", "--reason", "new disk"]).ends(0, &["Host web-01 is held", "(hld_1)."]);
    world.ok(&["unhold", "web/web-01", "web/web-02"]).ends(
        0,
        &[
            "web/web-01 is not held itself, but is still held by the hold on host web-01 (by ana: new disk).",
            "web/web-02 was not held.",
            "help: lockkeeper unhold --host web-01\n",
        ],
    );
    let held = world.ok(&["hold", "web/web-01", "--reason", "kernel", "--until", "2099-01-01T00:00:00Z"]);
    assert_eq!(held.stderr, "web/web-01 is held until 2099-01-01T00:00:00Z (hld_2).\n");
    let own = "Host web-01 is no longer held. web/web-01 is still held by a hold of its own.";
    world.ok(&["unhold", "--host", "web-01"]).ends(0, &[own, "help: lockkeeper unhold web/web-01\n"]);
    assert_eq!(world.ok(&["unhold", "web/web-01"]).stderr, "web/web-01 is no longer held.\n");
}

#[tokio::test]
async fn the_status_says_what_keeps_releases_off() {
    let world = World::start();
    world.client().service("web").hosts(8).install().await;
    world.ok(&["hold", "web/web-02", "web/web-03", "web/web-04", "web/web-05", "web/web-06", "--reason", "kernel"]);
    world.ok(&["hold", "--host", "web-01", "--reason", "new disk"]);
    world.ok(&["freeze", "web", "--reason", "quarter end"]).ends(0, &["Service web is frozen (hld_7)."]);
    world.ok(&["status", "web"]).ends(
        0,
        &[
            "frozen by ana: quarter end (hld_7)    lockkeeper unfreeze web",
            "6 instances are held\n",
            "its host, by ana: new disk (hld_6)",
            "lockkeeper unhold --host web-01",
            "by ana: kernel (hld_1)",
            "… 1 more",
        ],
    );
    let status = world.json(&["status", "web"]);
    let attention = status["items"][0]["attention"].as_array().unwrap();
    assert_eq!(attention.len(), 6, "{status}");
    let shape = |item: &Value| ["kind", "hostname", "release", "help"].map(|key| item[key].clone());
    assert_eq!(shape(&attention[0]), ["FROZEN".into(), Value::Null, Value::Null, "lockkeeper unfreeze web".into()]);
    let host = ["HELD".into(), "web-01".into(), Value::Null, "lockkeeper unhold --host web-01".into()];
    assert_eq!(shape(&attention[1]), host);
    assert_eq!(attention[2]["help"], "lockkeeper unhold web/web-02");
    assert!(attention.iter().all(|item| item["since"].as_str().is_some_and(|since| since.ends_with('Z'))), "{status}");
}

#[tokio::test]
async fn several_instances_are_confirmed_at_once_or_none() {
    let world = World::start();
    world.client().service("web").hosts(3).install().await;
    let all = ["confirm", "web/web-01", "web/web-03", "--version", "1.1.0"];
    let confirmed = world.json(&all);
    assert_eq!((&confirmed["totalCount"], &confirmed["items"][1]["version"]), (&2.into(), &"1.1.0".into()));
    world
        .run(&["confirm", "web/web-02", "web/web-09", "--nothing"])
        .fails(3, &["web-09", "help: lockkeeper instances"]);
    assert_eq!(world.json(&["instances", "web", "--filter", "status=RUNNING"])["totalCount"], 3);
}

#[tokio::test]
async fn what_already_runs_is_adopted_and_a_host_is_renamed_and_removed_with_it() {
    let world = World::start();
    let fleet = world.client().service("web").hosts(2).register().await;
    let [first, second] = [&fleet.hostnames[0], &fleet.hostnames[1]];
    let both = format!("{first},{second}");
    let adopt = ["adopt", "web", "1.0.0", "--hosts", &both, "--reason", "by hand"];
    let dry = world.json(&[&adopt[..], &["--dry-run"]].concat());
    assert_eq!((&dry["count"], &dry["dryRun"]), (&2.into(), &true.into()));
    let adopted = world.json(&adopt);
    assert_eq!(keys(&adopted), ["count", "dryRun", "service", "version"]);
    assert_eq!((&adopted["count"], &adopted["dryRun"]), (&2.into(), &false.into()));
    world.run(&adopt).fails(3, &["have an instance of the service already"]);
    world.run(&["adopt", "web", "1.0.0"]).fails(2, &["--hosts"]);

    let renamed = world.json(&["host", "rename", first, "db-1"]);
    assert_eq!(renamed["hostname"], "db-1");
    world.run(&["host", "rename", "db-1", second]).fails(3, &["Another host has this name"]);
    world.run(&["host", "remove", "db-1"]).fails(3, &["--with-instances"]);
    let removed = world.json(&["host", "remove", "db-1", "--with-instances", "--reason", "it burned"]);
    assert!(removed["removedAt"].is_string(), "{removed}");
    assert_eq!(world.json(&["instances", "web"])["totalCount"], 1);
}

#[tokio::test]
async fn a_service_with_semantic_versions_takes_no_other_names() {
    let world = World::start();
    let service = world.json(&["service", "create", "web", "--executor", "quick", "--version-scheme", "semver"]);
    assert_eq!(service["versionScheme"], "SEMVER");
    world.run(&["version", "add", "web", "main"]).fails(3, &["has semantic versions"]);
    world.json(&["version", "add", "web", "1.0.0"]);
    let service = world.json(&["service", "update", "web", "--version-scheme", "registration"]);
    assert_eq!(service["versionScheme"], "REGISTRATION");
    world.json(&["version", "add", "web", "main"]);
}
