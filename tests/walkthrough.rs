//! The walk-through of the README, run as it is written, in a copy of the example.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The commands of the README's blocks that are marked as parts of the walk-through, in order.
fn commands() -> String {
    let readme = include_str!("../README.md");
    let blocks = readme.split("\n```sh walkthrough\n").skip(1);
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

#[test]
fn the_walk_through_works_as_written() {
    let directory = tempfile::tempdir().unwrap();
    let example = directory.path().join("examples/local-fleet");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/local-fleet"), &example);
    let binary = Path::new(env!("CARGO_BIN_EXE_lockkeeper")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());

    // A step that fails ends it; what still runs then is ended, too.
    let script = format!("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{}", commands());
    let output = Command::new("bash")
        .arg("-c")
        .arg(script)
        .current_dir(directory.path())
        .env("PATH", path)
        .env("LOCKKEEPER_LISTEN", format!("127.0.0.1:{}", free_port()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let log = fs::read_to_string(example.join("lockkeeper.log")).unwrap_or_default();
    assert!(output.status.success(), "{said}\n{}\n{log}", String::from_utf8_lossy(&output.stderr));

    let place = |line: &str| said.find(line).unwrap_or_else(|| panic!("{line:?} is missing in\n{said}"));
    for host in 1..=5 {
        assert_eq!(running(&example, host), "1.1.0", "on host-{host}");
        // The watcher saw it go and arrive, in this order.
        let began = place(&format!("host-{host} UPGRADING 1.0.0"));
        let ended = place(&format!("host-{host} RUNNING 1.2.0"));
        assert!(began < ended, "{said}");
        place(&format!("fleet/host-{host} says: Hello from version 1.2.0."));
        place(&format!("fleet/host-{host} says: Hello from version 1.1.0."));
    }
}
