//! Rows of releases that change: locking, reading, saving.

use crate::domain::release::{Progress, ReleaseAction, ReleaseStatus, UnderWay};
use crate::domain::{Timestamp, Word};
use crate::store::{Db, Ids, Json, Result, Tx};
use serde_json::json;

/// A release's row: its state, and what decides how it changes.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ReleaseRow {
    pub id: i64,
    pub service_id: i64,
    pub service_name: String,
    pub action: ReleaseAction,
    #[sqlx(flatten)]
    pub under_way: UnderWay,
    pub cancel_requested_at: Option<Timestamp>,
    pub stop_running: bool,
    pub revision: i64,
}

macro_rules! release_rows {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT id, service_id, (SELECT s.name FROM service s WHERE s.id = release.service_id) AS service_name,
                action, status, max_parallel, max_failures, on_failure, cancel_requested_at, stop_running, revision,
                total, queued, running, succeeded, failed, canceled, unknown, skipped
             FROM release WHERE id {any $1} ",
            $rest
        ))
    };
}

/// Locks releases in the order of their ids, after the transactions that have them locked.
pub async fn lock(tx: &mut Tx, ids: &[i64]) -> Result<Vec<ReleaseRow>> {
    tx.query(release_rows!("ORDER BY id {lock}")).bind(Ids(ids)).all().await
}

/// Locks those of these releases that are not locked, in the order of their ids.
pub async fn lock_free(tx: &mut Tx, ids: &[i64]) -> Result<Vec<ReleaseRow>> {
    tx.query(release_rows!("ORDER BY id {skip_locked}")).bind(Ids(ids)).all().await
}

/// Returns a release, or `None` if it does not exist.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<ReleaseRow>> {
    db.query(release_rows!("")).bind(Ids(&[id])).optional().await
}

/// The new state of a release.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    pub id: i64,
    pub status: ReleaseStatus,
    pub progress: Progress,
    pub revision: i64,
    /// Whether a target has started, now or before.
    pub started: bool,
    /// Whether too many targets have failed now.
    pub stopped: bool,
}

/// Saves the new states of locked releases. The first start and the end get this instant or, if the clock was set back
/// meanwhile, the earlier one: no release ends before it started.
pub async fn save(tx: &mut Tx, at: Timestamp, moved: &[Moved]) -> Result<()> {
    let rows: Vec<_> = moved
        .iter()
        .map(|Moved { id, status, progress, revision, started, stopped }| {
            json!({
                "id": id, "status": status.word(), "revision": revision, "started": started, "stopped": stopped,
                "over": status.is_over(), "queued": progress.queued, "running": progress.running,
                "succeeded": progress.succeeded, "failed": progress.failed, "canceled": progress.canceled,
                "unknown": progress.unknown,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE release SET status = value ->> 'status', revision = CAST(value ->> 'revision' AS bigint),
            queued = CAST(value ->> 'queued' AS bigint), running = CAST(value ->> 'running' AS bigint),
            succeeded = CAST(value ->> 'succeeded' AS bigint), failed = CAST(value ->> 'failed' AS bigint),
            canceled = CAST(value ->> 'canceled' AS bigint), unknown = CAST(value ->> 'unknown' AS bigint),
            started_at = CASE WHEN {bool value ->> 'started'} THEN
                COALESCE(release.started_at, {later release.created_at, $2}) END,
            stopped_at = CASE WHEN {bool value ->> 'stopped'} THEN $2 ELSE release.stopped_at END,
            finished_at = CASE WHEN {bool value ->> 'over'} THEN
                {later COALESCE(release.started_at, release.created_at), $2} END
         FROM {items $1} WHERE release.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

/// Stores the request to cancel a release. The first request stays, except that a later one may ask running targets to stop.
pub async fn request_cancel(tx: &mut Tx, at: Timestamp, id: i64, stop_running: bool, reason: &str) -> Result<()> {
    tx.query(sql!(
        "UPDATE release SET cancel_requested_at = COALESCE(cancel_requested_at, $2),
            cancel_reason = COALESCE(cancel_reason, $3), stop_running = (stop_running OR $4)
         WHERE id = $1"
    ))
    .bind(id)
    .bind(at)
    .bind(reason)
    .bind(stop_running)
    .execute()
    .await?;
    Ok(())
}
