//! Hosts by ssh before the first release: their keys are learned, and they are looked at.

use crate::cli::{Cli, Ended};
use crate::world::World;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use testkit::SshHosts;

/// Hosts by ssh, and a configuration beside them whose `known_hosts` does not exist yet.
struct Fleet {
    hosts: SshHosts,
    cli: Cli,
}

impl Fleet {
    /// Hosts with these names, each with an sshd of its own. Nobody knows of a server.
    fn new(names: &[&str]) -> Fleet {
        let cli = Cli::without_server();
        let mut hosts = SshHosts::new(cli.path());
        for name in names {
            let number = hosts.sshd("");
            hosts.alias(name, number, "");
        }
        let fleet = Fleet { hosts, cli };
        fleet.configure("/bin/true", "");
        fleet
    }

    /// Writes the configuration: an executor `web` with this program, and these settings beside the usual ones.
    fn configure(&self, program: &str, more: &str) {
        let (home, ssh) = (self.cli.path().display(), self.hosts.directory.display());
        let text = format!(
            "[executors.web]\nkind = 'ssh'\nprogram = '{program}'\nssh_config = '{ssh}/ssh_config'\n\
             known_hosts = '{home}/known'\nremote_state = '{home}/state'\n{more}"
        );
        fs::write(self.cli.path().join("lockkeeper.toml"), text).unwrap();
    }

    fn known(&self) -> String {
        fs::read_to_string(self.cli.path().join("known")).unwrap_or_default()
    }

    fn trust(&self, hosts: &str, more: &[&str]) -> Ended {
        self.cli.run(&[&["hosts", "trust", "--hosts", hosts][..], more].concat())
    }

    fn check(&self, hosts: &str) -> Value {
        let ended = self.cli.run(&["check", "--hosts", hosts, "--json"]);
        let found = ended.json();
        let failed = found["failed"] != 0 || found["problems"] != json!([]);
        assert_eq!(ended.status, Some(i32::from(failed)), "{ended:?}");
        found
    }
}

/// What is wrong with the first host, by check.
fn problems(found: &Value) -> Vec<String> {
    let checks = found["items"][0]["checks"].as_array().unwrap().iter();
    let wrong = checks.filter(|check| !check["problem"].is_null());
    wrong.map(|check| format!("{}: {}", check["check"].as_str().unwrap(), check["problem"].as_str().unwrap())).collect()
}

#[test]
fn keys_are_shown_beside_the_known_ones_and_written_after_a_yes() {
    let mut fleet = Fleet::new(&["web-1", "web-2"]);
    let shown = fleet.trust("web-1,web-2", &["--dry-run"]);
    shown.ends(0, &["web-1", "new", "ED25519 SHA256:"]);
    fleet.trust("web-1,web-2", &[]).ends(2, &["There is no terminal to ask at"]);
    assert_eq!(fleet.known(), "");
    let written = fleet.trust("web-1,web-2", &["--yes", "--json"]).json();
    assert_eq!((&written["written"], &written["items"][1]["state"]), (&2.into(), &"NEW".into()));
    let path = fleet.cli.path().join("known");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    // The file that the hosts' keys stand in has the same lines.
    let expected = fs::read_to_string(fleet.hosts.directory.join("known_hosts")).unwrap();
    let key = |line: &str| line.split_whitespace().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(fleet.known().lines().map(key).collect::<Vec<_>>(), expected.lines().map(key).collect::<Vec<_>>());
    // Nothing is asked where nothing is new.
    let again = fleet.trust("web-1,web-2", &["--json"]).json();
    assert_eq!((&again["written"], &again["items"][0]["state"]), (&0.into(), &"KNOWN".into()));
    assert_eq!(again["items"][0]["known"][0]["fingerprint"], written["items"][0]["scanned"][0]["fingerprint"]);

    // Names stay hashed, and are found.
    assert!(Command::new("ssh-keygen").arg("-q").arg("-H").arg("-f").arg(&path).status().unwrap().success());
    let number = fleet.hosts.sshd("");
    fleet.hosts.alias("web-3", number, "ProxyJump web-1");
    let found = fleet.trust("web-1,web-3", &["--yes", "--json"]).json();
    assert_eq!((&found["items"][0]["state"], &found["items"][1]["state"]), (&"KNOWN".into(), &"NEW".into()));
    assert_eq!(found["items"][1]["scanned"][0]["name"], "web-3");
    assert!(fleet.known().lines().count() == 3 && fleet.known().lines().all(|line| line.starts_with("|1|")));

    // A key that has changed replaces none.
    fleet.hosts.change_host_key(0);
    fleet.hosts.restart(0, "");
    let before = fleet.known();
    let changed = fleet.trust("web-1", &["--yes"]);
    changed.ends(3, &["CHANGED", "somebody may be between", "help: lockkeeper hosts trust --hosts web-1 --replace"]);
    assert_eq!(fleet.known(), before);
    assert_eq!(problems(&fleet.check("web-1")).len(), 1);
    fleet.trust("web-1", &["--yes", "--replace"]).ends(0, &["are in"]);
    fleet.trust("web-1,web-2,web-3", &[]).ends(0, &["known"]);
    assert_eq!(problems(&fleet.check("web-1")), [""; 0]);

    // Nothing of what ssh may repeat in a shell, a host that shows nothing, and a file that others can change.
    fleet.trust("$(touch x)", &[]).fails(2, &["is neither the name of a host nor an address"]);
    fleet.hosts.stop(1);
    fleet.trust("web-2", &[]).ends(5, &["not reached", "Connection refused", "help: lockkeeper check --hosts web-2"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    fleet.trust("web-1", &[]).fails(2, &["can be changed by other users: chmod go-w"]);
}

#[test]
fn each_failure_has_its_column_and_its_cure() {
    let mut fleet = Fleet::new(&["web-1"]);
    let only = |fleet: &Fleet, expected: &str| {
        let found = problems(&fleet.check("web-1"));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{expected}: {found:?}");
    };
    let found = problems(&fleet.check("web-1"));
    assert!(found[0].starts_with("HOST_KEY: ") && found[0].contains("lockkeeper hosts trust"), "{found:?}");
    fleet.trust("web-1", &["--yes"]).ends(0, &[]);
    let found = fleet.check("web-1");
    let checks: Vec<&str> =
        found["items"][0]["checks"].as_array().unwrap().iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["NAME", "PORT", "HOST_KEY", "LOGIN", "SHELL", "STATE_DIRECTORY", "PROGRAM", "CLOCK"]);
    let good = fleet.cli.ok(&["check", "--hosts", "web-1"]);
    assert!(good.stdout.starts_with("HOST") && good.stdout.contains("web-1  web") && !good.stdout.contains("FAILED"));

    fleet.configure("/none/such", "");
    only(&fleet, "PROGRAM: /none/such: it does not exist");
    fleet.configure("/usr", "");
    only(&fleet, "PROGRAM: /usr: it is not a file");
    let shown = fleet.cli.run(&["check", "--hosts", "web-1"]);
    shown.ends(1, &["FAILED", "web-1: program: /usr: it is not a file. Put it there"]);
    fleet.configure("/bin/true", "");
    // An hour off.
    let tools = fleet.cli.path().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("date"), "#!/bin/sh\nexec /bin/date -d '1 hour' \"$@\"\n").unwrap();
    fs::set_permissions(tools.join("date"), fs::Permissions::from_mode(0o755)).unwrap();
    fleet.hosts.restart(0, &format!("SetEnv PATH={}:/usr/bin:/bin", tools.display()));
    only(&fleet, "CLOCK: The host's clock is 36");
    fs::write(fleet.hosts.directory.join("authorized_keys"), "").unwrap();
    only(&fleet, "LOGIN: ");
    fleet.hosts.stop(0);
    only(&fleet, "PORT: ");
    let found = problems(&fleet.check("no-such-host.invalid"));
    assert!(found[0].starts_with("NAME: "), "{found:?}");
}

#[tokio::test]
async fn executors_of_this_machine_are_checked_by_their_programs_their_probe_and_health() {
    let world = World::start();
    let script = |name: &str, text: &str| {
        let path = world.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    };
    world.client().service("web").executor("quick").hosts(2).install().await;
    let configure = |probe: &str, health: &str, program: &str| {
        let text = format!(
            "[executors.quick]\nkind = 'command'\nprogram = '{program}'\nprobe = {{ program = '{probe}' }}\n\
             [executors.quick.health]\nkind = 'command'\nprogram = '{health}'\n[executors.other]\nkind = 'simulate'\n"
        );
        fs::write(world.path().join("lockkeeper.toml"), text).unwrap();
    };
    let (good, bad) = (script("good", "echo 1.0.0"), script("bad", "echo broken; test $LOCKKEEPER_HOSTNAME = web-01"));
    configure(&good, &good, &good);
    world
        .ok(&["check", "--executor", "quick"])
        .ends(0, &["web-01", "PROBE", "HEALTH", "2 hosts looked at, 0 with failures"]);
    configure(&good, &bad, &good);
    let ended = world.run(&["check", "--executor", "quick"]);
    ended.ends(1, &["web-02: health: web: ", "broken", "Mend the service", "1 with failures"]);
    configure(&bad, &good, &good);
    world
        .run(&["check", "--executor", "quick", "--hosts", "web-02"])
        .ends(1, &["web-02: probe: web: the probe did not"]);
    configure(&good, &good, "/none/such");
    let ended = world.run(&["check", "--json"]);
    assert_eq!((ended.status, &ended.json()["problems"][0]["executor"]), (Some(1), &"quick".into()), "{ended:?}");
    world.run(&["check", "--executor", "qick"]).fails(2, &["has no executor \"qick\". It has other, quick."]);
    world.run(&["check", "--config", "none.toml"]).fails(2, &["none.toml"]);
    world.run(&["hosts", "trust"]).fails(2, &["no executor of kind ssh"]);
}
