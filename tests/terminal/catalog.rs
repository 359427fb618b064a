//! Services, hosts and versions: made, changed and removed by their names.

use crate::world::{World, keys};

const SERVICE: [&str; 12] = [
    "createdAt",
    "createdBy",
    "description",
    "executor",
    "freezes",
    "id",
    "language",
    "name",
    "removedAt",
    "updatedAt",
    "updatedBy",
    "versionScheme",
];
const HOST: [&str; 7] = ["address", "createdAt", "holds", "hostname", "id", "labels", "removedAt"];
const VERSION: [&str; 13] = [
    "artifact",
    "buildMessage",
    "buildStatus",
    "builtAt",
    "createdAt",
    "createdBy",
    "description",
    "id",
    "name",
    "ref",
    "removedAt",
    "service",
    "withdrawal",
];

#[test]
fn services_hosts_and_versions_are_made_changed_and_removed() {
    let world = World::start();
    let service = world.json(&["service", "create", "web", "--executor", "quick", "--language", "rust"]);
    assert_eq!(keys(&service), SERVICE);
    world.ok(&["service", "update", "web", "--max-unavailable", "2", "--max-per-label", "rack=1"]);
    assert!(world.ok(&["status", "web"]).stdout.contains("\n  0 unavailable, at most 2\n"));
    world.ok(&["service", "update", "web", "--max-unavailable", "none", "--max-per-label", "none"]);
    assert!(!world.ok(&["status", "web"]).stdout.contains("unavailable"));
    world.run(&["service", "update", "web", "--max-unavailable", "0"]).fails(3, &["--max-unavailable"]);
    world.run(&["service", "update", "web", "--max-per-label", "rack"]).fails(2, &["rack=1"]);
    assert_eq!((&service["name"], &service["language"]), (&"web".into(), &"rust".into()));
    world.run(&["service", "create", "web", "--executor", "quick"]).fails(3, &["exists already", "request: "]);
    let service = world.json(&["service", "update", "web", "--executor", "slow"]);
    assert_eq!((&service["executor"], &service["language"]), (&"slow".into(), &"rust".into()));
    world.run(&["service", "update", "web"]).fails(2, &["help: lockkeeper service update --help"]);

    let host = world.json(&["host", "add", "host-1", "--address", "192.0.2.1", "--label", "rack=a", "--label", "s=l"]);
    assert_eq!(keys(&host), HOST);
    assert_eq!(host["labels"][0], serde_json::json!({ "key": "rack", "value": "a" }));
    let host = world.json(&["host", "update", "host-1", "--label", "rack=b"]);
    assert_eq!(host["labels"], serde_json::json!([{ "key": "rack", "value": "b" }]));
    let host = world.json(&["host", "update", "HOST-1", "--no-labels", "--address", "192.0.2.2"]);
    assert_eq!((&host["labels"], &host["address"]), (&serde_json::json!([]), &"192.0.2.2".into()));
    world
        .run(&["host", "update", "host-2", "--address", "192.0.2.2"])
        .fails(3, &["Did you mean host-1?", "help: lockkeeper hosts"]);

    let version = world.json(&["version", "add", "web", "1.0.0", "--artifact", "web-1.0.0.tar.gz"]);
    assert_eq!(keys(&version), VERSION);
    assert_eq!((&version["service"], &version["buildStatus"]), (&"web".into(), &"SUCCEEDED".into()));
    let version = world.json(&["version", "add", "web", "1.1.0", "--ref", "4f2c"]);
    assert_eq!(version["buildStatus"], "PENDING");
    let report = ["version", "report", "web", "1.1.0", "--status"];
    assert_eq!(world.json(&[&report[..], &["building"]].concat())["buildStatus"], "BUILDING");
    let succeeded = [&report[..], &["succeeded", "--artifact", "web-1.1.0.tar.gz"]].concat();
    assert_eq!(world.json(&succeeded)["artifact"], "web-1.1.0.tar.gz");
    world.run(&[&report[..], &["done"]].concat()).fails(2, &["succeeded"]);
    world
        .run(&["version", "report", "web", "1.1", "--status", "failed"])
        .fails(3, &["1.1.0", "help: lockkeeper versions web"]);

    let withdrawn = world.json(&["withdraw", "web", "1.1.0", "--reason", "loses sessions"]);
    assert_eq!(withdrawn["withdrawal"]["reason"], "loses sessions");
    assert!(world.json(&["reinstate", "web", "1.1.0"])["withdrawal"].is_null());

    // The same key again is the same version.
    let keyed = ["version", "add", "web", "1.2.0", "--key", "k1"];
    assert_eq!(world.json(&keyed)["id"], world.json(&keyed)["id"]);

    for removed in
        [&["version", "remove", "web", "1.1.0"][..], &["host", "remove", "host-1"], &["service", "remove", "web"]]
    {
        assert!(world.json(removed)["removedAt"].is_string(), "{removed:?}");
    }
    // People read a sentence, and standard output stays empty.
    let created = world.ok(&["service", "create", "wiki", "--executor", "quick"]);
    assert_eq!((created.stdout.as_str(), created.stderr.as_str()), ("", "Service wiki was created.\n"));
    assert_eq!(world.ok(&["service", "remove", "wiki", "--quiet"]).stderr, "");
}
