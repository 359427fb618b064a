//! What really runs: probes outside of releases, drift, and putting instances back into service.

use crate::worker::fleet::{COMMAND, Fleet, caller};
use lockkeeper::catalog::instance_request::{probe_instances, undrain_instances};
use lockkeeper::domain::Problems;
use lockkeeper::domain::reference::{INSTANCES, Reference};
use std::fs;
use testkit::on_both;

/// A probe that prints what is in the file `running`, and how to drain.
const PROBE: &str = "[probe]\nprogram = '{dir}/probe'\nevery = '1h'\n";
const DRAIN: &str = "[drain]\nprogram = '{dir}/step'\n[undrain]\nprogram = '{dir}/step'\nargs = ['undrain']\n";

/// The only instance of a fleet.
fn the_instance() -> Reference<Vec<String>> {
    Reference::new(&INSTANCES, None, Some(vec!["web/h1".to_owned()]))
}

async fn probe(fleet: &Fleet) -> Result<Vec<i64>, Problems> {
    probe_instances(&fleet.app, &caller("probeInstances"), &the_instance()).await.unwrap()
}

async fn undrain(fleet: &Fleet) -> Result<Vec<i64>, Problems> {
    undrain_instances(&fleet.app, &caller("undrainInstances"), &the_instance()).await.unwrap()
}

fn codes(refused: Result<Vec<i64>, Problems>) -> String {
    refused.unwrap_err().codes().join(" ")
}

/// Lets this run on the host, and waits until the probe has seen it once more.
async fn runs(fleet: &Fleet, version: &str) {
    fs::write(fleet.directory.join("running.new"), version).unwrap();
    fs::rename(fleet.directory.join("running.new"), fleet.directory.join("running")).unwrap();
    fleet.rows.execute("UPDATE instance SET observed_at = NULL").await;
    assert_eq!(probe(fleet).await, Ok(vec![1]));
    let seen = format!(
        "SELECT observed_version FROM instance WHERE observed_at IS NOT NULL AND observed_version = '{version}'"
    );
    fleet.until(&seen, |rows| rows.first().cloned()).await;
}

async fn drifting(fleet: &Fleet) -> i64 {
    fleet.rows.number("SELECT count(*) AS drifting FROM instance WHERE drifted_since IS NOT NULL").await
}

async fn three_equal_answers_that_differ_are_a_drift_until_one_fits(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{PROBE}")).await;
    fleet.program("probe", "#!/bin/sh\n[ -z \"$LOCKKEEPER_RELEASE_ID\" ] && cat \"$DIR/running\"\n");
    fs::write(fleet.directory.join("running"), "2").unwrap();
    let worker = fleet.worker();
    // The schedule asks for the first time.
    fleet
        .until("SELECT observed_version FROM instance WHERE observed_version = '2'", |rows| rows.first().cloned())
        .await;
    for (version, drifts) in [("1", 0), ("1", 0), ("2", 0), ("1", 0), ("1", 0), ("1", 1), ("", 1), ("2", 0), ("2", 0)] {
        runs(&fleet, version).await;
        assert_eq!(drifting(&fleet).await, drifts, "{version:?}");
    }
    let kinds = "SELECT kind, status, caused_by FROM event WHERE subject = 'INSTANCE' ORDER BY position";
    let expected = [["DRIFTED", "RUNNING", "worker"], ["DRIFT_ENDED", "RUNNING", "worker"]];
    assert_eq!(fleet.rows.rows(kinds).await, expected);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(three_equal_answers_that_differ_are_a_drift_until_one_fits);

async fn what_a_release_has_is_not_probed_and_what_cannot_be_probed_is_refused(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{PROBE}")).await;
    fleet.program("probe", "#!/bin/sh\necho asked >> \"$DIR/asked\"\necho 2\n");
    fleet.script("while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done");
    let release = fleet.accept(&fleet.upgrade()).await;
    let worker = fleet.worker();
    fleet.until_said("start", 1).await;
    assert_eq!(probe(&fleet).await, Ok(vec![1]));
    // The worker has looked for what is due several times by then.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!fleet.directory.join("asked").exists());
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    fleet
        .until("SELECT observed_version FROM instance WHERE observed_version = '2'", |rows| rows.first().cloned())
        .await;
    worker.stop().await;
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    assert_eq!(codes(probe(&fleet).await), "WRONG_STATE", "the executor has no probe");
    fleet.rows.execute("UPDATE service SET executor = 'gone'").await;
    assert_eq!(codes(probe(&fleet).await), "UNKNOWN_EXECUTOR");
}
on_both!(what_a_release_has_is_not_probed_and_what_cannot_be_probed_is_refused);

async fn an_instance_is_put_back_into_service_when_a_caller_asks_for_it(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{DRAIN}")).await;
    fleet.script("exit 1");
    fleet.program("step", "#!/bin/sh\necho \"$1\" >> \"$DIR/steps\"\n[ \"$1\" != undrain ] || [ -e \"$DIR/good\" ]\n");
    assert_eq!(codes(undrain(&fleet).await), "WRONG_STATE", "it is in service");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let drained = "SELECT drained_since FROM instance WHERE drained_since IS NOT NULL";
    assert_eq!(fleet.rows.rows(drained).await.len(), 1);
    // The first one fails, and leaves it as it was.
    assert_eq!(undrain(&fleet).await, Ok(vec![1]));
    let over = "SELECT id FROM instance WHERE undrain_requested_at IS NULL";
    fleet.until(over, |rows| rows.first().cloned()).await;
    assert_eq!(fleet.rows.rows(drained).await.len(), 1);
    fs::write(fleet.directory.join("good"), "").unwrap();
    assert_eq!(undrain(&fleet).await, Ok(vec![1]));
    fleet.until("SELECT id FROM instance WHERE drained_since IS NULL", |rows| rows.first().cloned()).await;
    let steps = fs::read_to_string(fleet.directory.join("steps")).unwrap();
    assert_eq!(steps, "\nundrain\nundrain\n");
    assert_eq!(fleet.instances().await, [["UPGRADE_FAILED", "2"]], "only a release changes that");
    assert_eq!(fleet.rows.number("SELECT count(*) AS edits FROM event WHERE kind = 'EDIT'").await, 1);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(an_instance_is_put_back_into_service_when_a_caller_asks_for_it);

async fn a_release_waits_for_an_undrain_and_withdraws_one_that_has_not_begun(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}{DRAIN}")).await;
    fleet.script("exit 1");
    fleet.program("step", "#!/bin/sh\nexit 0\n");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.over(release).await;
    worker.stop().await;
    // Nobody works, so the request waits; then a release is accepted.
    assert_eq!(undrain(&fleet).await, Ok(vec![1]));
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(codes(undrain(&fleet).await), "LOCKED");
    let worker = fleet.worker();
    fleet.over(release).await;
    let left = "SELECT id FROM instance WHERE undrain_requested_at IS NULL AND drained_since IS NOT NULL";
    assert_eq!(fleet.rows.rows(left).await.len(), 1, "it failed again, and stays out of service");
    // One that has begun keeps releases off.
    fleet.program("step", "#!/bin/sh\ntouch \"$DIR/began\"\nwhile [ ! -e \"$DIR/go\" ]; do sleep 0.02; done\n");
    assert_eq!(undrain(&fleet).await, Ok(vec![1]));
    fleet.until("SELECT 'x' AS x", |_| fleet.directory.join("began").exists().then_some(())).await;
    fleet.program("step", "#!/bin/sh\nexit 0\n");
    fleet.script("");
    let starts = fleet.said("start");
    let release = fleet.accept(&fleet.upgrade()).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(fleet.said("start"), starts);
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_release_waits_for_an_undrain_and_withdraws_one_that_has_not_begun);
