//! What the database itself refuses, whatever the program does.

use super::fleet::{Fleet, name, named};
use crate::store::Result;
use crate::store::db::sql::{Sql, sql};

/// What the database says to a statement that the program never makes.
async fn tried(fleet: &Fleet, statement: &'static Sql) -> Result<u64> {
    let mut tx = fleet.app.db.begin().await.unwrap();
    let done = tx.query(statement).execute().await?;
    tx.commit().await?;
    Ok(done)
}

async fn i1_the_database_refuses_a_second_open_target_of_an_instance(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    fleet.accepted(&fleet.upgrade(named(&[&name(1)]))).await;
    let second = sql!(
            "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, from_status, executor, shares_host, status)
             SELECT (SELECT max(id) FROM release), 1, instance_id, host_id, from_status, executor, shares_host, status
             FROM release_target"
        );
    let release = sql!(
            "INSERT INTO release (service_id, action, origin, executor, max_parallel, max_failures, on_failure,
                timeout_seconds, status, reason, created_at, created_by, revision, position, total, queued, running,
                succeeded, failed, canceled, unknown, skipped, deadline_at)
             SELECT service_id, action, origin, executor, max_parallel, max_failures, on_failure, timeout_seconds, status,
                reason, created_at, created_by, revision, position, total, queued, running, succeeded, failed, canceled,
                unknown, skipped, deadline_at
             FROM release"
        );
    assert_eq!(tried(&fleet, release).await.unwrap(), 1, "another release is no matter");
    let refused = tried(&fleet, second).await.unwrap_err().to_string();
    assert!(refused.to_lowercase().contains("unique"), "{refused}");
}
testkit::on_both!(i1_the_database_refuses_a_second_open_target_of_an_instance);
