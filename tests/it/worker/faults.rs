//! Workers that die, stand still or lose what they had: the old command never runs beside a new one.

use crate::worker::fleet::{COMMAND, Fleet, impatient, settings};
use crate::worker::process::Process;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::time::Duration;
use testkit::on_both;

async fn i2_a_worker_killed_in_mid_command_leaves_it_unknown_and_the_command_ends(kind: &str) {
    let fleet = Fleet::new(kind, 2, COMMAND).await;
    fleet.script("trap '' TERM\ntick 1000");
    let process = Process::start(&fleet, COMMAND);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 4).await;
    process.kill();
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");
    let ticks = fleet.said("tick");
    for target in fleet.targets(release).await {
        assert_eq!(target[0], "UNKNOWN");
    }
    assert_eq!(fleet.instances().await, vec![["UNKNOWN", "2"]; 2]);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fleet.said("tick"), ticks, "no lock was freed before the command had ended");
    assert_eq!(fleet.said("start"), 2, "nothing was run again");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(i2_a_worker_killed_in_mid_command_leaves_it_unknown_and_the_command_ends);

async fn what_was_claimed_and_never_began_is_begun_anew_even_if_it_may_not_be_repeated(kind: &str) {
    for point in ["worker::claim::after_commit", "executor::command::start::before_runner"] {
        let fleet = Fleet::new(kind, 2, COMMAND).await;
        fleet.script("");
        let process = Process::start_with(&fleet, COMMAND, "patient", &format!("{point}=return"));
        let release = fleet.accept(&fleet.upgrade()).await;
        process.died().await;
        let worker = fleet.worker();
        assert_eq!(fleet.over(release).await, "SUCCEEDED", "{kind} {point}");
        assert_eq!(fleet.said("start"), 2, "{kind} {point}");
        for target in fleet.targets(release).await {
            assert_eq!(target[4], "2");
        }
        worker.stop().await;
        fleet.assert_sound().await;
    }
}
on_both!(what_was_claimed_and_never_began_is_begun_anew_even_if_it_may_not_be_repeated);

async fn what_began_before_the_database_was_restored_may_have_begun(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("");
    let process = Process::start_with(&fleet, COMMAND, "patient", "worker::claim::after_commit=return");
    let release = fleet.accept(&fleet.upgrade()).await;
    process.died().await;
    // As `lockkeeper restored` does.
    fleet.rows.execute("UPDATE instance SET fence = fence + 1").await;
    fleet.rows.execute("UPDATE release_target SET fence = fence + 1 WHERE status = 'RUNNING'").await;
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_began_before_the_database_was_restored_may_have_begun);

async fn what_another_machine_claimed_may_have_begun_there(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("");
    let process = Process::start_with(&fleet, COMMAND, "impatient", "worker::claim::after_commit=return");
    let release = fleet.accept(&fleet.upgrade()).await;
    process.died().await;
    let worker = fleet.worker_with(settings(fleet.directory.join("elsewhere")));
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_another_machine_claimed_may_have_begun_there);

async fn a_command_that_may_be_repeated_is_run_again_and_never_beside_the_old_one(kind: &str) {
    let text = format!("{COMMAND}on_lost = 'retry'");
    let fleet = Fleet::new(kind, 2, &text).await;
    // The old one does not listen to the request to end.
    fleet.script("trap '' TERM\nif [ $LOCKKEEPER_ATTEMPT = 1 ]; then tick 1000; else tick 3; fi");
    let process = Process::start(&fleet, &text);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 4).await;
    process.kill();
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    for target in fleet.targets(release).await {
        assert_eq!((target[0].as_str(), target[4].as_str()), ("SUCCEEDED", "2"));
    }
    assert_eq!(fleet.said("start"), 4);
    fleet.assert_never_beside();
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_that_may_be_repeated_is_run_again_and_never_beside_the_old_one);

async fn a_command_that_kills_its_worker_is_started_three_times_at_most(kind: &str) {
    let text = format!("{COMMAND}on_lost = 'retry'");
    let fleet = Fleet::new(kind, 1, &text).await;
    fleet.script("tick 1000");
    let release = fleet.accept(&fleet.upgrade()).await;
    for start in 1..=3 {
        let process = Process::start(&fleet, &text);
        fleet.until_said("start", start).await;
        process.kill();
    }
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    assert_eq!(fleet.said("start"), 3);
    fleet.assert_never_beside();
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_that_kills_its_worker_is_started_three_times_at_most);

async fn a_result_that_was_left_behind_is_taken_with_its_output(kind: &str) {
    let fleet = Fleet::new(kind, 2, COMMAND).await;
    fleet.script(
        "echo one\nwhile [ ! -e \"$DIR/go\" ]; do sleep 0.02; done\necho two\n[ $LOCKKEEPER_HOSTNAME = h1 ] || exit 5",
    );
    let process = Process::start(&fleet, COMMAND);
    let mut request = fleet.upgrade();
    request.rollout.on_failure = Some(lockkeeper::domain::release::OnFailure::Continue);
    let release = fleet.accept(&request).await;
    let stored = |rows: Vec<Vec<String>>| (rows.len() == 2).then_some(());
    fleet.until("SELECT text FROM output_line WHERE text = 'one'", stored).await;
    // It stands still while the commands end, and never gets to know of it.
    process.signal(Signal::STOP);
    fs::write(fleet.directory.join("go"), "").unwrap();
    fleet.until("SELECT 'x' AS x", |_| (count(&fleet, ".result") == 2).then_some(())).await;
    process.kill();
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");
    let targets = fleet.targets(release).await;
    assert_eq!(targets[0], ["SUCCEEDED", "", "", "0", "1"]);
    assert_eq!(targets[1][..2], ["FAILED", "COMMAND"]);
    let mut output: Vec<String> =
        fleet.log(release).await.into_iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].clone()).collect();
    output.sort();
    assert_eq!(output, ["one", "one", "two", "two"], "each line once");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_result_that_was_left_behind_is_taken_with_its_output);

fn count(fleet: &Fleet, ending: &str) -> usize {
    let files = fs::read_dir(fleet.directory.join("state")).unwrap();
    files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with(ending)).count()
}

async fn i3_a_worker_that_stood_still_loses_its_command_and_writes_nothing_when_it_wakes(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("tick 1000");
    let process = Process::start_with(&fleet, COMMAND, "impatient", "");
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 2).await;
    process.freeze(&fleet).await;
    // Its process lives: only its beat tells that it is lost.
    let mut settings = fleet.settings();
    settings.timing = impatient();
    let worker = fleet.worker_with(settings);
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    let ticks = fleet.said("tick");
    let events = fleet.rows.number("SELECT count(*) AS many FROM event").await;
    process.signal(Signal::CONT);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(fleet.said("tick"), ticks);
    assert_eq!(fleet.rows.number("SELECT count(*) AS many FROM event").await, events);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(i3_a_worker_that_stood_still_loses_its_command_and_writes_nothing_when_it_wakes);

async fn i3_a_worker_that_was_declared_dead_ends_its_commands_and_works_on_under_a_new_lease(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("tick 1000");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 1).await;
    fleet.rows.execute("UPDATE worker SET ended_at = {now}").await;
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    let ticks = fleet.said("tick");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fleet.said("tick"), ticks);
    fleet.script("");
    let mut request = fleet.upgrade();
    request.included.unknown = true;
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(i3_a_worker_that_was_declared_dead_ends_its_commands_and_works_on_under_a_new_lease);

async fn a_command_whose_runner_was_killed_is_ended_before_anything_else_happens(kind: &str) {
    let text = format!("{COMMAND}on_lost = 'retry'");
    let fleet = Fleet::new(kind, 1, &text).await;
    fleet.script(
        "trap '' TERM\nif [ $LOCKKEEPER_ATTEMPT = 1 ]; then echo $PPID > \"$DIR/runner\"; tick 1000; else tick 3; fi",
    );
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 2).await;
    let runner: i32 = fs::read_to_string(fleet.directory.join("runner")).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(runner).unwrap(), Signal::KILL).unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(fleet.targets(release).await[0][4], "2");
    fleet.assert_never_beside();
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_whose_runner_was_killed_is_ended_before_anything_else_happens);

async fn a_cancel_forbids_to_start_anew(kind: &str) {
    let text = format!("{COMMAND}on_lost = 'retry'");
    let fleet = Fleet::new(kind, 1, &text).await;
    fleet.script("tick 1000");
    let process = Process::start(&fleet, &text);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 1).await;
    process.freeze(&fleet).await;
    let id = lockkeeper::domain::Kind::Release.id(release).to_string();
    let request = crate::worker::fleet::caller("cancelRelease");
    lockkeeper::release::cancel::cancel(&fleet.app, &request, &lockkeeper::release::cancel::Cancellation::of(id))
        .await
        .unwrap()
        .unwrap();
    process.kill();
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    assert_eq!(fleet.said("start"), 1);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_cancel_forbids_to_start_anew);

async fn what_ran_on_another_machine_is_taken_over_only_after_lease_and_grace(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("tick 1000");
    // How long others wait for it is its own to say.
    let process = Process::start_with(&fleet, COMMAND, "impatient", "");
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 1).await;
    process.kill();
    let began = std::time::Instant::now();
    let worker = fleet.worker_with(settings(fleet.directory.join("elsewhere")));
    assert_eq!(fleet.over(release).await, "FAILED");
    assert!(began.elapsed() >= Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(fleet.targets(release).await[0][0], "UNKNOWN");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_ran_on_another_machine_is_taken_over_only_after_lease_and_grace);
