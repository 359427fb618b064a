//! Targets of releases: reading and ending those that are open.

use super::{Db, Ids, Json, Result, Tx, step};
use crate::domain::instance::InstanceStatus;
use crate::domain::target::{End, ReleaseTargetStatus};
use crate::domain::{StepName, Timestamp, Word};
use serde_json::json;

/// An open target, with what is needed to end it.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OpenTarget {
    pub id: i64,
    pub release_id: i64,
    /// The number of its wave.
    pub wave: i64,
    pub instance_id: i64,
    pub status: ReleaseTargetStatus,
    pub fence: i64,
    pub attempt: i64,
    /// The step that its last start has reached; `None` before the first one.
    pub step: Option<StepName>,
    pub from_status: InstanceStatus,
    pub to_version_id: Option<i64>,
}

/// Returns the queued targets of locked releases, in their order.
pub async fn queued(tx: &mut Tx, releases: &[i64]) -> Result<Vec<OpenTarget>> {
    tx.query(sql!(
        "SELECT id, release_id, wave, instance_id, status, fence, attempt, step, from_status, to_version_id FROM release_target
         WHERE release_id {any $1} AND status = 'QUEUED' ORDER BY release_id, ordinal"
    ))
    .bind(Ids(releases))
    .all()
    .await
}

/// Returns those of these targets that this worker runs. Their releases are locked.
pub async fn running(tx: &mut Tx, worker_id: i64, targets: &[i64]) -> Result<Vec<OpenTarget>> {
    tx.query(sql!(
        "SELECT id, release_id, wave, instance_id, status, fence, attempt, step, from_status, to_version_id FROM release_target
         WHERE id {any $1} AND worker_id = $2 AND status = 'RUNNING' ORDER BY id"
    ))
    .bind(Ids(targets))
    .bind(worker_id)
    .all()
    .await
}

/// Returns those of these targets that this worker has ended, each with the fence of its last start.
pub async fn ended_by(tx: &mut Tx, worker_id: i64, targets: &[i64]) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "SELECT id, fence FROM release_target WHERE id {any $1} AND worker_id = $2 AND finished_at IS NOT NULL"
    ))
    .bind(Ids(targets))
    .bind(worker_id)
    .all()
    .await
}

/// A running target, and whether its release asks for it to be stopped.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Watched {
    pub id: i64,
    pub fence: i64,
    pub stop_running: bool,
}

/// Returns all targets that this worker runs.
pub async fn watched(db: &Db, worker_id: i64) -> Result<Vec<Watched>> {
    db.query(sql!(
        "SELECT t.id, t.fence, r.stop_running FROM release_target t JOIN release r ON r.id = t.release_id
         WHERE t.worker_id = $1 AND t.status = 'RUNNING'"
    ))
    .bind(worker_id)
    .all()
    .await
}

/// Ends targets, none earlier than it started. Their releases and instances are locked.
pub async fn end(tx: &mut Tx, at: Timestamp, ended: &[(OpenTarget, End)]) -> Result<()> {
    let rows: Vec<_> = ended
        .iter()
        .map(|(target, end)| {
            let (step_status, step_message) = end.last_step();
            json!({
                "id": target.id, "status": end.status.word(), "failure": end.failure.map(Word::word),
                "message": end.message.as_deref().map(step::cut), "exit_status": end.exit_status,
                "step_status": step_status.word(), "step_message": step_message.map(step::cut),
            })
        })
        .collect();
    // Before the targets, which are final then.
    tx.query(sql!(
        "UPDATE target_step SET
            status = CASE target_step.status WHEN 'WAITING' THEN 'SKIPPED' ELSE value ->> 'step_status' END,
            message = CASE target_step.status WHEN 'WAITING' THEN NULL ELSE value ->> 'step_message' END,
            finished_at = CASE WHEN target_step.status <> 'WAITING' THEN {later target_step.started_at, $2} END
         FROM {items $1}
         WHERE target_step.target_id = CAST(value ->> 'id' AS bigint) AND target_step.status IN ('WAITING', 'RUNNING')"
    ))
    .bind(Json(&rows))
    .bind(at)
    .execute()
    .await?;
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
