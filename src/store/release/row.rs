//! Rows of releases that change: locking, reading, saving.

use super::wave;
use crate::domain::release::{Ends, PauseReason, ReleaseAction, ReleaseStatus, UnderWay, Wave};
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
    /// The name of its executor.
    pub executor: String,
    #[sqlx(flatten)]
    pub under_way: UnderWay,
    pub stop_running: bool,
    /// Whether somebody wants it to be undone when it ends.
    pub undo_requested: bool,
    /// Whether its version is withdrawn when it is undone as it ends.
    pub withdraw_on_undo: bool,
    pub revision: i64,
    pub created_at: Timestamp,
    pub deadline_seconds: i64,
    /// How many of its targets may run on hosts with the same value of a label; `None` for any number.
    pub label_count: Option<i64>,
    /// Its waves in their order; only read with a lock.
    #[sqlx(skip)]
    pub waves: Vec<Wave>,
}

impl ReleaseRow {
    /// Whether the release may have to be undone in a transaction that ends targets of it in this way.
    pub fn may_be_undone(&self, ends: Ends) -> bool {
        self.under_way.may_be_undone(self.undo_requested, ends)
    }
}

/// The columns of the [`UnderWay`] of the release `r`.
macro_rules! under_way {
    () => {
        "r.status, r.origin, r.max_parallel, r.max_failures, r.max_unreachable, r.on_failure, r.wave, r.soaks_until,
            r.skips_pauses, r.stopped_at IS NOT NULL AS is_stopped, r.forgiven_failures, r.forgiven_unreachable,
            r.version_failures, r.forgiven_version_failures, r.cancel_requested_at IS NOT NULL AS cancel_requested,
            r.deadline_at, r.deadline_event_at, r.total, r.queued, r.running, r.succeeded, r.failed, r.canceled, r.unknown,
            r.skipped, r.unreachable, r.unhealthy"
    };
}
pub(in crate::store) use under_way;

macro_rules! release_rows {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT r.id, r.service_id, (SELECT s.name FROM service s WHERE s.id = r.service_id) AS service_name,
                r.action, r.executor, r.deadline_seconds, r.label_count, r.created_at, r.stop_running,
                r.undo_requested_by IS NOT NULL AS undo_requested, r.withdraw_on_undo, r.revision, ",
            under_way!(),
            " FROM release r WHERE r.id {any $1} ",
            $rest
        ))
    };
}

/// Locks releases in the order of their ids, after the transactions that have them locked.
pub async fn lock(tx: &mut Tx, ids: &[i64]) -> Result<Vec<ReleaseRow>> {
    let rows = tx.query(release_rows!("ORDER BY id {lock}")).bind(Ids(ids)).all().await?;
    with_waves(tx, rows).await
}

/// Locks those of these releases that are not locked, in the order of their ids.
pub async fn lock_free(tx: &mut Tx, ids: &[i64]) -> Result<Vec<ReleaseRow>> {
    let rows = tx.query(release_rows!("ORDER BY id {skip_locked}")).bind(Ids(ids)).all().await?;
    with_waves(tx, rows).await
}

/// Adds their waves to locked releases.
async fn with_waves(tx: &mut Tx, mut rows: Vec<ReleaseRow>) -> Result<Vec<ReleaseRow>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    for (release, waves) in wave::of_releases(tx, &ids).await? {
        if let Some(row) = rows.iter_mut().find(|row| row.id == release) {
            row.waves = waves;
        }
    }
    Ok(rows)
}

/// Returns those of these releases that may have to be undone when they end. They are not locked, and may change meanwhile.
pub async fn undoable(tx: &mut Tx, ids: &[i64]) -> Result<Vec<ReleaseRow>> {
    tx.query(release_rows!(
        "AND finished_at IS NULL
            AND (undo_requested_by IS NOT NULL OR (on_failure = 'UNDO' AND cancel_requested_at IS NULL))"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Returns a release, or `None` if it does not exist.
pub async fn by_id(db: &Db, id: i64) -> Result<Option<ReleaseRow>> {
    db.query(release_rows!("")).bind(Ids(&[id])).optional().await
}

/// The new state of a release.
#[derive(Clone, Debug)]
pub struct Moved {
    pub id: i64,
    pub under_way: UnderWay,
    /// The time from its acceptance to its deadline.
    pub deadline_seconds: i64,
    /// Why and by whom it is paused, if it is paused now and was not before.
    pub new_pause: Option<NewPause>,
    pub revision: i64,
    /// Whether a target has started, now or before.
    pub started: bool,
    /// Whether too many targets have failed now.
    pub stopped: bool,
}

/// How a release came to be paused.
#[derive(Clone, Debug)]
pub struct NewPause {
    pub reason: PauseReason,
    /// Name of the caller, or of lockkeeper.
    pub by: String,
    pub message: String,
}

/// Returns releases, at most `limit`, that do something at this instant of their own accord: a soak or the time until the
/// deadline is over, or the event DEADLINE is due.
pub async fn due(db: &Db, limit: i64) -> Result<Vec<i64>> {
    db.query(sql!(
        "SELECT id FROM release WHERE finished_at IS NULL AND queued > 0
            AND (soaks_until <= {begun} OR deadline_at <= {begun} OR deadline_event_at <= {begun})
         ORDER BY id LIMIT $1"
    ))
    .bind(limit)
    .scalars()
    .await
}

/// Saves the new states of locked releases. The first start and the end get this instant or, if the clock was set back
/// meanwhile, the earlier one: no release ends before it started.
pub async fn save(tx: &mut Tx, at: Timestamp, moved: &[Moved]) -> Result<()> {
    let rows: Vec<_> = moved
        .iter()
        .map(|Moved { id, under_way, deadline_seconds, new_pause, revision, started, stopped }| {
            let UnderWay { status, progress, .. } = under_way;
            let reason = new_pause.as_ref().map(|pause| pause.reason.word());
            json!({
                "id": id, "status": status.word(), "revision": revision, "started": started, "stopped": stopped,
                "over": status.is_over(), "queued": progress.queued, "running": progress.running,
                "succeeded": progress.succeeded, "failed": progress.failed, "canceled": progress.canceled,
                "unknown": progress.unknown, "unreachable": progress.unreachable,
                "unhealthy": progress.unhealthy,
                "paused": *status == ReleaseStatus::Paused, "pause_reason": reason,
                "paused_by": new_pause.as_ref().map(|pause| &pause.by),
                "pause_message": new_pause.as_ref().map(|pause| &pause.message), "wave": under_way.wave,
                "soaks_until": under_way.soaks_until.map(|at| at.0), "skips_pauses": under_way.skips_pauses,
                "forgiven_failures": under_way.forgiven_failures,
                "forgiven_unreachable": under_way.forgiven_unreachable,
                "version_failures": under_way.version_failures,
                "forgiven_version_failures": under_way.forgiven_version_failures, "deadline_at": under_way.deadline_at.0,
                "deadline_seconds": deadline_seconds,
                "deadline_event_at": under_way.deadline_event_at.map(|at| at.0),
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE release SET status = value ->> 'status', revision = CAST(value ->> 'revision' AS bigint),
            queued = CAST(value ->> 'queued' AS bigint), running = CAST(value ->> 'running' AS bigint),
            succeeded = CAST(value ->> 'succeeded' AS bigint), failed = CAST(value ->> 'failed' AS bigint),
            canceled = CAST(value ->> 'canceled' AS bigint), unknown = CAST(value ->> 'unknown' AS bigint),
            unreachable = CAST(value ->> 'unreachable' AS bigint),
            unhealthy = CAST(value ->> 'unhealthy' AS bigint),
            pause_reason = CASE WHEN {bool value ->> 'paused'} THEN COALESCE(value ->> 'pause_reason', pause_reason) END,
            paused_at = CASE WHEN NOT {bool value ->> 'paused'} THEN NULL
                WHEN value ->> 'pause_reason' IS NULL THEN paused_at ELSE $2 END,
            paused_by = CASE WHEN {bool value ->> 'paused'} THEN COALESCE(value ->> 'paused_by', paused_by) END,
            pause_message = CASE WHEN {bool value ->> 'paused'} THEN COALESCE(value ->> 'pause_message', pause_message) END,
            wave = CAST(value ->> 'wave' AS bigint),
            soaks_until = {instant value ->> 'soaks_until'}, skips_pauses = {bool value ->> 'skips_pauses'},
            forgiven_failures = CAST(value ->> 'forgiven_failures' AS bigint),
            forgiven_unreachable = CAST(value ->> 'forgiven_unreachable' AS bigint),
            version_failures = CAST(value ->> 'version_failures' AS bigint),
            forgiven_version_failures = CAST(value ->> 'forgiven_version_failures' AS bigint),
            deadline_at = {instant value ->> 'deadline_at'},
            deadline_seconds = CAST(value ->> 'deadline_seconds' AS bigint),
            deadline_event_at = {instant value ->> 'deadline_event_at'},
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
