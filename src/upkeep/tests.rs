use super::*;
use crate::domain::Timestamp;
use crate::store::db::sql::sql;
use crate::store::idempotency::{self, Kept};
use crate::store::tests::databases;
use crate::store::{Error, Json};
use futures_util::FutureExt;
use std::time::Duration;

async fn open(kind: &str, directory: &tempfile::TempDir) -> Db {
    Db::open(&databases::fresh(kind, directory.path()), 8).await.unwrap()
}

/// Keeps a key that has outlived its time by this, or has that long to go.
async fn keep_key(db: &Db, key: &str, overdue_ms: i64) {
    let mut tx = db.begin().await.unwrap();
    let created_at = Timestamp(tx.now().await.unwrap().0 - idempotency::KEY_LIFETIME_MS - overdue_ms);
    let kept = Kept { operation: "createVersion".into(), fingerprint: String::new(), result: Json(Vec::new()) };
    idempotency::keep(&mut tx, "ann", key, created_at, &kept).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all_jobs_run_at_once_when_a_process_starts_and_report_how_that_went(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let db = open(kind, &directory).await;
    keep_key(&db, "old", 1000).await;
    keep_key(&db, "new", -1_000_000).await;
    let kept = Some(Duration::from_hours(1));
    let upkeep = Upkeep::new(db.clone(), Retention { output: kept, events: kept, audit: kept });
    assert!(upkeep.report().iter().all(|job| job.last.is_none()));
    let running = upkeep.clone();
    let running = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move { running.run().await }));
    let all_ran = async {
        while upkeep.report().iter().any(|job| job.last.is_none()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all_ran).await.expect("all jobs run");
    drop(running);
    for job in upkeep.report() {
        assert!(job.succeeded > 0 && job.failed == 0, "{kind}: {job:?}");
    }
    let keys: Vec<(String,)> = db.query(sql!("SELECT key FROM idempotency")).all().await.unwrap();
    assert_eq!(keys, [("new".to_owned(),)], "{kind}");
}
testkit::on_both!(all_jobs_run_at_once_when_a_process_starts_and_report_how_that_went);

#[tokio::test]
async fn a_run_that_fails_is_reported_until_one_succeeds() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(databases::BOTH[0], &directory).await;
    let fails = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let broken = fails.clone();
    let run: job::Run = Box::new(move |_| {
        let result = match broken.load(std::sync::atomic::Ordering::SeqCst) {
            true => Err(Error::Refused("It is broken.".to_owned())),
            false => Ok(3),
        };
        async move { result }.boxed()
    });
    let job = Job::new("test", Duration::from_secs(1), run);
    job.run_once(&db).await;
    let report = job.report();
    assert_eq!((report.succeeded, report.failed, report.last.map(|run| run.succeeded)), (0, 1, Some(false)));
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    job.run_once(&db).await;
    let report = job.report();
    assert_eq!((report.succeeded, report.failed, report.last.map(|run| run.succeeded)), (1, 1, Some(true)));
}
