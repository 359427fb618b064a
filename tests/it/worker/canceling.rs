//! Giving releases up (R13).

use crate::worker::fleet::{COMMAND, Fleet, caller, request};
use lockkeeper::domain::instance::InstanceSettings;
use lockkeeper::domain::reference::{Reference, VERSION};
use lockkeeper::domain::release::rollout::Amount;
use lockkeeper::domain::{Kind, ProblemCode};
use lockkeeper::release::cancel::{Cancellation, cancel};
use lockkeeper::release::{Aim, Selection};
use std::fs;
use testkit::on_both;
use testkit::rows;

async fn canceled(fleet: &Fleet, release: i64, stop_running: bool) -> Result<i64, Vec<ProblemCode>> {
    let id = Kind::Release.id(release).to_string();
    let cancellation = Cancellation { stop_running, reason: Some("enough".into()), ..Cancellation::of(&id) };
    let canceled = cancel(&fleet.app, &caller("cancelRelease"), &cancellation).await.unwrap();
    canceled.map_err(|problems| problems.0.into_iter().map(|problem| problem.code).collect())
}

async fn r13_a_release_that_never_began_is_canceled_at_once_and_its_instances_are_as_before(kind: &str) {
    let fleet = Fleet::new(kind, 2, COMMAND).await;
    fleet.rows.execute("UPDATE instance SET status = 'REVERT_FAILED', revision = 2 WHERE hostname = 'h2'").await;
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(canceled(&fleet, release, false).await, Ok(release));
    assert_eq!(fleet.over(release).await, "CANCELED");
    assert_eq!(fleet.instances().await, [["RUNNING", "2"], ["REVERT_FAILED", "2"]]);
    let message = "Canceled before it started: the release was canceled.";
    assert_eq!(fleet.targets(release).await, vec![["CANCELED", "", message, "", "0"]; 2]);
    let expected =
        fleet.rows.rows("SELECT kind, status, caused_by FROM event WHERE subject = 'RELEASE' ORDER BY position").await;
    let kinds: Vec<&str> = expected.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(kinds, ["ACCEPTED", "CANCEL_REQUESTED", "TARGET_FINISHED", "TARGET_FINISHED", "FINISHED"]);
    let release_rows = fleet.rows.rows("SELECT cancel_reason, stop_running FROM release").await;
    assert_eq!(release_rows[0][0], "enough");
    // Asking again is no error, and changes nothing.
    for stop_running in [false, true] {
        assert_eq!(canceled(&fleet, release, stop_running).await, Ok(release));
    }
    assert_eq!(fleet.rows.rows("SELECT cancel_reason, stop_running FROM release").await, release_rows);
    let events =
        fleet.rows.rows("SELECT kind, status, caused_by FROM event WHERE subject = 'RELEASE' ORDER BY position");
    assert_eq!(events.await, expected);
}
on_both!(r13_a_release_that_never_began_is_canceled_at_once_and_its_instances_are_as_before);

async fn r13_an_installation_that_never_began_is_gone(kind: &str) {
    let fleet = Fleet::new(kind, 0, COMMAND).await;
    fleet.rows.insert([rows::host(1, "h1")]).await;
    let settings = InstanceSettings { port: None, tag: None, weight: 100, description: String::new() };
    let aim =
        Aim::Install { version: Reference::by_id(&VERSION, Kind::Version.id(fleet.versions[0]).to_string()), settings };
    let release = fleet.accept(&request(fleet.service, aim, Selection::Hostnames(vec!["h1".into()]))).await;
    assert_eq!(canceled(&fleet, release, false).await, Ok(release));
    assert_eq!(fleet.instances().await, [["REMOVED", ""]]);
}
on_both!(r13_an_installation_that_never_began_is_gone);

async fn r13_what_runs_ends_by_itself_and_what_is_queued_is_canceled(kind: &str) {
    let fleet = Fleet::new(kind, 3, COMMAND).await;
    fleet.script("while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.max_parallel = Some(Amount::Count(1));
    let release = fleet.accept(&request).await;
    fleet.until_said("start", 1).await;
    assert_eq!(canceled(&fleet, release, false).await, Ok(release));
    assert_eq!(canceled(&fleet, release, false).await, Ok(release), "it is being canceled already");
    let requested = fleet.rows.rows("SELECT kind FROM event WHERE kind = 'CANCEL_REQUESTED'").await;
    assert_eq!(requested.len(), 1);
    let status = fleet.rows.rows("SELECT status, running, canceled FROM release").await;
    assert_eq!(status, [["RUNNING", "1", "2"]], "it waits for what runs (R14)");
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "CANCELED");
    assert_eq!(fleet.instances().await, [["RUNNING", "3"], ["RUNNING", "2"], ["RUNNING", "2"]]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_what_runs_ends_by_itself_and_what_is_queued_is_canceled);

async fn r13_what_runs_is_stopped_where_that_is_asked_for_also_later(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("trap '' TERM\ntick 1000");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 1).await;
    assert_eq!(canceled(&fleet, release, false).await, Ok(release));
    assert_eq!(canceled(&fleet, release, true).await, Ok(release));
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_eq!(fleet.targets(release).await[0][..2], ["FAILED", "STOPPED"]);
    assert_eq!(fleet.instances().await, [["UPGRADE_FAILED", "2"]]);
    let ticks = fleet.said("tick");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(fleet.said("tick"), ticks, "nothing of it runs any more");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r13_what_runs_is_stopped_where_that_is_asked_for_also_later);

async fn r4_a_cancel_of_nothing_is_refused_and_audited(kind: &str) {
    let fleet = Fleet::new(kind, 0, COMMAND).await;
    for (id, code) in [("rel_99", ProblemCode::NotFound), ("svc_1", ProblemCode::WrongType)] {
        let problems = cancel(&fleet.app, &caller("cancelRelease"), &Cancellation::of(id)).await.unwrap().unwrap_err();
        assert_eq!(problems.0[0].code, code);
    }
    let reason = "x".repeat(1001);
    let cancellation = Cancellation { reason: Some(reason), ..Cancellation::of("x") };
    let problems = cancel(&fleet.app, &caller("cancelRelease"), &cancellation).await.unwrap().unwrap_err();
    assert_eq!(problems.0.len(), 2, "all at once");
    assert_eq!(fleet.rows.rows("SELECT outcome FROM audit").await, vec![["REFUSED"]; 3]);
}
on_both!(r4_a_cancel_of_nothing_is_refused_and_audited);
