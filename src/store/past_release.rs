//! Earlier releases, as their undo and their retry see them.

use super::{Ids, Result, Texts, Tx};
use crate::domain::Word;
use crate::domain::release::follow_up::PastTarget;
use crate::domain::release::rollout::RolloutOverrides;
use crate::domain::release::{ReleaseAction, ReleaseStatus};
use crate::domain::target::{Leaves, TargetFailure};

/// A release that is to be undone or retried.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PastRelease {
    pub id: i64,
    pub service_id: i64,
    pub action: ReleaseAction,
    pub status: ReleaseStatus,
    /// `None` if its targets have versions of their own, since it is an undo or retries one, or none.
    pub target_version_id: Option<i64>,
    pub max_parallel: i64,
    pub timeout_seconds: i64,
    /// Whether its version is withdrawn when it is undone as it ends.
    pub withdraw_on_undo: bool,
    /// The rollout as it was asked for.
    #[sqlx(json)]
    pub requested_rollout: RolloutOverrides,
}

impl PastRelease {
    /// Whether it undoes another release, or retries one that does.
    pub fn is_undo(&self) -> bool {
        self.target_version_id.is_none() && self.action != ReleaseAction::Uninstall
    }
}

/// A release that is undone as it ends.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ToUndo {
    #[sqlx(flatten)]
    pub release: PastRelease,
    pub service_name: String,
    pub executor: String,
    pub shares_host: bool,
    /// Who asked for the undo, with which credential, and why; all `None` if nobody did.
    pub undo_by: Option<String>,
    pub undo_credential: Option<String>,
    pub cancel_reason: Option<String>,
}

/// Returns what the undo of a release needs, or `None` if the release does not exist.
pub async fn to_undo(tx: &mut Tx, id: i64) -> Result<Option<ToUndo>> {
    tx.query(sql!(
        "SELECT r.id, r.service_id, r.action, r.status, r.target_version_id, r.max_parallel, r.timeout_seconds,
            r.withdraw_on_undo, r.requested_rollout, s.name AS service_name, r.executor,
            (SELECT t.shares_host FROM release_target t WHERE t.release_id = r.id AND t.ordinal = 1) AS shares_host,
            r.undo_requested_by AS undo_by, r.undo_credential, r.cancel_reason
         FROM release r JOIN service s ON s.id = r.service_id WHERE r.id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

/// Returns the instances of these releases, each once.
pub async fn instances(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT DISTINCT instance_id FROM release_target WHERE release_id {any $1}"))
        .bind(Ids(ids))
        .scalars()
        .await
}

/// Returns the holds and freezes that a release was let through, in order.
pub async fn through(tx: &mut Tx, id: i64) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT hold_id FROM release_through WHERE release_id = $1 ORDER BY hold_id"))
        .bind(id)
        .scalars()
        .await
}

/// Stores why a release that is locked and not saved as over is not undone.
pub async fn set_undo_message(tx: &mut Tx, id: i64, message: &str) -> Result<()> {
    tx.query(sql!("UPDATE release SET undo_message = $2 WHERE id = $1")).bind(id).bind(message).execute().await?;
    Ok(())
}

/// Stores who wants a release to be undone when it ends. The first request stays.
pub async fn request_undo(tx: &mut Tx, id: i64, by: &str, credential: &str) -> Result<()> {
    tx.query(sql!(
        "UPDATE release SET undo_credential = CASE WHEN undo_requested_by IS NULL THEN $3 ELSE undo_credential END,
            undo_requested_by = COALESCE(undo_requested_by, $2)
         WHERE id = $1"
    ))
    .bind(id)
    .bind(by)
    .bind(credential)
    .execute()
    .await?;
    Ok(())
}

/// Returns a release without locking it, or `None` if it does not exist. What is over never changes.
pub async fn by_id(tx: &mut Tx, id: i64) -> Result<Option<PastRelease>> {
    tx.query(sql!(
        "SELECT id, service_id, action, status, target_version_id, max_parallel, timeout_seconds, withdraw_on_undo,
            requested_rollout
         FROM release WHERE id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

/// Returns the release and all that retry it, or retry a retry of it: they move its instances on its behalf.
pub async fn with_retries(tx: &mut Tx, id: i64) -> Result<Vec<i64>> {
    tx.query(sql!(
        "WITH RECURSIVE same(id) AS (SELECT CAST($1 AS bigint)
            UNION SELECT r.id FROM release r JOIN same ON r.parent_id = same.id AND r.origin = 'RETRY')
         SELECT id FROM same ORDER BY id"
    ))
    .bind(id)
    .scalars()
    .await
}

/// A target of an earlier release, with what a new target needs.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PastRow {
    pub instance_id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub precedence: Option<String>,
    pub revision: i64,
    /// The release that locks the instance.
    pub release_id: Option<i64>,
    pub is_drained: bool,
    pub is_unhealthy: bool,
    pub maintenance: bool,
    #[sqlx(flatten)]
    pub past: PastTarget,
}

/// Returns the targets of a release, with their instances as they are now. `same` are the releases that move its instances
/// on its behalf; `instances` limits the answer if it is `Some`.
pub async fn targets(tx: &mut Tx, id: i64, same: &[i64], instances: Option<&[i64]>) -> Result<Vec<PastRow>> {
    let failures = TargetFailure::ALL.iter().filter(|(failure, ..)| failure.leaves() == Leaves::Failed);
    let failures: Vec<String> = failures.map(|(failure, ..)| failure.word().to_owned()).collect();
    tx.query(sql!(
        "SELECT t.instance_id, t.host_id, h.hostname, v.precedence, i.revision, o.release_id,
            i.drained_since IS NOT NULL AS is_drained,
            COALESCE(i.health = 'UNHEALTHY', false) AS is_unhealthy, i.maintenance,
            t.ordinal, t.started_at, t.from_version_id, t.to_version_id, t.from_status, t.status, t.failure,
            EXISTS (SELECT 1 FROM target_step s WHERE s.target_id = t.id AND s.name = 'RUN' AND s.started_at IS NOT NULL)
                AS ran,
            i.status AS instance_status, i.version_id,
            EXISTS (SELECT 1 FROM release_target x WHERE x.instance_id = t.instance_id AND x.id > t.id
                AND NOT (x.release_id {any $2})
                AND (x.status IN ('SUCCEEDED', 'UNKNOWN') OR (x.status = 'FAILED' AND x.failure {any $3}
                    AND EXISTS (SELECT 1 FROM target_step s
                        WHERE s.target_id = x.id AND s.name = 'RUN' AND s.started_at IS NOT NULL)))) AS moved_since,
            COALESCE(f.removed_at IS NOT NULL, false) AS from_removed,
            COALESCE(g.removed_at IS NOT NULL, false) AS to_removed,
            (h.removed_at IS NOT NULL OR EXISTS (SELECT 1 FROM instance p
                WHERE p.host_id = t.host_id AND p.service_id = i.service_id AND p.status <> 'REMOVED')) AS place_taken
         FROM release_target t
         JOIN instance i ON i.id = t.instance_id
         JOIN host h ON h.id = t.host_id
         LEFT JOIN version v ON v.id = i.version_id
         LEFT JOIN version f ON f.id = t.from_version_id
         LEFT JOIN version g ON g.id = t.to_version_id
         LEFT JOIN release_target o ON o.instance_id = t.instance_id AND {open o}
         WHERE t.release_id = $1"
    ))
    .bind(id)
    .bind(Ids(same))
    .bind(Texts(&failures))
    .filter(part!(" AND t.instance_id {any $}"), instances.map(Ids))
    .all()
    .await
}
