//! The clients that frontends use, each as its documentation shows it, against the real program on both databases:
//! `graphql-ws`, `graphql-sse`, Apollo Client and urql watch an upgrade over a connection that breaks on the way, and
//! `graphql-http` audits the protocol. `verdicts` compares what is taken and refused with graphql-js. They are scripts for Node.js, in the folder of this file.

#[path = "../general/choices.rs"]
#[allow(dead_code, reason = "lists of numbers are for the tests that proptest shrinks")]
mod choices;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

use std::fs::File;
use std::path::Path;
use std::process::Command;
use support::{Server, databases};

/// Slow enough that a connection can break in the midst of an upgrade.
const CONFIGURATION: &str = "[executors.steady]\nkind = \"simulate\"\ndelay = \"100ms\"\n";

/// Runs a script against a server on each database; it has to succeed.
fn run(script: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    install(&folder);
    for kind in databases::BOTH {
        let server = Server::configured(kind, CONFIGURATION);
        let output = Command::new("node")
            .arg(script)
            .current_dir(&folder)
            .env("LOCKKEEPER_SERVER", &server.url)
            .env("LOCKKEEPER_TOKEN", server.token("frontend", "admin"))
            .output()
            .expect("Node.js is installed");
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{script} on {kind}\n{}{}", told(&output.stdout), told(&output.stderr));
        server.assert_sound();
    }
}

/// Installs the clients as they are locked, unless that was done before. Tests run in processes of their own: one at
/// a time.
fn install(folder: &Path) {
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.lock")).unwrap();
    lock.lock().unwrap();
    if folder.join("node_modules/.package-lock.json").exists() {
        return;
    }
    let status = Command::new("npm").args(["ci", "--no-progress", "--loglevel=error"]).current_dir(folder).status();
    assert!(status.expect("npm is installed").success(), "npm ci");
}

#[test]
fn graphql_http_finds_nothing_to_say() {
    run("graphql-http.js");
}

#[test]
fn graphql_ws_misses_nothing() {
    run("graphql-ws.js");
}

#[test]
fn graphql_sse_misses_nothing() {
    run("graphql-sse.js");
}

#[test]
fn apollo_client_misses_nothing() {
    run("apollo.js");
}

#[test]
fn urql_misses_nothing() {
    run("urql.js");
}
