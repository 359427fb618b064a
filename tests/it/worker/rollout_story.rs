//! The story of a rollout: hosts that are reached by ssh, a wave of canaries, a wave that soaks, and a host that becomes
//! unhealthy in it, so that all is undone; then the same release again, with the fault mended. On the way, two workers are
//! killed in mid-command and PostgreSQL is restarted. In the end, the rows, the events, the audit log, the output, the journal
//! and what really runs on each host agree.
//!
//! `LOCKKEEPER_SSH_HOSTS=40 cargo test --test it -- --nocapture the_story_of_a_rollout` is the long form.

mod judge;

use crate::worker::fleet::Fleet;
use crate::worker::http::{Answer, Service};
use crate::worker::process::Process;
use crate::worker::ssh::hosts::{SSH, SshFleet};
use judge::Story;
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::domain::release::waves::WaveRequest;
use lockkeeper::domain::release::{OnFailure, Resume};
use lockkeeper::release::accept;
use lockkeeper::store::{Error, doctor};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use testkit::cluster::{Cluster, Stop};
use testkit::environment::number;

/// How many hosts there are, unless `LOCKKEEPER_SSH_HOSTS` says otherwise.
const HOSTS: usize = 16;
const CANARIES: usize = 2;
const MAX_PARALLEL: usize = 10;
/// Longer than the test.
const SOAK_SECONDS: i64 = 3600;
/// Is unhealthy with the new version, while there is a fault in it.
const SICK: &str = "h11";

/// Each host has a file with the version that runs there. A command waits while the test holds it.
const SCRIPT: &str = r#"if [ -e "$DIR/hold" ]; then say held; while [ -e "$DIR/hold" ]; do sleep 0.05; done; fi
echo "$LOCKKEEPER_VERSION" > "$DIR/current-$LOCKKEEPER_HOSTNAME"
say "to-$LOCKKEEPER_VERSION"
echo "version $LOCKKEEPER_VERSION""#;

/// What the output says of a target whose command outlived its worker.
const LOST: &str = "stream = 'SYSTEM' AND text LIKE 'The worker of this start was lost in step run;%'";

fn hold(fleet: &Fleet) {
    fs::write(fleet.directory.join("hold"), "").unwrap();
}

fn let_go(fleet: &Fleet) {
    fs::remove_file(fleet.directory.join("hold")).unwrap();
}

/// The answer to a request, which is repeated where a connection was lost in the restart, as clients do.
async fn answered<T>(ask: impl AsyncFn() -> Result<T, Error>) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}

/// Starts an upgrade of all: the canaries and a pause, a quarter and a soak, the rest.
async fn start(fleet: &Fleet) -> i64 {
    let wave = |up_to, soak_seconds, pause_after| WaveRequest { up_to, max_failures: None, soak_seconds, pause_after };
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides {
        waves: Some(vec![
            wave(Amount::Count(CANARIES as i64), 0, true),
            wave(Amount::Percent(25), SOAK_SECONDS, false),
            wave(Amount::Percent(100), 0, false),
        ]),
        max_parallel: Some(Amount::Count(MAX_PARALLEL as i64)),
        on_failure: Some(OnFailure::Undo),
        ..RolloutOverrides::default()
    };
    let accepted = answered(async || accept(&fleet.app, &request).await).await;
    accepted.unwrap().release_id.unwrap()
}

async fn go_on(fleet: &Fleet, release: i64, skip_soak: bool) {
    answered(async || fleet.resume(release, Resume { skip_soak, ..Resume::default() }).await).await;
}

/// Waits until a release pauses after its canaries.
async fn until_paused(fleet: &Fleet, release: i64) {
    let paused = format!("SELECT id FROM release WHERE id = {release} AND pause_reason = 'WAVE'");
    fleet.until(&paused, |rows| rows.first().map(drop)).await;
}

/// Waits until a query has this many rows.
async fn until_many(fleet: &Fleet, sql: &str, many: usize) {
    fleet.until(sql, |rows| (rows.len() == many).then_some(())).await;
}

/// Kills a worker, has another follow all commands that it ran, and returns that one.
async fn replace(fleet: &Fleet, worker: Process, executor: &str, lost: usize) -> Process {
    worker.kill();
    let next = Process::start(fleet, executor);
    until_many(fleet, &format!("SELECT place FROM output_line WHERE {LOST}"), lost).await;
    next
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_a_rollout_whose_soak_finds_an_unhealthy_host_is_told_alike_by_all_records() {
    let began = Instant::now();
    let hosts = number("LOCKKEEPER_SSH_HOSTS").unwrap_or(HOSTS);
    let has_fault = Arc::new(AtomicBool::new(false));
    let cluster = Arc::new(tokio::task::block_in_place(Cluster::start));
    let directory = tempfile::tempdir().unwrap();
    let (faulty, files) = (has_fault.clone(), directory.path().to_owned());
    let service = Service::start(move |path, _| {
        let runs = |version: &str| fs::read_to_string(files.join(format!("current-{SICK}"))).unwrap() == version;
        let is_sick = faulty.load(Ordering::SeqCst) && path == format!("GET /{SICK}") && runs("3\n");
        Answer::Status(if is_sick { 503 } else { 200 })
    })
    .await;
    let executor = format!(
        "{SSH}[health]\nkind = 'http'\nurl = 'http://{}/{{host.hostname}}'\ninterval = '100ms'\n",
        service.address
    );
    let fleet = Fleet::at(cluster.fresh(), directory, hosts, &executor).await;
    let fleet = SshFleet::of(fleet, "MaxStartups 100").await;
    fleet.script(SCRIPT);
    let current = |host: &str| fs::read_to_string(fleet.directory.join(format!("current-{host}"))).unwrap();
    let names: Vec<String> = (1..=hosts).map(|number| format!("h{number}")).collect();
    for host in &names {
        fs::write(fleet.directory.join(format!("current-{host}")), "2\n").unwrap();
    }

    // The canaries, and the pause after them.
    let worker = Process::start(&fleet, &executor);
    let first = start(&fleet).await;
    until_paused(&fleet, first).await;
    assert_eq!(fleet.said("end"), CANARIES);
    // The next wave. While its commands run, their worker is killed, and PostgreSQL is restarted under the next one.
    let quarter = hosts.div_ceil(4);
    hold(&fleet);
    go_on(&fleet, first, false).await;
    fleet.until_said("held", quarter - CANARIES).await;
    let worker = replace(&fleet, worker, &executor, quarter - CANARIES).await;
    let restarted = cluster.clone();
    let restart = move || {
        restarted.stop(Stop::Fast);
        restarted.start_again();
    };
    tokio::task::spawn_blocking(restart).await.unwrap();
    let_go(&fleet);
    // The soak, with all healthy; then one no longer is. The worker of the undo is killed, too.
    until_many(&fleet, "SELECT id FROM instance WHERE health = 'HEALTHY'", quarter).await;
    hold(&fleet);
    has_fault.store(true, Ordering::SeqCst);
    assert_eq!(fleet.over(first).await, "FAILED");
    fleet.until_said("held", quarter - CANARIES + quarter).await;
    let worker = replace(&fleet, worker, &executor, quarter - CANARIES + quarter).await;
    let_go(&fleet);
    let undo = fleet.rows.number("SELECT id FROM release WHERE origin = 'UNDO'").await;
    assert_eq!(fleet.over(undo).await, "SUCCEEDED", "{:?}", fleet.targets(undo).await);
    assert!(names.iter().all(|host| current(host) == "2\n"));
    assert_eq!(fleet.instances().await, vec![["RUNNING", "2"]; hosts]);
    let undone_after = began.elapsed().as_millis();

    // The fault is mended: the same release goes through.
    has_fault.store(false, Ordering::SeqCst);
    let second = start(&fleet).await;
    until_paused(&fleet, second).await;
    go_on(&fleet, second, false).await;
    until_many(&fleet, "SELECT id FROM instance WHERE health = 'HEALTHY'", quarter).await;
    go_on(&fleet, second, true).await;
    assert_eq!(fleet.over(second).await, "SUCCEEDED", "{:?}", fleet.targets(second).await);
    worker.kill();
    // Ends the connections that the others left.
    fleet.worker().stop().await;
    assert!(names.iter().all(|host| current(host) == "3\n"));
    assert_eq!(fleet.instances().await, vec![["RUNNING", "3"]; hosts]);
    let findings = answered(async || doctor::check(&fleet.app.db).await).await;
    assert_eq!(findings, []);
    Story { hosts, quarter, first, undo, second }.judge(&fleet).await;
    eprintln!("{hosts} hosts, undone after {undone_after} ms, moved after {} ms", began.elapsed().as_millis());
}
