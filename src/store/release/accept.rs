//! Releases as they are accepted: the release, its targets and what it left out.

use crate::domain::instance::InstanceStatus;
use crate::domain::release::rollout::Rollout;
use crate::domain::release::selection::{Holder, Skipped};
use crate::domain::release::{ReleaseAction, ReleaseOrigin, ReleaseStatus, SkipReason};
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::{Timestamp, Word};
use crate::store::{Ids, Json, Result, Tx};
use serde_json::json;

/// A release to be stored.
#[derive(Clone, Debug)]
pub struct NewRelease<'a> {
    pub service_id: i64,
    pub action: ReleaseAction,
    /// The version to which all targets are moved; `None` for an uninstallation, or if they differ.
    pub target_version_id: Option<i64>,
    pub origin: ReleaseOrigin,
    pub parent_id: Option<i64>,
    pub executor: &'a str,
    pub rollout: Rollout,
    pub reason: &'a str,
    pub idempotency_key: Option<&'a str>,
    pub created_by: &'a str,
    pub created_at: Timestamp,
    pub total: i64,
    pub skipped: i64,
}

/// A target to be stored.
#[derive(Clone, Debug)]
pub struct NewTarget {
    pub instance_id: i64,
    pub host_id: i64,
    pub from_version_id: Option<i64>,
    pub to_version_id: Option<i64>,
    /// The status to which the instance returns if the target is canceled.
    pub from_status: InstanceStatus,
}

/// Stores a release that has not started, with its first revision, and returns its id. Its position is that of the newest
/// event: all events of the release come after it.
pub async fn insert(tx: &mut Tx, new: &NewRelease<'_>) -> Result<i64> {
    let id = tx
        .query(sql!(
            "INSERT INTO release (service_id, action, target_version_id, origin, parent_id, executor, max_parallel,
                max_failures, on_failure, timeout_seconds, status, reason, idempotency_key, created_at, created_by,
                revision, position, total, queued, running, succeeded, failed, canceled, unknown, skipped)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                1, position, $16, $16, 0, 0, 0, 0, 0, $17 FROM event_log
             RETURNING id"
        ))
        .bind(new.service_id)
        .bind(new.action)
        .bind(new.target_version_id)
        .bind(new.origin)
        .bind(new.parent_id)
        .bind(new.executor)
        .bind(new.rollout.max_parallel)
        .bind(new.rollout.max_failures)
        .bind(new.rollout.on_failure)
        .bind(new.rollout.timeout_seconds)
        .bind(ReleaseStatus::Pending)
        .bind(new.reason)
        .bind(new.idempotency_key)
        .bind(new.created_at)
        .bind(new.created_by)
        .bind(new.total)
        .bind(new.skipped)
        .scalar()
        .await?;
    tx.query(sql!("INSERT INTO release_output (release_id) VALUES ($1)")).bind(id).execute().await?;
    Ok(id)
}

/// Stores the targets of a release, queued in this order, for this executor (R18). Returns their ids in the same order.
pub async fn insert_targets(
    tx: &mut Tx,
    release_id: i64,
    executor: &str,
    shares_host: bool,
    targets: &[NewTarget],
) -> Result<Vec<i64>> {
    let rows: Vec<_> = targets
        .iter()
        .zip(1..)
        .map(|(target, ordinal)| {
            json!({
                "ordinal": ordinal, "instance_id": target.instance_id, "host_id": target.host_id,
                "from_version_id": target.from_version_id, "to_version_id": target.to_version_id,
                "from_status": target.from_status.word(),
            })
        })
        .collect();
    let mut made: Vec<(i64, i64)> = tx
        .query(sql!(
            "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, from_version_id, to_version_id,
                from_status, executor, shares_host, status)
             SELECT $1, CAST(value ->> 'ordinal' AS bigint), CAST(value ->> 'instance_id' AS bigint),
                CAST(value ->> 'host_id' AS bigint), CAST(value ->> 'from_version_id' AS bigint),
                CAST(value ->> 'to_version_id' AS bigint), value ->> 'from_status', $2, $3, $4
             FROM {items $5} ORDER BY 2
             RETURNING ordinal, id"
        ))
        .bind(release_id)
        .bind(executor)
        .bind(shares_host)
        .bind(ReleaseTargetStatus::Queued)
        .bind(Json(rows))
        .all()
        .await?;
    made.sort_unstable();
    Ok(made.into_iter().map(|(_, id)| id).collect())
}

/// Stores the instances that a release skipped, in this order, and what locked them (R9).
pub async fn insert_skipped(tx: &mut Tx, release_id: i64, skipped: &[Skipped]) -> Result<()> {
    let rows: Vec<_> = skipped
        .iter()
        .zip(1..)
        .map(|(skip, place)| json!({ "place": place, "instance_id": skip.instance_id, "reason": skip.reason.word() }))
        .collect();
    tx.query(sql!(
        "INSERT INTO release_skip (release_id, instance_id, reason)
         SELECT $1, CAST(value ->> 'instance_id' AS bigint), value ->> 'reason' FROM {items $2}
         ORDER BY CAST(value ->> 'place' AS bigint)"
    ))
    .bind(release_id)
    .bind(Json(rows))
    .execute()
    .await?;
    let locks: Vec<_> = skipped
        .iter()
        .flat_map(|skip| skip.locks.iter().map(|holder| (skip.instance_id, *holder)))
        .zip(1..)
        .map(|((instance_id, holder), place)| match holder {
            Holder::Release(id) => json!({ "place": place, "instance_id": instance_id, "release_id": id }),
            Holder::Hold(id) => json!({ "place": place, "instance_id": instance_id, "hold_id": id }),
        })
        .collect();
    tx.query(sql!(
        "INSERT INTO release_skip_lock (release_skip_id, holder_release_id, holder_hold_id)
         SELECT s.id, CAST(item.value ->> 'release_id' AS bigint), CAST(item.value ->> 'hold_id' AS bigint)
         FROM {items $2} JOIN release_skip s
            ON s.release_id = $1 AND s.instance_id = CAST(item.value ->> 'instance_id' AS bigint)
         ORDER BY CAST(item.value ->> 'place' AS bigint)"
    ))
    .bind(release_id)
    .bind(Json(locks))
    .execute()
    .await?;
    Ok(())
}

/// Records which holds and freezes a release was let through (R17).
pub async fn insert_through(tx: &mut Tx, release_id: i64, hold_ids: &[i64]) -> Result<()> {
    tx.query(sql!(
        "INSERT INTO release_through (release_id, hold_id) SELECT CAST($1 AS bigint), id FROM hold WHERE id {any $2}"
    ))
    .bind(release_id)
    .bind(Ids(hold_ids))
    .execute()
    .await?;
    Ok(())
}

/// Returns the instances and hosts of a release's targets, in their order.
pub async fn accepted(tx: &mut Tx, release_id: i64) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!("SELECT instance_id, host_id FROM release_target WHERE release_id = $1 ORDER BY ordinal"))
        .bind(release_id)
        .all()
        .await
}

/// Returns the instances that a release skipped, in the order in which they were stored.
pub async fn skipped(tx: &mut Tx, release_id: i64) -> Result<Vec<Skipped>> {
    let rows: Vec<(i64, SkipReason, Option<i64>, Option<i64>)> = tx
        .query(sql!(
            "SELECT s.instance_id, s.reason, l.holder_release_id, l.holder_hold_id
             FROM release_skip s LEFT JOIN release_skip_lock l ON l.release_skip_id = s.id
             WHERE s.release_id = $1 ORDER BY s.id, l.id"
        ))
        .bind(release_id)
        .all()
        .await?;
    let mut skipped: Vec<Skipped> = Vec::new();
    for (instance_id, reason, release, hold) in rows {
        if skipped.last().is_none_or(|last| last.instance_id != instance_id) {
            skipped.push(Skipped { instance_id, reason, locks: Vec::new() });
        }
        let holder = release.map(Holder::Release).or(hold.map(Holder::Hold));
        if let (Some(last), Some(holder)) = (skipped.last_mut(), holder) {
            last.locks.push(holder);
        }
    }
    Ok(skipped)
}
