//! The page about hosts by ssh, in a copy of its example.

use super::script::{ROOT, run, script};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A copy of the example, whose hosts end with it.
struct Example {
    directory: tempfile::TempDir,
}

impl Example {
    fn new() -> Example {
        let directory = tempfile::tempdir().unwrap();
        let example = Example { directory };
        fs::create_dir_all(example.path()).unwrap();
        for name in ["start-hosts", "stop-hosts", "deploy-web", "running-web"] {
            fs::copy(Path::new(ROOT).join("examples/ssh-fleet").join(name), example.path().join(name)).unwrap();
        }
        example
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("examples/ssh-fleet")
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        if self.path().join("fleet").exists() {
            let stopped = Command::new(self.path().join("stop-hosts")).stderr(Stdio::null()).status();
            assert!(stopped.is_ok());
        }
    }
}

/// The first of so many ports that were free a moment ago, one after the other, and one more.
fn free_ports(count: u16) -> (u16, u16) {
    let bind = |port: u16| TcpListener::bind(("127.0.0.1", port));
    loop {
        let other = bind(0).unwrap();
        // Below the ports that the system gives away.
        let first = 10_000 + rand::random::<u16>() % 20_000;
        if (first..first + count).all(|port| bind(port).is_ok()) {
            return (first, other.local_addr().unwrap().port());
        }
    }
}

#[test]
fn the_first_fleet_by_ssh_works_as_written() {
    let example = Example::new();
    let (first, listen) = free_ports(3);
    let listen = format!("127.0.0.1:{listen}");
    let environment = [
        ("SSH_FLEET_PORT", first.to_string()),
        ("LOCKKEEPER_LISTEN", listen),
        ("HOME", example.directory.path().display().to_string()),
    ];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let printed = run(&script("docs/ssh.md", "ssh-fleet"), example.directory.path(), &environment);
    let printed = printed.unwrap_or_else(|printed| {
        let logs = ["lockkeeper.log", "sshd-1.log", "sshd-2.log", "sshd-3.log"];
        let logs =
            logs.map(|log| fs::read_to_string(example.path().join("fleet").join(log)).unwrap_or_default()).concat();
        panic!("{printed}\n{logs}")
    });
    for expected in
        ["3 new", "web-1", "new", "SHA256:", "ok", "3 succeeded of 3", "\"check\":\"PROBE\",\"problem\":null"]
    {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
    assert!(!printed.contains("FAILED"), "{printed}");
    // All of it has gone.
    assert!(!example.path().join("fleet").exists());
}
