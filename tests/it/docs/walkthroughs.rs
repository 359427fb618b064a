//! The walk-throughs, in a copy of the example.

use super::script;
use super::script::{ROOT, free_port, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::cluster;

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

/// Runs a walk-through in a copy of the example, with other addresses than it has; returns the copy, and what it printed.
fn walk(mut commands: String, instead: &[(&str, String)]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let example = example(&directory);
    copy(&Path::new(ROOT).join("examples/local-fleet"), &example);
    for (written, here) in instead {
        assert!(commands.contains(written), "{written} is not in the walk-through");
        commands = commands.replace(written, here);
    }
    let listen = format!("127.0.0.1:{}", free_port());
    let printed = run(&commands, directory.path(), &[("LOCKKEEPER_LISTEN", &listen)]).unwrap_or_else(|printed| {
        let logs = ["lockkeeper.log", "one.log", "two.log", "worker.log"];
        let logs = logs.map(|log| fs::read_to_string(example.join(log)).unwrap_or_default()).concat();
        panic!("{printed}\n{logs}")
    });
    (directory, printed)
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
    let (directory, said) = walk(script("docs/walkthrough.md", "walkthrough"), &[]);
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
    // All tests share one server, so the role and the database have another name.
    let (port, name) = (cluster::shared(), format!("w{:016x}", rand::random::<u64>()));
    let made = script("docs/replicas.md", "replicas-database").replace("lockkeeper", &name);
    let psql = format!("'{}' -h 127.0.0.1 -p {port} -U lockkeeper -d postgres", cluster::program("psql").display());
    run(&made.replace("sudo -u postgres psql", &psql), Path::new(ROOT), &[]).unwrap();
    let (directory, said) = walk(
        script("docs/replicas.md", "replicas"),
        &[
            (
                "postgres://lockkeeper:secret@127.0.0.1/lockkeeper",
                format!("postgres://{name}:secret@127.0.0.1:{port}/{name}"),
            ),
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
