//! One target from its claim to its end.

use crate::worker::fleet::{COMMAND, Fleet, request, timing};
use lockkeeper::domain::Kind;
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::release::{Aim, Selection};
use lockkeeper::worker::Timing;
use std::fs;
use std::time::{Duration, Instant};
use testkit::on_both;
use testkit::rows;

async fn r12_the_version_changes_when_the_command_has_succeeded(kind: &str) {
    let fleet = Fleet::new(kind, 3, COMMAND).await;
    fleet.script("while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("start", 3).await;
    assert_eq!(fleet.instances().await, vec![["UPGRADING", "2"]; 3]);
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(fleet.instances().await, vec![["RUNNING", "3"]; 3]);
    assert_eq!(fleet.targets(release).await, vec![["SUCCEEDED", "", "", "0", "1"]; 3]);
    worker.stop().await;
    let state = fleet.directory.join("state");
    let left = fs::read_dir(&state).unwrap().count();
    assert_eq!(left, 5, "only the directory's name, the instances' fences and the place of working directories stay");
    assert_eq!(fs::read_dir(state.join("directories")).unwrap().count(), 0);
}
on_both!(r12_the_version_changes_when_the_command_has_succeeded);

async fn i5_every_step_is_an_event_and_the_last_one_ends_the_release(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    let reported = fleet
        .rows
        .rows("SELECT subject, kind, status, revision, caused_by, running FROM event ORDER BY position")
        .await;
    assert_eq!(
        reported,
        [
            ["RELEASE", "ACCEPTED", "PENDING", "1", "olga", "0"],
            ["INSTANCE", "RELEASE", "UPGRADING", "2", "olga", ""],
            ["RELEASE", "TARGET_STARTED", "RUNNING", "2", "worker", "1"],
            ["INSTANCE", "RELEASE", "RUNNING", "3", "worker", ""],
            ["RELEASE", "TARGET_FINISHED", "SUCCEEDED", "3", "worker", "0"],
            ["RELEASE", "FINISHED", "SUCCEEDED", "4", "worker", "0"],
        ]
    );
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(i5_every_step_is_an_event_and_the_last_one_ends_the_release);

async fn r12_a_command_that_fails_leaves_the_version_and_says_why(kind: &str) {
    let fleet = Fleet::new(kind, 2, COMMAND).await;
    fleet.script("[ $LOCKKEEPER_HOSTNAME = h1 ] && exit 3\nkill -9 $$");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.max_failures = Some(Amount::Count(5));
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.instances().await, vec![["UPGRADE_FAILED", "2"]; 2]);
    let targets = fleet.targets(release).await;
    assert_eq!(targets[0], ["FAILED", "COMMAND", "The command ended with exit status 3.", "3", "1"]);
    assert_eq!(targets[1], ["FAILED", "COMMAND", "The command was ended by signal 9.", "", "1"]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r12_a_command_that_fails_leaves_the_version_and_says_why);

async fn what_cannot_be_started_has_failed_as_not_started(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let target = &fleet.targets(release).await[0];
    assert_eq!(target[..2], ["FAILED", "NOT_STARTED"]);
    assert!(target[2].contains("/deploy cannot be started: No such file"), "{target:?}");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_cannot_be_started_has_failed_as_not_started);

async fn r13_what_takes_too_long_is_ended_with_all_that_it_started(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    // A grandchild that does not listen, and one in a group of its own.
    fleet.script("trap '' TERM\n(tick 1000) &\nsh -mc \"sleep 1001 & echo \\$!\" > \"$DIR/stray\"\ntick 1000");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides { timeout_seconds: Some(1), ..RolloutOverrides::default() };
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let target = &fleet.targets(release).await[0];
    assert_eq!(target[..2], ["FAILED", "TIMED_OUT"]);
    let ticks = fleet.said("tick");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fleet.said("tick"), ticks, "nothing of it runs any more");
    let stray = fs::read_to_string(fleet.directory.join("stray")).unwrap();
    assert!(!alive(stray.trim()), "nor what left its group");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_what_takes_too_long_is_ended_with_all_that_it_started);

fn alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

async fn what_a_command_leaves_running_ends_with_it_unless_it_has_a_session_of_its_own(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    // One detaches only after the command has ended, as does `setsid PROGRAM &` in the last line of a script.
    fleet.script("(tick 1000) &\n(sleep 0.3; exec setsid sleep 1002) > /dev/null 2>&1 &\necho $! > \"$DIR/daemon\"");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    let ticks = fleet.said("tick");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fleet.said("tick"), ticks);
    let log = fleet.log(release).await;
    let told = |line: &Vec<String>| line[0] == "SYSTEM" && line[1].contains("left in its session");
    assert!(log.iter().any(|line| told(line) && line[1].contains("setsid PROGRAM")), "{log:?}");
    let daemon = fs::read_to_string(fleet.directory.join("daemon")).unwrap().trim().to_owned();
    assert!(alive(&daemon));
    std::process::Command::new("kill").arg(daemon).status().unwrap();
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_a_command_leaves_running_ends_with_it_unless_it_has_a_session_of_its_own);

async fn a_command_sees_its_order_and_nothing_else_of_the_servers_environment(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}timeout = '1m'")).await;
    fleet.program("deploy", "#!/bin/sh\nenv | grep -v '^\\(PWD\\|SHLVL\\|_\\|OLDPWD\\)=' | sort | sed 's/\\(_START\\)=[0-9a-f]\\{32\\}$/\\1=word/'\n");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    let target = fleet.rows.number("SELECT id FROM release_target").await;
    let path = std::env::var("PATH").unwrap();
    let instance = fleet.rows.number("SELECT id FROM instance").await;
    let expected = format!(
        "DIR={dir}\nLOCKKEEPER_ACTION=UPGRADE\nLOCKKEEPER_ARTIFACT=artifact-3\nLOCKKEEPER_ATTEMPT=1\nLOCKKEEPER_FENCE=1\n\
             LOCKKEEPER_HOSTNAME=h1\nLOCKKEEPER_HOST_ADDRESS=10.0.0.1\nLOCKKEEPER_INSTANCE_ID={instance}\nLOCKKEEPER_PORT=8080\n\
             LOCKKEEPER_PREVIOUS_VERSION=2\nLOCKKEEPER_REF=ref-3\nLOCKKEEPER_RELEASE_ID={release}\nLOCKKEEPER_SERVICE=web\n\
             LOCKKEEPER_START=word\nLOCKKEEPER_TAG=prod\nLOCKKEEPER_TARGET_ID={target}\nLOCKKEEPER_VERSION=3\nPATH={path}",
        dir = fleet.directory.display(),
        instance = Kind::Instance.id(instance),
        release = Kind::Release.id(release),
        target = Kind::Target.id(target),
    );
    let log = fleet.log(release).await;
    let seen: Vec<&str> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].as_str()).collect();
    assert_eq!(seen.join("\n"), expected);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_sees_its_order_and_nothing_else_of_the_servers_environment);

async fn output_is_stored_in_order_cut_and_readable_before_the_release_is_over(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script(
        "for i in 1 2 3; do echo out $i; sleep 0.05; echo err $i >&2; sleep 0.05; done\n\
             head -c 9000 /dev/zero | tr '\\0' x\necho\nprintf 'odd \\377 \\000 end'",
    );
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    let log = fleet.log(release).await;
    let lines: Vec<String> = log.iter().filter(|line| line[0] != "SYSTEM").map(|line| line.join(" ")).collect();
    let cut = " [the rest of this line was cut off]";
    let long = format!("STDOUT {}{cut}", "x".repeat(8192 - cut.len()));
    let expected = [
        "STDOUT out 1",
        "STDERR err 1",
        "STDOUT out 2",
        "STDERR err 2",
        "STDOUT out 3",
        "STDERR err 3",
        &long,
        "STDOUT odd \u{fffd} \u{fffd} end",
    ];
    assert_eq!(lines, expected);
    assert_eq!(log[0], ["SYSTEM", "Start 1 on h1."]);
    let places = fleet.rows.rows("SELECT place FROM output_line ORDER BY place").await;
    assert_eq!(places.concat(), (1..=places.len()).map(|place| place.to_string()).collect::<Vec<_>>());
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(output_is_stored_in_order_cut_and_readable_before_the_release_is_over);

async fn output_is_there_while_the_command_still_runs(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("echo early\nwhile [ ! -e \"$DIR/go\" ]; do sleep 0.02; done");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until("SELECT text FROM output_line WHERE stream = 'STDOUT'", |rows| rows.first().cloned()).await;
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(output_is_there_while_the_command_still_runs);

async fn an_instance_that_is_uninstalled_is_removed_and_runs_nothing(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("");
    let worker = fleet.worker();
    let release = fleet.accept(&request(fleet.service, Aim::Uninstall, Selection::All(true))).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(fleet.instances().await, [["REMOVED", ""]]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(an_instance_that_is_uninstalled_is_removed_and_runs_nothing);

async fn a_held_instance_is_still_locked_after_its_release(kind: &str) {
    let fleet = Fleet::new(kind, 2, COMMAND).await;
    fleet.script("while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.rows.insert([rows::hold(1, fleet.service, Some(1))]).await;
    fs::write(fleet.directory.join("go"), "").unwrap();
    fleet.over(release).await;
    let reported = fleet
        .rows
        .rows("SELECT hostname, locked FROM event WHERE subject = 'INSTANCE' AND status = 'RUNNING' ORDER BY hostname")
        .await;
    let locked: Vec<bool> = reported.iter().map(|row| row[1] == "true" || row[1] == "1").collect();
    assert_eq!(locked, [true, false]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_held_instance_is_still_locked_after_its_release);

async fn a_worker_that_is_asked_to_stop_lets_running_targets_end_and_claims_no_more(kind: &str) {
    let fleet = Fleet::new(kind, 3, COMMAND).await;
    fleet.script("tick 10");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.max_parallel = Some(Amount::Count(1));
    let release = fleet.accept(&request).await;
    fleet.until_said("start", 1).await;
    worker.stop().await;
    let status: Vec<String> = fleet.targets(release).await.into_iter().map(|target| target[0].clone()).collect();
    assert_eq!(status, ["SUCCEEDED", "QUEUED", "QUEUED"]);
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_worker_that_is_asked_to_stop_lets_running_targets_end_and_claims_no_more);

async fn a_worker_that_is_asked_to_stop_ends_what_takes_too_long_and_leaves_the_truth(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("tick 1000");
    let mut settings = fleet.settings();
    settings.timing = Timing { drain: Duration::from_millis(100), ..timing() };
    let worker = fleet.worker_with(settings);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 1).await;
    let asked = Instant::now();
    worker.stop().await;
    // The command alone would take longer.
    assert!(asked.elapsed() < Duration::from_secs(45), "{:?}", asked.elapsed());
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    assert_eq!(fleet.instances().await, [["UNKNOWN", "2"]]);
    let ticks = fleet.said("tick");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fleet.said("tick"), ticks);
}
on_both!(a_worker_that_is_asked_to_stop_ends_what_takes_too_long_and_leaves_the_truth);

async fn r13_a_result_counts_also_when_its_runner_cannot_note_it(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    // From now on, no file of the runner may grow, or be written.
    fleet.script("prlimit --pid $PPID --fsize=0; echo lost; exit 3");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let [target] = &fleet.targets(release).await[..] else { panic!("one target") };
    assert_eq!((target[1].as_str(), target[3].as_str(), target[4].as_str()), ("COMMAND", "3", "1"), "{target:?}");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_a_result_counts_also_when_its_runner_cannot_note_it);

async fn a_command_that_cannot_be_noted_is_not_started_and_its_target_says_why(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("");
    // Another file, and one that nobody can write, is where its room should be.
    fs::create_dir_all(fleet.directory.join("state/target-1-run-1.result.new")).unwrap();
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let [target] = &fleet.targets(release).await[..] else { panic!("one target") };
    assert_eq!(target[1], "NOT_STARTED", "{target:?}");
    assert!(target[2].contains("cannot be written"), "{target:?}");
    assert_eq!(fleet.said("start"), 0);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_that_cannot_be_noted_is_not_started_and_its_target_says_why);
