//! Soaks with health checks: real workers and small HTTP services.

use crate::worker::fleet::{COMMAND, Fleet, impatient};
use crate::worker::http::{Answer, Service};
use crate::worker::process::Process;
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::domain::release::waves::WaveRequest;
use lockkeeper::domain::release::{OnFailure, Resume};
use lockkeeper::domain::retention::Retention;
use lockkeeper::failpoint;
use lockkeeper::upkeep::Upkeep;
use lockkeeper::worker::WorkerSettings;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use testkit::on_both;

/// Longer than any test.
const LONG_SECONDS: i64 = 3600;

/// A service of all hosts, and what it answers about `h1`; about the others it answers 200.
struct Site {
    service: Service,
    of_h1: Arc<AtomicU16>,
}

/// In place of a status: nothing is answered.
const HANGS: u16 = 0;

impl Site {
    async fn start() -> Site {
        let of_h1 = Arc::new(AtomicU16::new(200));
        let answer = of_h1.clone();
        let service = Service::start(move |path, _| match answer.load(Ordering::SeqCst) {
            HANGS if path == "GET /h1" => Answer::Hang,
            status if path == "GET /h1" => Answer::Status(status),
            _ => Answer::Status(200),
        })
        .await;
        Site { service, of_h1 }
    }

    fn answer(&self, status: u16) {
        self.of_h1.store(status, Ordering::SeqCst);
    }

    /// An executor that checks with it.
    fn executor(&self) -> String {
        format!(
            "{COMMAND}[health]\nkind = 'http'\nurl = 'http://{}/{{host.hostname}}'\ninterval = '10ms'\nsuccesses = 2\nfailures = 3\n",
            self.service.address
        )
    }
}

/// Accepts an upgrade of all whose first wave, of one host, soaks.
async fn upgrade(fleet: &Fleet, soak_seconds: i64, on_failure: OnFailure) -> i64 {
    let wave = |up_to, soak_seconds| WaveRequest { up_to, max_failures: None, soak_seconds, pause_after: false };
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides {
        waves: Some(vec![wave(Amount::Count(1), soak_seconds), wave(Amount::Percent(100), 0)]),
        on_failure: Some(on_failure),
        ..request.rollout
    };
    fleet.accept(&request).await
}

/// Waits until `h1` is this healthy.
async fn until_health(fleet: &Fleet, health: &str) {
    let sql = format!("SELECT health FROM instance WHERE hostname = 'h1' AND health = '{health}'");
    fleet.until(&sql, |rows| rows.first().cloned()).await;
}

async fn an_instance_that_becomes_unhealthy_in_a_soak_stops_the_release_and_is_checked_until_it_recovers(kind: &str) {
    let site = Site::start().await;
    let fleet = Fleet::new(kind, 3, &site.executor()).await;
    fleet.script("");
    let worker = fleet.worker();
    let release = upgrade(&fleet, LONG_SECONDS, OnFailure::Stop).await;
    until_health(&fleet, "HEALTHY").await;
    site.answer(503);
    assert_eq!(fleet.over(release).await, "FAILED");
    let statuses: Vec<String> = fleet.targets(release).await.into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(statuses, ["SUCCEEDED", "CANCELED", "CANCELED"]);
    assert_eq!(fleet.rows.number("SELECT unhealthy FROM release").await, 1);
    let said = format!("SELECT text FROM output_line WHERE release_id = {release} AND text LIKE 'Unhealthy: %503%'");
    assert_eq!(fleet.rows.rows(&said).await.len(), 1);
    until_health(&fleet, "UNHEALTHY").await;
    site.answer(200);
    until_health(&fleet, "HEALTHY").await;
    // Nothing is left to check.
    fleet.until("SELECT count(*) AS watched FROM health_watch", |rows| (rows[0][0] == "0").then_some(())).await;
    let kinds = "SELECT caused_by FROM event WHERE kind = 'HEALTH' AND hostname = 'h1' ORDER BY position";
    assert_eq!(fleet.rows.rows(kinds).await, [["worker"], ["worker"], ["worker"]]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(an_instance_that_becomes_unhealthy_in_a_soak_stops_the_release_and_is_checked_until_it_recovers);

async fn a_release_that_pauses_in_its_soak_goes_on_when_it_is_resumed(kind: &str) {
    let site = Site::start().await;
    let fleet = Fleet::new(kind, 2, &site.executor()).await;
    fleet.script("");
    let worker = fleet.worker();
    let release = upgrade(&fleet, LONG_SECONDS, OnFailure::Pause).await;
    until_health(&fleet, "HEALTHY").await;
    site.answer(503);
    let paused = format!("SELECT pause_reason FROM release WHERE id = {release} AND status = 'PAUSED'");
    let reason = fleet.until(&paused, |rows| rows.first().map(|row| row[0].clone())).await;
    assert_eq!(reason, "FAILURES");
    fleet.resume(release, Resume { to_end: false, skip_soak: true }).await.unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED", "{:?}", fleet.targets(release).await);
    until_health(&fleet, "UNHEALTHY").await;
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_release_that_pauses_in_its_soak_goes_on_when_it_is_resumed);

async fn i3_another_worker_goes_on_with_a_soak_whose_worker_was_killed_while_it_checked(kind: &str) {
    let site = Site::start().await;
    let fleet = Fleet::new(kind, 2, &site.executor()).await;
    fleet.script("");
    let process = Process::start_with(&fleet, &site.executor(), "impatient", "");
    let release = upgrade(&fleet, LONG_SECONDS, OnFailure::Stop).await;
    until_health(&fleet, "HEALTHY").await;
    // From now on its checks hang.
    site.answer(HANGS);
    let before = site.service.requests();
    fleet.until("SELECT 'x' AS x", |_| (site.service.requests() > before).then_some(())).await;
    let worker = fleet.worker_with(WorkerSettings { name: "other".into(), timing: impatient(), ..fleet.settings() });
    fleet.until("SELECT count(*) AS workers FROM worker", |rows| (rows[0][0] == "2").then_some(())).await;
    let watching = "SELECT w.name FROM health_watch h JOIN worker w ON w.id = h.worker_id";
    assert_eq!(fleet.rows.rows(watching).await, [["worker"]]);
    process.kill();
    site.answer(503);
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.rows.rows(watching).await, [["other"]]);
    assert_eq!(fleet.rows.number("SELECT unhealthy FROM release").await, 1);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(i3_another_worker_goes_on_with_a_soak_whose_worker_was_killed_while_it_checked);

async fn i3_a_worker_that_dies_anywhere_in_a_soak_leaves_it_to_the_next(kind: &str) {
    for point in failpoint::IN_SOAKS {
        let site = Site::start().await;
        let fleet = Fleet::new(kind, 2, &site.executor()).await;
        fleet.script("");
        let process = Process::start_with(&fleet, &site.executor(), "impatient", &format!("{point}=return"));
        let release = upgrade(&fleet, LONG_SECONDS, OnFailure::Stop).await;
        process.died().await;
        let worker =
            fleet.worker_with(WorkerSettings { name: "other".into(), timing: impatient(), ..fleet.settings() });
        let healthy = "SELECT count(*) AS healthy FROM instance WHERE health = 'HEALTHY'";
        fleet.until(healthy, |rows| (rows[0][0] == "1").then_some(())).await;
        let events = fleet.rows.number("SELECT count(*) AS events FROM event WHERE kind = 'HEALTH'").await;
        assert_eq!(events, 1, "{point}: it became healthy once");
        site.answer(503);
        assert_eq!(fleet.over(release).await, "FAILED", "{point}");
        worker.stop().await;
        fleet.assert_sound().await;
    }
}
on_both!(i3_a_worker_that_dies_anywhere_in_a_soak_leaves_it_to_the_next);

async fn r19_a_soak_only_waits_without_a_health_check_and_one_in_which_all_stay_healthy_ends(kind: &str) {
    let site = Site::start().await;
    for (executor, health) in [(COMMAND.to_owned(), ""), (site.executor(), "HEALTHY")] {
        let fleet = Fleet::new(kind, 2, &executor).await;
        fleet.script("");
        let worker = fleet.worker();
        let upkeep = Upkeep::new(fleet.app.db.clone(), Retention { output: None, events: None, audit: None });
        let release = upgrade(&fleet, 1, OnFailure::Stop).await;
        tokio::select! {
            () = upkeep.run() => {}
            status = fleet.over(release) => assert_eq!(status, "SUCCEEDED"),
        }
        let health_of_h1 = "SELECT health FROM instance WHERE hostname = 'h1'";
        assert_eq!(fleet.rows.rows(health_of_h1).await, [[health]]);
        worker.stop().await;
        fleet.assert_sound().await;
    }
}
on_both!(r19_a_soak_only_waits_without_a_health_check_and_one_in_which_all_stay_healthy_ends);

/// Instances whose workers are killed twice on the way.
const HOSTS: usize = 8;

async fn a_release_whose_soak_finds_an_unhealthy_instance_is_undone_although_its_workers_are_killed(kind: &str) {
    let executor = format!(
        "{COMMAND}[health]\nkind = 'http'\nurl = 'http://127.0.0.1:{{instance.port}}/{{host.hostname}}'\ninterval = '10ms'\n"
    );
    let fleet = Fleet::new(kind, HOSTS, &executor).await;
    // Each host has a file with the version that runs there.
    fleet.script("echo \"$LOCKKEEPER_VERSION\" > \"$DIR/$LOCKKEEPER_HOSTNAME\"");
    let current = |directory: &Path, host: &str| fs::read_to_string(directory.join(host)).unwrap_or_default();
    for host in 1..=HOSTS {
        fs::write(fleet.directory.join(format!("h{host}")), "2\n").unwrap();
    }
    let is_sick = Arc::new(AtomicBool::new(false));
    let (sick, directory) = (is_sick.clone(), fleet.directory.clone());
    let service = Service::start(move |path, _| {
        let is_new = path == "GET /h3" && current(&directory, "h3") == "3\n";
        Answer::Status(if is_new && sick.load(Ordering::SeqCst) { 503 } else { 200 })
    })
    .await;
    fleet.rows.execute(&format!("UPDATE instance SET port = {}", service.address.port())).await;

    let process = Process::start(&fleet, &executor);
    let wave = |up_to| WaveRequest { up_to, max_failures: None, soak_seconds: 0, pause_after: false };
    let mut request = fleet.upgrade();
    request.rollout.on_failure = Some(OnFailure::Undo);
    request.rollout.waves = Some(vec![
        WaveRequest { pause_after: true, ..wave(Amount::Count(1)) },
        WaveRequest { soak_seconds: LONG_SECONDS, ..wave(Amount::Percent(50)) },
        wave(Amount::Percent(100)),
    ]);
    let release = fleet.accept(&request).await;
    fleet.until("SELECT id FROM release WHERE pause_reason = 'WAVE'", |rows| rows.first().cloned()).await;
    process.kill();
    fleet.resume(release, Resume::default()).await.unwrap();
    let process = Process::start(&fleet, &executor);
    fleet
        .until("SELECT id FROM instance WHERE hostname = 'h3' AND health = 'HEALTHY'", |rows| rows.first().cloned())
        .await;
    process.kill();
    is_sick.store(true, Ordering::SeqCst);
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");
    let undo = fleet.rows.number("SELECT id FROM release WHERE origin = 'UNDO'").await;
    assert_eq!(fleet.over(undo).await, "SUCCEEDED", "{:?}", fleet.targets(undo).await);
    worker.stop().await;

    // The record, what really runs, the journal, the events and the audit agree: four hosts moved and went back.
    assert_eq!(fleet.instances().await, vec![["RUNNING", "2"]; HOSTS]);
    for host in 1..=HOSTS {
        assert_eq!(fs::read_to_string(fleet.directory.join(format!("h{host}"))).unwrap(), "2\n", "h{host}");
    }
    let moved: Vec<String> =
        fleet.journal().into_iter().filter(|line| line[0] == "start").map(|line| line[1].clone()).collect();
    let (there, back) = moved.split_at(HOSTS / 2);
    let sorted = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!((there.len(), sorted(there)), (back.len(), sorted(back)), "{moved:?}");
    let unhealthy = "SELECT hostname FROM event e WHERE kind = 'HEALTH' AND EXISTS (SELECT 1 FROM event t \
        WHERE t.kind = 'TARGET_UNHEALTHY' AND t.target_id = e.target_id AND t.position > e.position AND t.at = e.at)";
    assert_eq!(fleet.rows.rows(unhealthy).await, [["h3"]]);
    let audited = "SELECT caller, outcome FROM audit WHERE operation = 'undoRelease'";
    assert_eq!(fleet.rows.rows(audited).await, [["lockkeeper", "ACCEPTED"]]);
    fleet.assert_sound().await;
}
on_both!(a_release_whose_soak_finds_an_unhealthy_instance_is_undone_although_its_workers_are_killed);
