//! Instances that a caller wants back in service, and which worker is putting them back.

use super::queue::alive;
use super::{Db, Ids, Result, Texts, Tx};
use crate::domain::Timestamp;

/// Requests that instances are put back into service. An earlier request stays.
pub async fn request(tx: &mut Tx, at: Timestamp, instances: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE instance SET undrain_requested_at = COALESCE(undrain_requested_at, $1) WHERE id {any $2}"))
        .bind(at)
        .bind(Ids(instances))
        .execute()
        .await?;
    Ok(())
}

/// Withdraws such requests: a release decides what becomes of these instances.
pub async fn withdraw(tx: &mut Tx, instances: &[i64]) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET undrain_requested_at = NULL WHERE id {any $1} AND undrain_requested_at IS NOT NULL"
    ))
    .bind(Ids(instances))
    .execute()
    .await?;
    Ok(())
}

/// Which of these instances a worker is putting back into service now.
pub async fn running(tx: &mut Tx, instances: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!(concat!("SELECT u.id FROM instance u WHERE u.id {any $1} AND u.undrain_worker_id ", alive!())))
        .bind(Ids(instances))
        .scalars()
        .await
}

/// An instance that is to be put back into service, and that no release and no living worker has.
macro_rules! waits {
    () => {
        concat!(
            "i.undrain_requested_at IS NOT NULL AND i.status <> 'REMOVED'
             AND (i.undrain_worker_id IS NULL OR NOT i.undrain_worker_id ",
            alive!(),
            ") AND NOT EXISTS (SELECT 1 FROM release_target t WHERE t.instance_id = i.id AND {open t})"
        )
    };
}

/// Returns instances of services with these executors that wait, and their hosts, at most `limit`; none while the fleet is
/// suspended.
pub async fn waiting(db: &Db, executors: &[String], limit: i64) -> Result<Vec<(i64, i64)>> {
    db.query(sql!(concat!(
        "SELECT i.id, i.host_id FROM instance i JOIN service s ON s.id = i.service_id
         WHERE s.executor {any $1} AND EXISTS (SELECT 1 FROM fleet WHERE suspension_id IS NULL) AND ",
        waits!(),
        " ORDER BY i.id LIMIT $2"
    )))
    .bind(Texts(executors))
    .bind(limit)
    .all()
    .await
}

/// Claims those of these locked instances that still wait, for one worker, with a new fence. Returns their ids.
pub async fn claim(tx: &mut Tx, worker_id: i64, instances: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!(concat!(
        "UPDATE instance SET undrain_worker_id = $1, fence = fence + 1
         WHERE id IN (SELECT i.id FROM instance i WHERE i.id {any $2} AND ",
        waits!(),
        ") RETURNING id"
    )))
    .bind(worker_id)
    .bind(Ids(instances))
    .scalars()
    .await
}

/// Ends what this worker did, with this fence, to put an instance back into service. Returns false if it is not its own
/// any more.
pub async fn end(tx: &mut Tx, worker_id: i64, instance: i64, fence: i64, succeeded: bool) -> Result<bool> {
    let ended = tx
        .query(sql!(
            "UPDATE instance SET undrain_worker_id = NULL, undrain_requested_at = NULL,
                drained_since = CASE WHEN $4 THEN NULL ELSE drained_since END
             WHERE id = $2 AND undrain_worker_id = $1 AND fence = $3"
        ))
        .bind(worker_id)
        .bind(instance)
        .bind(fence)
        .bind(succeeded)
        .execute()
        .await?;
    Ok(ended == 1)
}
