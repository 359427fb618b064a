//! The walk-throughs of the README, run as they are written, in a copy of the example.

use crate::PROGRAM;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The commands of the README's blocks that are marked as parts of this walk-through, in order.
fn commands(walk: &str) -> String {
    let readme = include_str!("../../README.md");
    let start = format!("\n```sh {walk}\n");
    let blocks = readme.split(&start).skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap().to_owned() + "\n").collect()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["deploy", "running-version", "make-artifacts", "hello", "lockkeeper.toml"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// What a host's own program says it is.
fn running(example: &Path, host: u32) -> String {
    let program = example.join(format!("fleet/host-{host}/hello/current/hello"));
    let output = Command::new(program).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a walk-through in a copy of the example, with other addresses than the README's; gives the copy, and what it
/// printed.
fn walk(walk: &str, instead: &[(&str, String)]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let example = example(&directory);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/local-fleet"), &example);
    let binary = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());

    let mut commands = commands(walk);
    for (written, here) in instead {
        assert!(commands.contains(written), "{written} is not in the README");
        commands = commands.replace(written, here);
    }
    // A step that fails ends it; what still runs then is ended, too.
    let script = format!("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{commands}");
    let output = Command::new("bash")
        .arg("-c")
        .arg(script)
        .current_dir(directory.path())
        .env("PATH", path)
        .env("LOCKKEEPER_LISTEN", format!("127.0.0.1:{}", free_port()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let logs = ["lockkeeper.log", "one.log", "two.log", "worker.log"];
    let logs = logs.map(|log| fs::read_to_string(example.join(log)).unwrap_or_default()).concat();
    assert!(output.status.success(), "{said}\n{}\n{logs}", String::from_utf8_lossy(&output.stderr));
    (directory, said)
}

fn example(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("examples/local-fleet")
}

/// Where a line was printed.
#[track_caller]
fn place(said: &str, line: &str) -> usize {
    said.find(line).unwrap_or_else(|| panic!("{line:?} is missing in\n{said}"))
}

#[test]
fn the_walk_through_works_as_written() {
    let (directory, said) = walk("walkthrough", &[]);
    for host in 1..=5 {
        assert_eq!(running(&example(&directory), host), "1.1.0", "on host-{host}");
        // The watcher saw it go and arrive, in this order.
        let began = place(&said, &format!("host-{host} UPGRADING 1.0.0"));
        let ended = place(&said, &format!("host-{host} RUNNING 1.2.0"));
        assert!(began < ended, "{said}");
        place(&said, &format!("fleet/host-{host} says: Hello from version 1.2.0."));
        place(&said, &format!("fleet/host-{host} says: Hello from version 1.1.0."));
    }
}

#[test]
fn two_servers_and_a_worker_on_one_postgres_work_as_written() {
    let unused = tempfile::tempdir().unwrap();
    let (directory, said) = walk(
        "replicas",
        &[
            ("postgres://lockkeeper:secret@127.0.0.1/lockkeeper", testkit::databases::fresh("postgres", unused.path())),
            ("127.0.0.1:8081", format!("127.0.0.1:{}", free_port())),
            ("127.0.0.1:8082", format!("127.0.0.1:{}", free_port())),
        ],
    );
    for host in 1..=2 {
        assert_eq!(running(&example(&directory), host), "1.0.0", "on host-{host}");
        assert!(place(&said, &format!("host-{host} INSTALLING")) < place(&said, &format!("host-{host} RUNNING")));
        place(&said, &format!("fleet/host-{host} says: Hello from version 1.0.0."));
    }
    assert_eq!(said.matches(" holds ").count(), 9, "{said}");
}
