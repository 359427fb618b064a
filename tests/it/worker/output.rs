//! The output of real commands, from the script to the database.

use crate::worker::fleet::{COMMAND, Fleet};
use crate::worker::process::Process;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use testkit::on_both;

/// The target of a release to one host with this script, and its lines.
async fn released(fleet: &Fleet) -> (Vec<String>, Vec<Vec<String>>) {
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    worker.stop().await;
    fleet.assert_sound().await;
    (fleet.targets(release).await.remove(0), fleet.log(release).await)
}

async fn of_long_output_the_end_is_kept_and_the_message_has_the_reason(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script(
        "seq 40000 | sed 's|$| npm http fetch GET 200 https://registry/x 12ms (cache hit)|'\n\
         sleep 0.2; echo 'FATAL: migration 42 failed' >&2; exit 1",
    );
    let (target, log) = released(&fleet).await;
    assert_eq!(target[2], "The command ended with exit status 1.\nFATAL: migration 42 failed");
    let end: Vec<&str> = log[log.len() - 3..].iter().map(|line| line[1].as_str()).collect();
    assert!(end[0].starts_with("40000 npm"), "{end:?}");
    assert_eq!(end[1..], ["FATAL: migration 42 failed", "The command ended with exit status 1."]);
    let system: Vec<&str> = log.iter().filter(|line| line[0] == "SYSTEM").map(|line| line[1].as_str()).collect();
    assert!(system[1].contains("follows when the command has ended"), "{system:?}");
    assert!(system[2].starts_with("Here ") && system[2].contains("are missing"), "{system:?}");
}
on_both!(of_long_output_the_end_is_kept_and_the_message_has_the_reason);

async fn a_million_empty_lines_are_8192_at_each_end(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("yes '' | head -n 1000000");
    let (target, log) = released(&fleet).await;
    assert_eq!(target[0], "SUCCEEDED");
    assert_eq!(log.iter().filter(|line| line[0] == "STDOUT").count(), 2 * 8192);
    assert!(log.iter().any(|line| line[1].contains("Here 983616 lines with 983616 bytes are missing")));
}
on_both!(a_million_empty_lines_are_8192_at_each_end);

async fn what_was_stored_before_a_worker_was_lost_is_stored_once(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("yes | head -n 9000; while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done");
    let process = Process::start(&fleet, COMMAND);
    let release = fleet.accept(&fleet.upgrade()).await;
    let follows = "SELECT text FROM output_line WHERE text LIKE '%follows when the command has ended%'";
    fleet.until(follows, |rows| rows.first().map(|_| ())).await;
    // It stands still while the command ends, and never gets to know of it.
    process.signal(Signal::STOP);
    fs::write(fleet.directory.join("go"), "").unwrap();
    let state = fleet.directory.join("state");
    let noted = || {
        fs::read_dir(&state).unwrap().any(|file| file.unwrap().path().extension().is_some_and(|kind| kind == "result"))
    };
    fleet.until("SELECT 'x' AS x", |_| noted().then_some(())).await;
    process.kill();
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    let log = fleet.log(release).await;
    assert_eq!(log.iter().filter(|line| line[0] == "STDOUT").count(), 9000);
    assert_eq!(log.iter().filter(|line| line[1].contains("follows when")).count(), 1, "{:?}", &log[log.len() - 5..]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_was_stored_before_a_worker_was_lost_is_stored_once);

#[tokio::test]
async fn what_scripts_write_is_stored_as_a_terminal_would_show_it() {
    for (script, expected) in [
        // A progress bar.
        (
            "for i in $(seq 0 100); do printf '\\rDownloading %3d%%' $i; sleep 0.005; done; printf '\\rfailed: checksum\\n'",
            &["failed: checksum"][..],
        ),
        // A question: standard input is empty.
        ("printf 'Continue? '; read answer; echo \"answer: $answer\"", &["Continue? answer: "]),
        // The last line of a command whose daemon holds the pipe.
        ("setsid sleep 2 & printf 'version 1.2.0 is live'; exit 0", &["version 1.2.0 is live"]),
        ("printf 'one\\r\\ntwo\\r\\n'", &["one", "two"]),
        ("printf 'odd \\377 \\000 end'", &["odd \u{fffd} \u{fffd} end"]),
    ] {
        let fleet = Fleet::new("sqlite", 1, COMMAND).await;
        fleet.script(script);
        let (_, log) = released(&fleet).await;
        let lines: Vec<&str> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].as_str()).collect();
        assert_eq!(lines, expected, "{script}");
    }
}

#[tokio::test]
async fn a_line_of_200_megabytes_is_cut_and_says_so() {
    let fleet = Fleet::new("sqlite", 1, COMMAND).await;
    fleet.script("head -c 200000000 /dev/zero | tr '\\0' x; echo; echo next");
    let (target, log) = released(&fleet).await;
    assert_eq!(target[0], "SUCCEEDED");
    let lines: Vec<&str> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].as_str()).collect();
    // While it is open, a part of it is stored each second.
    assert!(lines[0].ends_with("[the rest of this line was cut off]") && lines.len() < 100, "{}", lines.len());
    assert_eq!(lines.last(), Some(&"next"));
}

#[tokio::test]
async fn merged_streams_are_stored_exactly_as_they_were_written() {
    let fleet = Fleet::new("sqlite", 1, &format!("{COMMAND}merge = true")).await;
    fleet.script("for i in $(seq 300); do echo out $i; echo err $i >&2; done; exit 2");
    let (target, log) = released(&fleet).await;
    let lines: Vec<String> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].clone()).collect();
    let expected: Vec<String> = (1..=300).flat_map(|i| [format!("out {i}"), format!("err {i}")]).collect();
    assert_eq!(lines, expected);
    assert!(target[2].ends_with("out 300\nerr 300"), "{target:?}");
}

#[tokio::test]
async fn a_script_that_cannot_be_started_says_what_to_mend() {
    for (text, mode, expected) in [
        ("#!/bin/bash\r\necho hi\r\n", 0o755, "interpreter \"/bin/bash\\r\", which does not exist"),
        ("#!/none/such\n", 0o755, "interpreter \"/none/such\", which does not exist"),
        ("#!/bin/sh\n", 0o644, "not executable"),
        ("", 0o755, "it is empty"),
    ] {
        let fleet = Fleet::new("sqlite", 1, COMMAND).await;
        fleet.program("deploy", text);
        fs::set_permissions(fleet.directory.join("deploy"), fs::Permissions::from_mode(mode)).unwrap();
        let [(_, problem)] = &fleet.app.executors.problems()[..] else { panic!("one problem") };
        assert!(problem.contains(expected), "{problem}");
        let (target, _) = released(&fleet).await;
        assert_eq!(target[1], "NOT_STARTED", "{target:?}");
        assert!(target[2].contains(expected), "{target:?}");
    }
}

#[tokio::test]
async fn a_script_that_is_being_written_is_not_started() {
    let fleet = Fleet::new("sqlite", 1, COMMAND).await;
    fleet.script("");
    let writing = fs::OpenOptions::new().write(true).open(fleet.directory.join("deploy")).unwrap();
    let (target, _) = released(&fleet).await;
    drop(writing);
    assert_eq!(target[1], "NOT_STARTED", "{target:?}");
    assert!(target[2].contains("it is being written"), "{target:?}");
}

#[tokio::test]
async fn each_start_has_an_empty_directory_unless_its_executor_names_one() {
    let fleet = Fleet::new("sqlite", 1, COMMAND).await;
    fleet.script(
        r#"pwd; ls -A; touch file
setsid sh -c 'echo $$ > "$DIR/daemon"; exec sleep 1000' > /dev/null 2>&1 &
until [ -s "$DIR/daemon" ]; do sleep 0.01; done"#,
    );
    let (_, log) = released(&fleet).await;
    let lines: Vec<&str> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].as_str()).collect();
    let [directory] = lines[..] else { panic!("an empty directory: {lines:?}") };
    assert!(directory.contains("/state/directories/target-"), "{directory}");
    assert!(fs::exists(directory).unwrap(), "the daemon works there");
    let daemon = fs::read_to_string(fleet.directory.join("daemon")).unwrap();
    std::process::Command::new("kill").args(["-9", daemon.trim()]).status().unwrap();
    let runs = || fs::read_link(format!("/proc/{}/cwd", daemon.trim()));
    while runs().is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // The next worker removes it.
    fleet.worker().stop().await;
    fleet.until("SELECT 'x' AS x", |_| (!fs::exists(directory).unwrap()).then_some(())).await;
    let fleet = Fleet::new("sqlite", 1, &format!("{COMMAND}dir = '{{dir}}'")).await;
    fleet.script("pwd");
    let (_, log) = released(&fleet).await;
    let expected = fleet.directory.canonicalize().unwrap().display().to_string();
    assert!(log.iter().any(|line| line[1] == expected), "{log:?}");
}
