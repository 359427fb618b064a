//! What becomes of a command on a host whose worker is lost, and of a host that is not the same any more.

use super::hosts::{SSH, SshFleet};
use crate::worker::fleet::{Worker, impatient, settings, timing};
use crate::worker::process::Process;
use futures_util::future::join_all;
use lockkeeper::failpoint;
use lockkeeper::worker::{Timing, WorkerSettings};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use testkit::on_both;

/// Writes, waits while the test wants it to, and writes again.
const STAYS: &str = "touch \"$DIR/stay\"; echo one; printf 'two'; echo warning >&2\nsay here\nwhile [ -e \"$DIR/stay\" ]; do sleep 0.05; done; echo ' and three'; echo four";

/// A command that another worker began, in a process that was killed, and that goes on.
async fn left_behind(fleet: &SshFleet, executor: &str) -> i64 {
    fleet.script(STAYS);
    let process = Process::start_with(fleet, executor, "impatient", "");
    let release = fleet.accept(&fleet.upgrade()).await;
    let open = format!("SELECT text FROM output_line WHERE release_id = {release} AND text = 'two'");
    fleet.until(&open, |rows| rows.first().map(drop)).await;
    process.kill();
    release
}

fn go_on(fleet: &SshFleet) {
    fs::remove_file(fleet.directory.join("stay")).unwrap();
}

/// A worker with a state directory of its own, as on another machine.
fn elsewhere(fleet: &SshFleet, name: &str) -> Worker {
    let settings = settings(fleet.directory.join(name));
    fleet.worker_with(WorkerSettings { timing: impatient(), ..settings })
}

async fn texts(fleet: &SshFleet, release: i64, stream: &str) -> Vec<String> {
    let log = fleet.log(release).await;
    log.into_iter().filter(|line| line[0] == stream).map(|line| line[1].clone()).collect()
}

async fn until_noted(fleet: &SshFleet, release: i64, text: &str) {
    let noted = format!("SELECT text FROM output_line WHERE release_id = {release} AND text LIKE '%{text}%'");
    fleet.until(&noted, |rows| rows.first().map(drop)).await;
}

/// Does the same in several ways at once, each with a fleet of its own: most of the time is spent waiting.
async fn at_once<T>(ways: impl IntoIterator<Item = T>, one: impl AsyncFn(T)) {
    join_all(ways.into_iter().map(|way| one(way))).await;
}

/// Everything once, in its order.
async fn assert_whole(fleet: &SshFleet, release: i64) {
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(texts(fleet, release, "STDOUT").await, ["one", "two", " and three", "four"]);
    assert_eq!(texts(fleet, release, "STDERR").await, ["warning"]);
    assert_eq!((fleet.said("start"), fleet.said("end")), (1, 1), "{:?}", fleet.journal());
    assert_eq!(fleet.targets(release).await[0][4], "1");
    fleet.assert_sound().await;
}

async fn i8_another_worker_of_the_machine_follows_a_command_at_the_byte(kind: &str) {
    let fleet = SshFleet::new(kind, 1, SSH, "").await;
    let release = left_behind(&fleet, SSH).await;
    let worker = fleet.worker();
    until_noted(&fleet, release, "goes on").await;
    go_on(&fleet);
    assert_whole(&fleet, release).await;
    // The connection of the dead worker is gone with its folder.
    let folders = fs::read_dir(fleet.directory.join("state/ssh")).unwrap().filter_map(Result::ok);
    assert_eq!(folders.filter(|entry| entry.path().is_dir()).count(), 1);
    worker.stop().await;
}

async fn i8_a_worker_of_another_machine_follows_a_command_at_the_byte(kind: &str) {
    let fleet = SshFleet::new(kind, 1, SSH, "").await;
    let release = left_behind(&fleet, SSH).await;
    let worker = elsewhere(&fleet, "state-2");
    until_noted(&fleet, release, "goes on").await;
    go_on(&fleet);
    assert_whole(&fleet, release).await;
    worker.stop().await;
    // The next worker of the first machine ends the connection that the dead one left.
    fleet.worker().stop().await;
}

/// Each start of the journal began once and ended once, whatever died.
#[tokio::test]
async fn i8_a_worker_that_dies_anywhere_leaves_a_command_that_runs_once() {
    at_once(failpoint::OVER_SSH, async |point| {
        let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
        fleet.script("echo done");
        let process = Process::start_with(&fleet, SSH, "impatient", &format!("{point}=return"));
        let release = fleet.accept(&fleet.upgrade()).await;
        process.died().await;
        let worker = fleet.worker();
        assert_eq!(fleet.over(release).await, "SUCCEEDED", "{point}");
        assert_eq!(texts(&fleet, release, "STDOUT").await, ["done"], "{point}");
        assert_eq!((fleet.said("start"), fleet.said("end")), (1, 1), "{point}");
        fleet.assert_sound().await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_stops_leaves_the_command_to_the_next() {
    let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
    fleet.script(STAYS);
    let timing = Timing { drain: Duration::ZERO, ..timing() };
    let first = fleet.worker_with(WorkerSettings { timing, ..fleet.settings() });
    let release = fleet.accept(&fleet.upgrade()).await;
    until_noted(&fleet, release, "two").await;
    first.stop().await;
    assert_eq!(fleet.targets(release).await[0][0], "RUNNING");
    let second = fleet.worker();
    until_noted(&fleet, release, "goes on").await;
    go_on(&fleet);
    assert_whole(&fleet, release).await;
    second.stop().await;
}

/// A worker that does not have the executor leaves the command to one that has, for as long as it goes on by itself.
async fn a_worker_without_the_executor_leaves_the_command_to_another(kind: &str) {
    at_once([false, true], async |is_over| {
        let fleet = SshFleet::new(kind, 1, SSH, "").await;
        let release = left_behind(&fleet, SSH).await;
        if is_over {
            fleet.rows.execute("UPDATE worker SET orphan_ms = 0").await;
        }
        let unable = fleet.unable_worker();
        let ended = "SELECT id FROM worker WHERE id = 1 AND ended_at IS NOT NULL";
        fleet.until(ended, |rows| rows.first().map(drop)).await;
        if is_over {
            fleet.over(release).await;
            assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
            go_on(&fleet);
        } else {
            let worker = fleet.worker();
            until_noted(&fleet, release, "goes on").await;
            go_on(&fleet);
            assert_whole(&fleet, release).await;
            worker.stop().await;
        }
        unable.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_host_that_was_rebuilt_makes_the_target_unknown() {
    let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
    let release = left_behind(&fleet, SSH).await;
    fs::rename(fleet.directory.join("far"), fleet.directory.join("before")).unwrap();
    let worker = fleet.worker();
    fleet.over(release).await;
    let target = &fleet.targets(release).await[0];
    assert_eq!(target[0], "UNKNOWN");
    assert!(target[2].contains("host h1 does not have the directory"), "{target:?}");
    assert_eq!(fleet.instances().await[0][0], "UNKNOWN");
    go_on(&fleet);
    worker.stop().await;
}

/// The folder of the only start on the host.
fn start_folder(fleet: &SshFleet) -> PathBuf {
    let is_database = |path: &PathBuf| path.is_dir() && !path.ends_with("runner");
    let only =
        |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find(is_database).unwrap();
    only(only(only(fleet.directory.join("far"))))
}

#[tokio::test]
async fn after_a_boot_of_the_host_the_probe_decides() {
    let text = format!("{SSH}[probe]\nprogram = '{{dir}}/probe'\n");
    at_once([("3", "SUCCEEDED"), ("2", "FAILED"), ("", "UNKNOWN")], async |(version, status)| {
        let fleet = SshFleet::new("sqlite", 1, &text, "").await;
        fleet.program("probe", &format!("#!/bin/sh\necho '{version}'\n"));
        let release = left_behind(&fleet, &text).await;
        // What a boot leaves: the files, with the id of the boot before.
        fs::write(start_folder(&fleet).join("boot"), "0ld-b00t\n").unwrap();
        let worker = fleet.worker();
        fleet.over(release).await;
        assert_eq!(fleet.targets(release).await[0][0], status, "{version}");
        go_on(&fleet);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn without_a_trace_a_command_never_began_unless_the_host_was_booted() {
    at_once([("", "SUCCEEDED"), ("0ld-b00t", "UNKNOWN")], async |(boot, said)| {
        let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
        fleet.script("");
        let process = Process::start_with(&fleet, SSH, "impatient", "executor::ssh::attend::before_call=return");
        let release = fleet.accept(&fleet.upgrade()).await;
        process.died().await;
        if !boot.is_empty() {
            fleet.rows.execute(&format!("UPDATE release_target SET boot_id = '{boot}'")).await;
        }
        let worker = fleet.worker();
        fleet.over(release).await;
        assert_eq!(fleet.targets(release).await[0][0], said, "{boot}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_host_ends_a_command_that_no_worker_asks_about() {
    let text = format!("{SSH}orphan_timeout = '1s'\n").replace("grace = '1s'", "grace = '20s'");
    let fleet = SshFleet::new("sqlite", 1, &text, "").await;
    let release = left_behind(&fleet, &text).await;
    let result = start_folder(&fleet).join("result");
    fleet.until("SELECT 'x' AS x", |_| result.exists().then_some(())).await;
    let worker = fleet.worker();
    fleet.over(release).await;
    let target = &fleet.targets(release).await[0];
    assert_eq!(target[0], "UNKNOWN");
    assert!(target[2].contains("It ended in time"), "{target:?}");
    until_noted(&fleet, release, "no worker was heard of").await;
    assert_eq!(fleet.said("end"), 0);
    worker.stop().await;
}

on_both!(i8_another_worker_of_the_machine_follows_a_command_at_the_byte);
on_both!(i8_a_worker_of_another_machine_follows_a_command_at_the_byte);
on_both!(a_worker_without_the_executor_leaves_the_command_to_another);
