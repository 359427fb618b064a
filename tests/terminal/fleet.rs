//! What stops the whole fleet: its suspension, freezes of every service, and windows in which services are frozen.

use crate::cli::Cli;
use crate::world::{World, keys};
use serde_json::{Value, json};

const WINDOW: [&str; 13] = [
    "closesAt",
    "createdAt",
    "createdBy",
    "days",
    "from",
    "id",
    "includesReverts",
    "open",
    "opensAt",
    "reason",
    "services",
    "timeZone",
    "to",
];
const UPGRADE: [&str; 6] = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes"];

#[tokio::test]
async fn a_suspended_fleet_starts_nothing_until_it_is_resumed() {
    let world = World::start();
    let fleet = world.client().service("web").hosts(2).install().await;
    let suspended = world.json(&["suspend-fleet", "--reason", "the network is repaired"]);
    let suspension = &suspended["suspension"];
    assert_eq!(keys(suspension), ["by", "reason", "since"]);
    assert_eq!((&suspension["by"], &suspension["reason"]), (&"ana".into(), &"the network is repaired".into()));
    Cli::new(&world.server, "operator").run(&["resume-fleet"]).fails(4, &["OPERATOR", "help: lockkeeper whoami"]);

    let release = world.json(&UPGRADE)["release"].as_str().unwrap().to_owned();
    world.ok(&["status"]).ends(0, &["warning: The fleet is suspended by ana", "0/2"]);
    assert_eq!(world.json(&["resume-fleet"]), json!({ "suspension": null }));
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    assert!(!world.ok(&["status"]).stderr.contains("suspended"));
    world.ok(&["resume-fleet"]).ends(0, &["is not suspended"]);
}

#[tokio::test]
async fn a_freeze_of_every_service_refuses_releases_until_it_ends() {
    let world = World::start();
    world.client().service("web").hosts(2).install().await;
    let frozen = world.json(&["freeze", "--all", "--reason", "quarter end", "--for", "2h"]);
    assert_eq!((&frozen["freeze"]["reason"], &frozen["freeze"]["createdBy"]), (&"quarter end".into(), &"ana".into()));
    let through = frozen["freeze"]["id"].as_str().unwrap();
    let pass = format!("help: lockkeeper upgrade web 1.1.0 --hosts all --through {through} --yes\n");
    world.run(&UPGRADE).fails(3, &["quarter end", &pass]);
    world.ok(&[&UPGRADE[..], &["--dry-run", "--through", through]].concat());
    // It is not one of the service's own.
    let still = world.ok(&["unfreeze", "web"]).stderr;
    assert!(still.contains("had no freeze of its own, but is still frozen by ana until "), "{still}");
    assert!(still.ends_with("help: lockkeeper unfreeze --all\n"), "{still}");
    let status = world.ok(&["status", "web"]).stdout;
    assert!(status.contains("quarter end") && status.contains("    lockkeeper unfreeze --all\n"), "{status}");
    assert_eq!(world.json(&["unfreeze", "--all"]), json!({ "freeze": null }));
    world.ok(&[&UPGRADE[..], &["--dry-run"]].concat());
    world.run(&["freeze", "web", "--all", "--reason", "x"]).fails(2, &["--all"]);
    world.run(&["freeze", "--reason", "x"]).fails(2, &["help: lockkeeper freeze --help"]);
}

#[tokio::test]
async fn services_are_frozen_by_the_calendar_of_a_window_until_it_is_removed() {
    let world = World::start();
    world.client().service("web").hosts(2).install().await;
    let always = ["--zone", "UTC", "--days", "mon,tue,wed,thu,fri,sat,sun", "--from", "00:00", "--to", "24:00"];
    let create =
        |services: &[&'static str]| [&["freeze-window", "add"], services, &always, &["--reason", "night"]].concat();
    let window = world.json(&create(&["web"]));
    assert_eq!(keys(&window), WINDOW);
    assert_eq!((&window["services"], &window["open"]), (&json!(["web"]), &true.into()));
    let id = window["id"].as_str().unwrap();
    let refused = world.run(&UPGRADE);
    refused.fails(3, &["night", "--through"]);
    assert_eq!(refused.labeled("help"), format!("lockkeeper upgrade web 1.1.0 --hosts all --through {id} --yes"));
    let status = world.ok(&["status", "web"]).stdout;
    assert!(status.contains(&format!("({id})    lockkeeper freeze-window remove {id}\n")), "{status}");
    let everything = world.json(&create(&["--all"]));
    assert_eq!((&everything["services"], &everything["days"][6]), (&Value::Null, &"SUNDAY".into()));

    let list = world.json(&["freeze-window", "list"]);
    assert_eq!((&list["totalCount"], &list["items"][0]), (&2.into(), &window));
    let table = world.ok(&["freeze-window", "list"]).stdout;
    assert!(table.contains("mon,tue") && table.contains("open until") && table.contains("night"), "{table}");
    world.run(&create(&["wbe"])).fails(3, &["Did you mean web?", "help: lockkeeper services"]);
    let nowhere = create(&["web"]).into_iter().map(|word| if word == "UTC" { "Atlantis" } else { word });
    world.run(&nowhere.collect::<Vec<_>>()).fails(3, &["Atlantis"]);
    world.run(&["freeze-window", "remove", "win_999"]).fails(3, &["win_999", "help: lockkeeper freeze-window list"]);

    for id in [id, everything["id"].as_str().unwrap()] {
        assert_eq!(world.json(&["freeze-window", "remove", id])["id"], id);
    }
    assert_eq!(world.json(&["freeze-window", "list"])["totalCount"], 0);
    world.ok(&[&UPGRADE[..], &["--dry-run"]].concat());
}
