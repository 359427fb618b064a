//! The clients that frontends use, each as its documentation shows it, against the real program on both databases:
//! `graphql-ws`, `graphql-sse`, Apollo Client and urql watch an upgrade over a connection that breaks on the way,
//! `graphql-http` audits the protocol, and Python's gql and sgqlc introspect, query, change and subscribe. They are
//! scripts for Node.js and Python, in the folder of this file. `verdicts` compares what is accepted and refused with
//! graphql-js.

mod verdicts;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{Server, on_both};

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// Slow enough that a connection can break in the midst of an upgrade.
const CONFIGURATION: &str = "[executors.steady]\nkind = \"simulate\"\ndelay = \"100ms\"\n";

/// Runs a script of a client against a server on a database of this kind; it has to succeed.
fn run(kind: &str, mut command: Command) {
    let server = Server::configured(PROGRAM, kind, CONFIGURATION);
    command.env("LOCKKEEPER_SERVER", &server.url).env("LOCKKEEPER_TOKEN", server.token("frontend", "admin"));
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?} on {kind}\n{}{}", text(&output.stdout), text(&output.stderr));
    server.assert_sound();
}

/// The folder of the scripts for Node.js, with the clients installed there.
fn node_folder() -> PathBuf {
    let folder = folder();
    install(&folder.join("package-lock.json"), &folder.join("node_modules/installed.json"), || {
        succeed(Command::new("npm").args(["ci", "--no-progress", "--loglevel=error"]).current_dir(&folder));
    });
    folder
}

/// Runs a script for Node.js.
fn node(kind: &str, script: &str) {
    let folder = node_folder();
    let mut command = Command::new("node");
    command.arg(script).current_dir(&folder);
    run(kind, command);
}

/// Runs a script for Python, in an environment of its own under the build's folder.
fn python(kind: &str, script: &str) {
    let folder = folder().join("python");
    let requirements = folder.join("requirements.txt");
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients-python");
    install(&requirements, &environment.join("installed.txt"), || {
        succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        succeed(Command::new(environment.join("bin/python")).args(pip).arg(&requirements));
    });
    let mut command = Command::new(environment.join("bin/python"));
    command.arg("-B").arg(script).current_dir(&folder);
    run(kind, command);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Installs clients as they are locked in this file, unless that was done before: then `installed` is a copy of it. Tests
/// run in processes of their own: one at a time.
fn install(locked: &Path, installed: &Path, install: impl FnOnce()) {
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.lock")).unwrap();
    lock.lock().unwrap();
    if !fs::read(installed).is_ok_and(|copy| copy == fs::read(locked).unwrap()) {
        install();
        fs::copy(locked, installed).unwrap();
    }
}

/// Runs a command to its end, which has to be a good one.
fn succeed(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}");
}

fn graphql_http_finds_nothing_to_say(kind: &str) {
    node(kind, "graphql-http.js");
}
on_both!(sync graphql_http_finds_nothing_to_say);

fn graphql_ws_misses_nothing(kind: &str) {
    node(kind, "graphql-ws.js");
}
on_both!(sync graphql_ws_misses_nothing);

fn graphql_sse_misses_nothing(kind: &str) {
    node(kind, "graphql-sse.js");
}
on_both!(sync graphql_sse_misses_nothing);

fn apollo_client_misses_nothing(kind: &str) {
    node(kind, "apollo.js");
}
on_both!(sync apollo_client_misses_nothing);

fn urql_misses_nothing(kind: &str) {
    node(kind, "urql.js");
}
on_both!(sync urql_misses_nothing);

fn apollo_and_urql_fall_back_to_the_text_of_a_persisted_query(kind: &str) {
    node(kind, "persisted.js");
}
on_both!(sync apollo_and_urql_fall_back_to_the_text_of_a_persisted_query);

fn gql_works_over_http_and_over_both_of_its_websocket_transports(kind: &str) {
    python(kind, "gql_client.py");
}
on_both!(sync gql_works_over_http_and_over_both_of_its_websocket_transports);

fn sgqlc_sends_what_is_beyond_the_basic_plane(kind: &str) {
    python(kind, "sgqlc_client.py");
}
on_both!(sync sgqlc_sends_what_is_beyond_the_basic_plane);
