//! Steps: what a target goes through beside its command, and what each failure leaves behind.

use crate::worker::fleet::{COMMAND, Fleet, request};
use crate::worker::http::{Answer, Service};
use crate::worker::process::Process;
use lockkeeper::domain::Kind;
use lockkeeper::domain::reference::{Reference, VERSION};
use lockkeeper::release::{Aim, Selection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::on_both;

/// Steps whose programs write their name into the journal, by one script.
const STEPS: &str = "[prepare]\nprogram = '{dir}/step'\nargs = ['prepare']\n[drain]\nprogram = '{dir}/step'\nargs = ['drain']\n\
                     [undrain]\nprogram = '{dir}/step'\nargs = ['undrain']\n";

/// A step's script: notes its name, then does this.
fn step(fleet: &Fleet, body: &str) {
    let say = "echo \"$1 $LOCKKEEPER_INSTANCE_ID $LOCKKEEPER_FENCE $LOCKKEEPER_TARGET_ID $LOCKKEEPER_ATTEMPT\" >> \"$DIR/journal\"";
    fleet.program("step", &format!("#!/bin/sh\n{say}\n{body}\n"));
}

/// The words of the journal, in order.
fn said(fleet: &Fleet) -> Vec<String> {
    fleet.journal().into_iter().map(|line| line[0].clone()).collect()
}

/// The steps of all targets, each with its status.
async fn steps(fleet: &Fleet) -> String {
    let rows = fleet.rows.rows("SELECT name, status FROM target_step ORDER BY target_id, id").await;
    rows.into_iter().map(|row| row.join(" ")).collect::<Vec<_>>().join(", ")
}

async fn drained(fleet: &Fleet) -> i64 {
    fleet.rows.number("SELECT count(*) AS drained FROM instance WHERE drained_since IS NOT NULL").await
}

/// A health check of this service, every 10 ms, for up to `within`.
fn health(service: &Service, within: &str) -> String {
    format!(
        "[health]\nkind = 'http'\nurl = 'http://{}/{{host.hostname}}'\ninterval = '10ms'\ntimeout = '1s'\nwithin = '{within}'\n",
        service.address
    )
}

async fn r13_a_target_goes_through_all_its_steps_and_each_is_recorded(kind: &str) {
    let service = Service::start(|_, number| Answer::Status(if number < 3 { 503 } else { 200 })).await;
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{STEPS}{}", health(&service, "60s"))).await;
    fleet.script("");
    step(&fleet, "echo doing $1");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(said(&fleet), ["prepare", "drain", "start", "end", "undrain"]);
    assert_eq!(
        steps(&fleet).await,
        "PREPARE SUCCEEDED, DRAIN SUCCEEDED, RUN SUCCEEDED, HEALTH SUCCEEDED, UNDRAIN SUCCEEDED"
    );
    assert_eq!((fleet.instances().await, drained(&fleet).await), (vec![vec!["RUNNING".to_owned(), "3".into()]], 0));
    assert_eq!(fleet.targets(release).await[0][3], "0", "the exit status of the command");
    let events = fleet.rows.rows("SELECT kind FROM event WHERE subject = 'RELEASE' ORDER BY position").await.concat();
    let expected = [
        "ACCEPTED",
        "TARGET_STARTED",
        "TARGET_STEP",
        "TARGET_STEP",
        "TARGET_STEP",
        "TARGET_STEP",
        "TARGET_STEP",
        "TARGET_FINISHED",
        "FINISHED",
    ];
    assert_eq!(events, expected);
    let log: Vec<String> = fleet.log(release).await.into_iter().map(|line| line.join(" ")).collect();
    let unhealthy =
        format!("SYSTEM Not healthy yet: http://{}/h1 answered 503 Service Unavailable: because 5", service.address);
    assert_eq!(
        log,
        [
            "SYSTEM Start 1 on h1.",
            "SYSTEM Step prepare.",
            "STDOUT doing prepare",
            "SYSTEM Step drain.",
            "STDOUT doing drain",
            "SYSTEM Step run.",
            "SYSTEM Step health.",
            &unhealthy,
            "SYSTEM Step undrain.",
            "STDOUT doing undrain"
        ]
    );
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_a_target_goes_through_all_its_steps_and_each_is_recorded);

async fn r13_what_fails_before_the_command_leaves_the_instance_as_before(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{STEPS}")).await;
    fleet.script("");
    let worker = fleet.worker();
    let cases = [
        ("prepare", "PREPARE", "PREPARE FAILED, DRAIN SKIPPED, RUN SKIPPED, UNDRAIN SKIPPED"),
        ("drain", "DRAIN", "PREPARE SUCCEEDED, DRAIN FAILED, RUN SKIPPED, UNDRAIN SUCCEEDED"),
    ];
    for (failing, failure, expected) in cases {
        step(&fleet, &format!("[ $1 = {failing} ] && exit 3\nexit 0"));
        let release = fleet.accept(&fleet.upgrade()).await;
        assert_eq!(fleet.over(release).await, "FAILED");
        let message = format!("Step {failing} failed: its command ended with exit status 3.");
        let target = fleet.targets(release).await.remove(0);
        assert_eq!((target[1].as_str(), target[3].as_str()), (failure, "3"), "{target:?}");
        assert!(target[2].starts_with(&message), "{target:?}");
        assert_eq!(fleet.instances().await, [["RUNNING", "2"]]);
        let all = steps(&fleet).await;
        assert!(all.ends_with(expected), "{all}");
        assert_eq!(drained(&fleet).await, 0);
    }
    // What never was started puts the instance back into service, too.
    step(&fleet, "exit 0");
    std::fs::remove_file(fleet.directory.join("deploy")).unwrap();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][1], "NOT_STARTED");
    assert_eq!((fleet.instances().await, drained(&fleet).await), (vec![vec!["RUNNING".to_owned(), "2".into()]], 0));
    assert_eq!(said(&fleet).last().unwrap(), "undrain");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_what_fails_before_the_command_leaves_the_instance_as_before);

async fn r13_what_fails_from_the_command_on_leaves_the_instance_out_of_service(kind: &str) {
    let healthy = Arc::new(AtomicBool::new(false));
    let answers = healthy.clone();
    let service =
        Service::start(move |_, _| Answer::Status(if answers.load(Ordering::SeqCst) { 200 } else { 500 })).await;
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{STEPS}{}", health(&service, "200ms"))).await;
    step(&fleet, "exit 0");
    let worker = fleet.worker();
    for (body, failure) in [("exit 4", "COMMAND"), ("", "UNHEALTHY")] {
        fleet.script(body);
        let release = fleet.accept(&fleet.upgrade()).await;
        assert_eq!(fleet.over(release).await, "FAILED");
        let target = fleet.targets(release).await.remove(0);
        assert_eq!(target[1], failure, "{target:?}");
        assert_eq!(
            (fleet.instances().await, drained(&fleet).await),
            (vec![vec!["UPGRADE_FAILED".to_owned(), "2".into()]], 1)
        );
        assert!(!said(&fleet).contains(&"undrain".to_owned()));
    }
    let since = "SELECT drained_since FROM instance";
    let first = fleet.rows.rows(since).await;
    // A later target that fails before its command leaves it as it was: failed, and out of service.
    step(&fleet, "[ $1 = drain ] && exit 1\nexit 0");
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.instances().await, [["UPGRADE_FAILED", "2"]]);
    assert_eq!(fleet.rows.rows(since).await, first);
    assert!(!said(&fleet).contains(&"undrain".to_owned()));
    // One that succeeds puts it back.
    healthy.store(true, Ordering::SeqCst);
    step(&fleet, "exit 0");
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!((fleet.instances().await, drained(&fleet).await), (vec![vec!["RUNNING".to_owned(), "3".into()]], 0));
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_what_fails_from_the_command_on_leaves_the_instance_out_of_service);

async fn an_undrain_that_fails_or_hangs_leaves_the_target_succeeded_and_the_instance_drained(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{STEPS}timeout = '1s'\n")).await;
    fleet.script("");
    step(&fleet, "[ $1 = undrain ] && sleep 1000\nexit 0");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!((fleet.instances().await, drained(&fleet).await), (vec![vec!["RUNNING".to_owned(), "3".into()]], 1));
    let last = fleet.rows.rows("SELECT status, message FROM target_step WHERE name = 'UNDRAIN'").await.concat();
    assert_eq!(last[0], "FAILED");
    assert!(last[1].starts_with("Step undrain took longer than its timeout and was stopped."), "{last:?}");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(an_undrain_that_fails_or_hangs_leaves_the_target_succeeded_and_the_instance_drained);

async fn r13_a_cancellation_before_the_command_undoes_the_drain(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{STEPS}")).await;
    fleet.script("");
    step(&fleet, "[ $1 = drain ] && sleep 1000\nexit 0");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("drain", 1).await;
    fleet.rows.execute("UPDATE release SET cancel_requested_at = created_at, stop_running = true").await;
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][1], "STOPPED");
    assert_eq!((fleet.instances().await, drained(&fleet).await), (vec![vec!["RUNNING".to_owned(), "2".into()]], 0));
    assert_eq!(said(&fleet), ["prepare", "drain", "undrain"]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_a_cancellation_before_the_command_undoes_the_drain);

async fn an_installation_is_not_drained_and_a_removal_is_not_put_back(kind: &str) {
    let fleet = Fleet::new(
        kind,
        1,
        &format!("{COMMAND}{STEPS}[health]\nkind = 'command'\nprogram = '{{dir}}/step'\nargs = ['health']\n"),
    )
    .await;
    fleet.script("");
    step(&fleet, "exit 0");
    let worker = fleet.worker();
    let release = fleet.accept(&request(fleet.service, Aim::Uninstall, Selection::All(true))).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(said(&fleet), ["prepare", "drain", "start", "end"]);
    assert_eq!(drained(&fleet).await, 0, "nothing is there any more");
    let settings = Default::default();
    let version = Reference::by_id(&VERSION, Kind::Version.id(fleet.versions[2]).to_string());
    let aim = Aim::Install { version, settings };
    let install = request(fleet.service, aim, Selection::Hostnames(vec!["h1".into()]));
    let release = fleet.accept(&install).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(said(&fleet)[4..], ["prepare", "start", "end", "health", "undrain"]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(an_installation_is_not_drained_and_a_removal_is_not_put_back);

/// How a target ends whose health check is answered like this, and how long that took.
async fn checked(kind: &str, answer: Answer) -> (Vec<String>, Duration, usize) {
    let service =
        Service::start(move |path, _| if path.ends_with("/elsewhere") { Answer::Status(200) } else { answer }).await;
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{}", health(&service, "2s"))).await;
    fleet.script("");
    let worker = fleet.worker();
    let began = Instant::now();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    let took = began.elapsed();
    worker.stop().await;
    fleet.assert_sound().await;
    (fleet.targets(release).await.remove(0), took, service.requests())
}

async fn a_health_url_that_redirects_hangs_or_answers_without_end_is_bounded(kind: &str) {
    for (answer, expected) in [
        (Answer::Redirect, "answered 302 Found, a redirect to /elsewhere: name the final URL."),
        (Answer::Hang, "no answer within 1s."),
        (Answer::Huge(500), "answered 500 Internal Server Error: xxxx"),
    ] {
        let (target, took, _) = checked(kind, answer).await;
        assert_eq!(target[1], "UNHEALTHY", "{answer:?} {target:?}");
        assert!(target[2].contains("did not become healthy within 2s: ") && target[2].contains(expected), "{target:?}");
        assert!(target[2].len() < 1000 && took < Duration::from_secs(30), "{took:?} {target:?}");
    }
    // The status decides, and the body is not read.
    let (target, _, requests) = checked(kind, Answer::Huge(200)).await;
    assert_eq!((target[0].as_str(), requests), ("SUCCEEDED", 1), "{target:?}");
}
on_both!(a_health_url_that_redirects_hangs_or_answers_without_end_is_bounded);

async fn a_check_that_needs_what_the_instance_lacks_says_so(kind: &str) {
    let text = format!("{COMMAND}[health]\nkind = 'tcp'\ninterval = '10ms'\nwithin = '50ms'\n");
    let fleet = Fleet::new(kind, 1, &text).await;
    fleet.script("");
    fleet.rows.execute("UPDATE instance SET port = NULL").await;
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    let target = fleet.targets(release).await.remove(0);
    assert!(target[2].contains("needs the port of the instance, which has none"), "{target:?}");
    worker.stop().await;
}
on_both!(a_check_that_needs_what_the_instance_lacks_says_so);

async fn a_drain_over_http_and_several_good_answers_in_a_row(kind: &str) {
    let service = Service::start(|path, number| match (path, number) {
        ("POST /out/h1" | "GET /in/h1", _) => Answer::Status(204),
        // The second good answer in a row comes with the fifth request.
        ("GET /health", 2 | 4 | 5) => Answer::Status(200),
        _ => Answer::Status(500),
    })
    .await;
    let address = service.address;
    let text = format!(
        "{COMMAND}[drain]\nkind = 'http'\nmethod = 'POST'\nurl = 'http://{address}/out/{{host.hostname}}'\n\
         [undrain]\nkind = 'http'\nurl = 'http://{address}/in/{{host.hostname}}'\n\
         [health]\nkind = 'http'\nurl = 'http://{address}/health'\nsuccesses = 2\ninterval = '1ms'\n"
    );
    let fleet = Fleet::new(kind, 1, &text).await;
    fleet.script("");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED", "{:?}", fleet.targets(release).await);
    assert_eq!(service.requests(), 6);
    assert_eq!(drained(&fleet).await, 0);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_drain_over_http_and_several_good_answers_in_a_row);

async fn a_command_that_writes_nothing_for_too_long_is_ended_as_idle(kind: &str) {
    let fleet = Fleet::new(kind, 2, &format!("{COMMAND}idle_timeout = '1s'\n")).await;
    // One goes on writing for longer than that, the other falls silent.
    fleet.script(
        "[ $LOCKKEEPER_HOSTNAME = h2 ] && echo busy && sleep 1000\nfor i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done",
    );
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.max_failures = Some(lockkeeper::domain::release::rollout::Amount::Count(1));
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let [writing, silent] = &fleet.targets(release).await[..] else { panic!("two targets") };
    assert_eq!(writing[0], "SUCCEEDED", "{writing:?}");
    assert_eq!(silent[1], "IDLE", "{silent:?}");
    assert!(silent[2].starts_with("The command wrote nothing for too long and was stopped."), "{silent:?}");
    assert_eq!(fleet.instances().await, [["RUNNING", "3"], ["UPGRADE_FAILED", "2"]]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_that_writes_nothing_for_too_long_is_ended_as_idle);

async fn i8_a_worker_that_dies_between_two_steps_repeats_none_that_has_ended_and_loses_none(kind: &str) {
    let executor = format!("{COMMAND}{STEPS}");
    for point in ["worker::advance::before_commit", "worker::advance::after_commit"] {
        for passed in 0..3 {
            let fleet = Fleet::new(kind, 1, &executor).await;
            fleet.script("");
            step(&fleet, "exit 0");
            let failpoint = format!("{point}={passed}*off->return");
            let process = Process::start_with(&fleet, &executor, "patient", &failpoint);
            let release = fleet.accept(&fleet.upgrade()).await;
            process.died().await;
            let worker = fleet.worker();
            assert_eq!(fleet.over(release).await, "SUCCEEDED", "{failpoint}");
            assert_eq!(said(&fleet), ["prepare", "drain", "start", "end", "undrain"], "{failpoint}");
            assert_eq!(drained(&fleet).await, 0);
            worker.stop().await;
            fleet.assert_sound().await;
        }
    }
}
on_both!(i8_a_worker_that_dies_between_two_steps_repeats_none_that_has_ended_and_loses_none);

async fn a_step_whose_worker_was_killed_is_repeated_also_after_a_cancellation(kind: &str) {
    let executor = format!("{COMMAND}{STEPS}");
    let fleet = Fleet::new(kind, 1, &executor).await;
    fleet.script("");
    step(&fleet, "[ $1 = undrain ] && [ ! -e \"$DIR/go\" ] && sleep 1000\nexit 0");
    let process = Process::start(&fleet, &executor);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("undrain", 1).await;
    process.kill();
    std::fs::write(fleet.directory.join("go"), "").unwrap();
    fleet.rows.execute("UPDATE release SET cancel_requested_at = created_at, stop_running = true").await;
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!((drained(&fleet).await, fleet.said("start"), fleet.said("undrain")), (0, 1, 2));
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_step_whose_worker_was_killed_is_repeated_also_after_a_cancellation);
