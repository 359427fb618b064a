//! Ending targets, and what that makes of their instances.

use super::{Db, Ids, Json, Result, Tx};
use crate::domain::instance::InstanceStatus;
use crate::domain::target::{End, ReleaseTargetStatus};
use crate::domain::{Timestamp, Word};
use serde_json::json;

/// An open target, as ending it needs it.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OpenTarget {
    pub id: i64,
    pub release_id: i64,
    pub instance_id: i64,
    pub status: ReleaseTargetStatus,
    pub fence: i64,
    pub attempt: i64,
    pub from_status: InstanceStatus,
    pub to_version_id: Option<i64>,
}

/// The queued targets of locked releases, in the order they would have moved.
pub async fn queued(tx: &mut Tx, releases: &[i64]) -> Result<Vec<OpenTarget>> {
    tx.query(sql!(
        "SELECT id, release_id, instance_id, status, fence, attempt, from_status, to_version_id FROM release_target
         WHERE release_id {any $1} AND status = 'QUEUED' ORDER BY release_id, ordinal"
    ))
    .bind(Ids(releases))
    .all()
    .await
}

/// Those of these targets that run in the name of this worker. Their releases are locked.
pub async fn running(tx: &mut Tx, worker_id: i64, targets: &[i64]) -> Result<Vec<OpenTarget>> {
    tx.query(sql!(
        "SELECT id, release_id, instance_id, status, fence, attempt, from_status, to_version_id FROM release_target
         WHERE id {any $1} AND worker_id = $2 AND status = 'RUNNING' ORDER BY id"
    ))
    .bind(Ids(targets))
    .bind(worker_id)
    .all()
    .await
}

/// Those of these targets that this worker has ended, each with the fence of the start that did.
pub async fn ended_by(tx: &mut Tx, worker_id: i64, targets: &[i64]) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "SELECT id, fence FROM release_target WHERE id {any $1} AND worker_id = $2 AND finished_at IS NOT NULL"
    ))
    .bind(Ids(targets))
    .bind(worker_id)
    .all()
    .await
}

/// A target that runs, and whether its release wants it stopped.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Watched {
    pub id: i64,
    pub fence: i64,
    pub stop_running: bool,
}

/// All that runs in the name of this worker.
pub async fn watched(db: &Db, worker_id: i64) -> Result<Vec<Watched>> {
    db.query(sql!(
        "SELECT t.id, t.fence, r.stop_running FROM release_target t JOIN release r ON r.id = t.release_id
         WHERE t.worker_id = $1 AND t.status = 'RUNNING'"
    ))
    .bind(worker_id)
    .all()
    .await
}

/// Ends targets, none before it began. Their releases and instances are locked.
pub async fn end(tx: &mut Tx, at: Timestamp, ended: &[(OpenTarget, End)]) -> Result<()> {
    let rows: Vec<_> = ended
        .iter()
        .map(|(target, end)| {
            let message: Option<String> = end.message.as_ref().map(|message| message.chars().take(1000).collect());
            json!({
                "id": target.id, "status": end.status.word(), "failure": end.failure.map(Word::word),
                "message": message, "exit_status": end.exit_status,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE release_target SET status = value ->> 'status', failure = value ->> 'failure',
            message = value ->> 'message', exit_status = CAST(value ->> 'exit_status' AS bigint),
            finished_at = {later COALESCE(release_target.started_at, $2), $2}
         FROM {items $1} WHERE release_target.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

/// An instance as a release finds it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HeldInstance {
    pub id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub status: InstanceStatus,
    pub version_id: Option<i64>,
    pub revision: i64,
}

/// Locks instances in the order of their ids.
pub async fn lock_instances(tx: &mut Tx, ids: &[i64]) -> Result<Vec<HeldInstance>> {
    tx.query(sql!(
        "SELECT id, host_id, hostname, status, version_id, revision FROM instance WHERE id {any $1} ORDER BY id {lock}"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Saves status, version and revision of locked instances.
pub async fn save_instances(tx: &mut Tx, at: Timestamp, by: &str, instances: &[HeldInstance]) -> Result<()> {
    let rows: Vec<_> = instances
        .iter()
        .map(|instance| {
            json!({
                "id": instance.id, "status": instance.status.word(), "version": instance.version_id,
                "revision": instance.revision,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE instance SET status = value ->> 'status', version_id = CAST(value ->> 'version' AS bigint),
            revision = CAST(value ->> 'revision' AS bigint), updated_at = $2, updated_by = $3
         FROM {items $1} WHERE instance.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Those of these instances that a release or a hold has.
pub async fn locked(tx: &mut Tx, instances: &[i64]) -> Result<Vec<i64>> {
    let locked: Vec<(i64,)> = tx
        .query(sql!("SELECT DISTINCT instance_id FROM instance_lock WHERE instance_id {any $1}"))
        .bind(Ids(instances))
        .all()
        .await?;
    Ok(locked.into_iter().map(|(id,)| id).collect())
}
