//! The limit of open files: connections keep below it, commands start with the one that lockkeeper was given, and none
//! fails for want of descriptors.

use crate::PROGRAM;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::MAX_WAIT;
use testkit::{Fleet, Server};
use tokio::net::TcpStream;

const CONFIGURATION: &str = "
[executors.real]
kind = 'command'
program = './deploy'
";

/// Says what it was started with.
const DEPLOY: &str = "#!/bin/sh\necho \"files $(ulimit -Sn) $(ulimit -Hn) umask $(umask)\"\n";

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A server that is started with these limits of open files and a umask of its own; the directory has its start script.
fn started_with(soft: u64, hard: u64) -> (Server, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let start = directory.path().join("start");
    let binary = PROGRAM;
    script(&start, &format!("#!/bin/sh\nulimit -Sn {soft}\nulimit -Hn {hard}\numask 027\nexec {binary} \"$@\"\n"));
    let server = Server::configured(start, "sqlite", CONFIGURATION);
    script(&server.path("deploy"), DEPLOY);
    (server, directory)
}

/// What the commands of an installation on some hosts wrote.
async fn output(fleet: &Fleet) -> Vec<String> {
    let document = "{ releases(first: 1) { nodes { log { nodes { stream text } } } } }";
    let data = fleet.client.query(document, Value::Null).await;
    let lines = data["releases"]["nodes"][0]["log"]["nodes"].as_array().unwrap().clone();
    let said = lines.iter().filter(|line| line["stream"] == "STDOUT");
    said.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn silent_connections_keep_out_no_client_and_fail_no_release() {
    let own = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: own.maximum, ..own }).unwrap();
    let (server, _directory) = started_with(512, 1024);
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..1100 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    // Each request has a connection of its own.
    for path in ["readyz", "healthz"] {
        assert_eq!(reqwest::get(format!("{}/{path}", server.url)).await.unwrap().status(), 200);
    }
    let fleet = server.client().service("shop").executor("real").hosts(7).install().await;
    let figures = reqwest::Client::new().get(format!("{}/metrics", server.url));
    let figures = figures.bearer_auth(server.token("prometheus", "viewer")).send().await.unwrap().text().await.unwrap();
    let open = figures.lines().find_map(|line| line.strip_prefix("lockkeeper_connections ")).unwrap();
    let open: u64 = open.parse().unwrap();
    assert!((600..=768).contains(&open), "{open} connections: the soft limit was raised, and a reserve is kept");
    let output = output(&fleet).await;
    assert_eq!(output, vec!["files 512 1024 umask 0027"; 7]);
    assert!(server.log().contains("connections are open"), "{}", server.log());
    server.assert_sound();
}

#[tokio::test]
async fn a_command_waits_for_descriptors_and_its_target_does_not_fail() {
    let (server, _directory) = started_with(512, 1024);
    let limit = |soft| {
        let limit = Rlimit { current: Some(soft), maximum: Some(1024) };
        prlimit(Some(Pid::from_raw(server.pid() as i32).unwrap()), Resource::Nofile, limit).unwrap();
    };
    let fleet = server.client().service("shop").executor("real").hosts(3).install().await;
    // Four are left: enough for the database, while the pipes of a command take six.
    let files = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    let open: BTreeSet<u64> = files.filter_map(|file| file.unwrap().file_name().to_str()?.parse().ok()).collect();
    limit((0..).filter(|file| !open.contains(file)).nth(4).unwrap());
    let input = json!({ "serviceId": fleet.service, "versionId": fleet.versions[1], "hosts": { "all": true } });
    let upgrade = fleet.client.change("upgradeInstances", input, "release { id }").await;
    let began = Instant::now();
    while !server.log().contains("a program cannot be started now") {
        assert!(began.elapsed() < MAX_WAIT, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    limit(1024);
    assert_eq!(fleet.finished(upgrade["release"]["id"].as_str().unwrap()).await, "SUCCEEDED");
    server.assert_sound();
}
