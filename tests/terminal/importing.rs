//! Inventories of other tools: imported, compared, and refused.

use crate::cli::{Cli, Ended};
use crate::world::World;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;

/// Writes a file into the home directory of the caller.
fn write(cli: &Cli, name: &str, text: impl AsRef<[u8]>) {
    let path = cli.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn import(cli: &Cli, from: &str, file: &str, more: &[&str]) -> Ended {
    cli.run(&[&["hosts", "import", "--from", from, file][..], more].concat())
}

/// The hosts that the server has: name, address and labels of each.
fn recorded(world: &World) -> Vec<String> {
    let hosts = world.json(&["hosts", "--all"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let labels = |host: &Value| {
        let labels = host["labels"].as_array().unwrap().iter();
        labels.map(|label| format!(" {}={}", text(&label["key"]), text(&label["value"]))).collect::<String>()
    };
    let hosts = hosts["items"].as_array().unwrap().iter();
    hosts.map(|host| format!("{} {}{}", text(&host["hostname"]), text(&host["address"]), labels(host))).collect()
}

const INI: &str = "[web]\nweb-[01:03] ansible_port=22\n[db]\ndb-1 ansible_host=192.0.2.7\n[prod:children]\nweb\ndb\n";

#[test]
fn an_inventory_is_shown_recorded_once_and_followed() {
    let world = World::start();
    write(&world, "hosts.ini", INI);
    let dry = import(&world, "ansible", "hosts.ini", &["--dry-run"]);
    dry.ends(0, &["4 new, 0 changed, 0 gone", "new      db-1 192.0.2.7 group.db=true group.prod=true"]);
    // Nobody can be asked.
    import(&world, "ansible", "hosts.ini", &[]).ends(2, &["Add --yes to confirm", "4 new"]);
    assert_eq!(recorded(&world).len(), 0);
    let refused = import(&world, "ansible", "hosts.ini", &["--json"]);
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (Some(2), &"USAGE".into()));

    let imported = import(&world, "ansible", "hosts.ini", &["--yes", "--json"]).json();
    assert_eq!(imported["new"].as_array().unwrap().len(), 4);
    let web = |number: u32, more: &str| format!("web-0{number} web-0{number}{more}");
    let expected = [
        "db-1 192.0.2.7 group.db=true group.prod=true".to_owned(),
        web(1, " group.prod=true group.web=true"),
        web(2, " group.prod=true group.web=true"),
        web(3, " group.prod=true group.web=true"),
    ];
    assert_eq!(recorded(&world), expected);
    // The same again changes nothing, and asks nothing.
    import(&world, "ansible", "hosts.ini", &[]).ends(0, &["nothing to change", "4 as they are"]);

    // What a person added stays; what the inventory decides about follows it.
    world.ok(&["host", "update", "web-01", "--label", "group.web=true", "--label", "owner=ann"]);
    write(&world, "hosts.ini", "[api]\nweb-01 ansible_host=192.0.2.1\n[web]\nweb-02\n");
    let plan = import(&world, "ansible", "hosts.ini", &["--dry-run", "--json"]).json();
    assert_eq!(plan["gone"], json!(["db-1", "web-03"]));
    assert_eq!(plan["changed"][0]["address"], "192.0.2.1");
    let shown = import(&world, "ansible", "hosts.ini", &["--yes"]);
    shown.ends(
        0,
        &[
            "changed  web-01 web-01 → 192.0.2.1 +group.api=true -group.web=true",
            "changed  web-02 -group.prod=true",
            "gone     db-1",
            "2 gone (stay; --remove-gone removes them)",
            "0 added, 2 changed, 0 removed",
        ],
    );
    let first = "web-01 192.0.2.1 group.api=true owner=ann";
    assert_eq!(recorded(&world), [&expected[0], first, "web-02 web-02 group.web=true", &expected[3]]);
    import(&world, "ansible", "hosts.ini", &["--yes", "--remove-gone", "--reason", "sold"])
        .ends(0, &["2 gone (will be removed)", "0 added, 0 changed, 2 removed"]);
    assert_eq!(recorded(&world), [first, "web-02 web-02 group.web=true"]);
}

#[test]
fn hosts_of_ssh_and_of_tables_keep_what_these_do_not_say() {
    let world = World::start();
    write(
        &world,
        ".ssh/config",
        "Include fleet/*\nHost github.com\n  User git\nMatch exec \"touch never\"\n  User x\nHost *\n",
    );
    write(&world, ".ssh/fleet/web", "Host web-1 web-2\n  Port 2222\n");
    import(&world, "ssh-config", ".ssh/config", &["--yes", "--only", "web-*"]).ends(0, &["2 new"]);
    assert!(!world.path().join("never").exists());
    assert_eq!(recorded(&world), ["web-1 web-1", "web-2 web-2"]);
    write(&world, "hosts.csv", "hostname;address;label.rack\nweb-1;192.0.2.1;a\nweb-2;192.0.2.2;\n");
    import(&world, "csv", "hosts.csv", &["--yes"]).ends(0, &["2 changed"]);
    // What one server prints is an inventory for another, or for itself.
    let listed = world.ok(&["hosts", "--json"]).stdout;
    let piped = ["hosts", "import", "--from", "json", "-", "--yes"];
    world.run_piped(&piped, &listed).ends(0, &["nothing to change"]);
    let edited = listed.replace("\"192.0.2.1\"", "\"192.0.2.9\"").replace("\"value\":\"a\"", "\"value\":\"b\"");
    world.run_piped(&piped, &edited).ends(0, &["changed  web-1 192.0.2.1 → 192.0.2.9 +rack=b -rack=a"]);
    assert_eq!(recorded(&world), ["web-1 192.0.2.9 rack=b", "web-2 192.0.2.2"]);
}

#[test]
fn ten_thousand_hosts_are_imported_in_few_requests() {
    let world = World::start();
    let mut table = "hostname,address,label.rack\n".to_owned();
    for number in 0..10_000 {
        writeln!(table, "host-{number:05},10.0.{}.{},r{}", number / 250, number % 250, number % 100).unwrap();
    }
    write(&world, "hosts.csv", &table);
    import(&world, "csv", "hosts.csv", &["--yes"]).ends(0, &["10000 new", "… 9980 more new", "10000 added"]);
    write(&world, "hosts.csv", table.replace(",10.0.", ",10.1."));
    import(&world, "csv", "hosts.csv", &["--yes"])
        .ends(0, &["10000 changed", "changed  host-00000 10.0.0.0 → 10.1.0.0"]);
    let count = |operation: &str| {
        let entries = world.json(&["audit", "--all"])["items"].as_array().unwrap().clone();
        entries.iter().filter(|entry| entry["operation"] == operation).count()
    };
    assert_eq!((count("createHosts"), count("updateHosts")), (10, 10));
}

#[test]
fn what_is_wrong_with_an_inventory_is_named_with_its_line_and_nothing_is_sent() {
    let world = World::start();
    let group = "g".repeat(64);
    for (from, text, says) in [
        (
            "csv",
            "hostname,address\na,::1\nb,::1\nA.,::1\n".as_bytes(),
            "hosts:4: A. is another spelling of a, which is at hosts:2",
        ),
        ("csv", b"hostname,address\nweb 1,::1\n", "hosts:2: \"web 1\" is not a hostname"),
        ("csv", b"hostname,address\nk\xf6ln,::1\n", "hosts:2: the text is not UTF-8"),
        ("ansible", format!("[{group}]\nweb-1\n").as_bytes(), "hosts:2: web-1 cannot have the label"),
        (
            "ansible",
            b"[web]\nweb_[1:2] ansible_host={{ip}}\n",
            "hosts:2: the address \"{{ip}}\" of web_1 is a template",
        ),
        ("ssh-config", b"Host *\n", "hosts: no host is described here"),
        ("ssh-config", b"Host -oProxyCommand=x\n", "hosts:1: \"-oProxyCommand=x\" is not a hostname"),
        ("json", b"[{\"hostname\": \"a\"}, {\"hostname\": \"a\"}]", "hosts, host 2: a is described twice"),
    ] {
        write(&world, "hosts", text);
        import(&world, from, "hosts", &["--yes"]).fails(2, &[says, "help: lockkeeper hosts import --help"]);
    }
    import(&world, "csv", "none", &["--yes"]).fails(2, &["none: the file cannot be read"]);
    assert_eq!(recorded(&world).len(), 0);
    // A role that may not change hosts, and a host that is in use, are refused by the server.
    let table = "hostname,address\nweb-1,::1\n";
    write(&world, "hosts", table);
    let operator = Cli::new(&world.server, "operator");
    write(&operator, "hosts", table);
    import(&operator, "csv", "hosts", &["--yes"]).ends(4, &["error: "]);
    world.run(&["hosts", "--all", "import", "--from", "csv", "hosts"]).fails(2, &["--all"]);
}

/// What the client says of a line before it sends anything, and what the server says of the same host.
#[tokio::test]
async fn the_client_refuses_the_hosts_that_the_server_refuses() {
    let world = World::start();
    let long = "n".repeat(254);
    for (hostname, address, key) in [
        ("web_1.EU-", "::1", "k"),
        ("1", "a_b", "ü k"),
        (&long[1..], &long[1..], "k"),
        (&long, "::1", "k"),
        ("a b", "::1", "k"),
        ("-a", "::1", "k"),
        ("ä", "::1", "k"),
        ("x1", ".a", "k"),
        ("x2", &long, "k"),
        ("x3", "a/b", "k"),
        ("x4", "::1", &long[..64]),
        ("x5", "::1", "a\u{7f}"),
        ("x6", "::1", " "),
    ] {
        let host = json!([{ "hostname": hostname, "address": address, "labels": [{ "key": key, "value": "v" }] }]);
        write(&world, "hosts.json", host.to_string());
        let status = import(&world, "json", "hosts.json", &["--dry-run"]).status;
        let problems = world.client().problems("createHosts", json!({ "hosts": host })).await;
        assert_eq!(status == Some(0), problems.is_empty(), "{host}: {status:?} {problems:?}");
    }
}
