//! lockkeeper as process 1 of a container.

use crate::PROGRAM;
use rustix::process::{Pid, Signal, getpgid, kill_process};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{MAX_WAIT, Server};

const CONFIGURATION: &str = "
[executors.local]
kind = 'command'
program = './deploy'
dir = '.'
";

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Parent and state of a process.
fn stat(id: u32) -> Option<(u32, String)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields[1].parse().ok()?, fields[0].to_owned()))
}

fn children(parent: u32) -> Vec<(u32, String)> {
    let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let child = |id: u32| stat(id).filter(|(of, _)| *of == parent).map(|(_, state)| (id, state));
    ids.filter_map(child).collect()
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < MAX_WAIT, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the system allows `unshare` with these options.
fn allowed(options: &str) -> bool {
    let tried = Command::new("unshare").args(options.split(' ')).arg("true").output();
    let is_allowed = tried.as_ref().is_ok_and(|output| output.status.success());
    if !is_allowed {
        eprintln!("skipped: this system refuses `unshare {options}`: {tried:?}");
    }
    is_allowed
}

/// A server that is process 1, started with these options of `unshare`; `None` where the system refuses.
fn process_1(options: &str) -> Option<(Server, tempfile::TempDir)> {
    if !allowed(options) {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let start = directory.path().join("start");
    let text = format!(
        "#!/bin/sh\ncase $1 in serve) exec unshare {options} {PROGRAM} \"$@\" ;; esac\nexec {PROGRAM} \"$@\"\n"
    );
    script(&start, &text);
    Some((Server::configured(start, "sqlite", CONFIGURATION), directory))
}

async fn a_service_that_was_left_is_waited_for(options: &str) {
    let Some((mut server, _kept)) = process_1(options) else { return };
    // The service, whose parent has ended, becomes a child of process 1.
    script(
        &server.path("deploy"),
        "#!/bin/sh\nsetsid sh -c 'until [ -e go ]; do sleep 0.02; done; : > gone' > /dev/null 2>&1 &\n\
         [ $LOCKKEEPER_ACTION = INSTALL ] || { setsid sleep 1000 & echo $! > stray; touch waiting; sleep 1000; }\n",
    );
    let fleet = server.client().service("web").executor("local").hosts(1).install().await;
    let init = children(server.pid())[0].0;
    until("lockkeeper itself, and the service, are its children", || children(init).len() >= 2).await;
    fs::write(server.path("go"), "").unwrap();
    until("the service ends", || server.path("gone").exists()).await;
    until("process 1 waits for it", || children(init).len() == 1 && children(init)[0].1 != "Z").await;
    // The family of a command is found there as elsewhere.
    let payload = fleet.release("upgradeInstances", &fleet.versions[1]).await;
    let id = payload["release"]["id"].as_str().unwrap().to_owned();
    until("the command runs", || server.path("waiting").exists()).await;
    let input = serde_json::json!({ "releaseId": id, "stopRunning": true });
    fleet.client.change("cancelRelease", input, "release { id }").await;
    assert_eq!(fleet.finished(&id).await, "FAILED");
    let document = "{ releases(first: 1) { nodes { targets { nodes { failure message } } } } }";
    let data = fleet.client.query(document, Value::Null).await;
    let target = &data["releases"]["nodes"][0]["targets"]["nodes"][0];
    assert_eq!(target["failure"], "STOPPED", "{target}");
    let left: Vec<_> = children(init).into_iter().flat_map(|(child, _)| children(child)).collect();
    assert_eq!(left, [], "nothing of the command is left");
    // A signal is passed on, and the status is that of lockkeeper itself.
    kill_process(Pid::from_raw(init.cast_signed()).unwrap(), Signal::TERM).unwrap();
    until("process 1 ends with lockkeeper", || stat(init).is_none_or(|(_, state)| state == "Z")).await;
    assert!(server.process().unwrap().ended().is_none_or(|status| status.success()), "{}", server.log());
}

#[tokio::test]
async fn process_1_waits_for_what_is_not_its_own() {
    a_service_that_was_left_is_waited_for("--pid --fork --mount-proc --kill-child").await;
}

#[tokio::test]
async fn process_1_finds_processes_also_by_an_outer_proc() {
    a_service_that_was_left_is_waited_for("--pid --fork --kill-child").await;
}

/// A command of the client handles no signal while it waits for an answer, and its terminal is its own.
#[test]
fn a_signal_ends_every_command_as_process_1() {
    let options = "--pid --fork --kill-child";
    if !allowed(options) {
        return;
    }
    // Somebody who never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let mut command = Command::new("unshare");
    command.args(options.split(' ')).args([PROGRAM, "--server", &server, "--token", "t", "services"]);
    let mut outer = command.spawn().unwrap();
    let _connection = listener.accept().unwrap();
    let init = children(outer.id())[0].0;
    let group = |id: u32| getpgid(Pid::from_raw(id.cast_signed())).unwrap();
    let lockkeeper = children(init)[0].0;
    assert_eq!(group(lockkeeper), group(init), "in the background it could not read from the terminal");
    kill_process(Pid::from_raw(init.cast_signed()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(outer.wait().unwrap().code(), Some(128 + Signal::TERM.as_raw()));
}
