//! Releases as they are accepted: the release, its targets and what it left out.

use crate::domain::instance::InstanceStatus;
use crate::domain::release::deadline::Deadline;
use crate::domain::release::rollout::{Rollout, RolloutOverrides};
use crate::domain::release::selection::{Holder, Skipped};
use crate::domain::release::waves::{Label, ResolvedWave, numbers};
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
    pub rollout: &'a Rollout,
    /// The rollout as it was asked for.
    pub requested: &'a RolloutOverrides,
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
    let deadline = Deadline::set(new.created_at, new.rollout.deadline_seconds, new.created_at);
    let id = tx
        .query(sql!(
            "INSERT INTO release (service_id, action, target_version_id, origin, parent_id, executor, max_parallel,
                max_failures, on_failure, withdraw_on_undo, timeout_seconds, status, reason, idempotency_key, created_at, created_by,
                max_unreachable, target_order, requested_rollout, deadline_seconds, deadline_at, deadline_event_at,
                label_key, label_count, revision, position, total, queued, running, succeeded, failed, canceled, unknown, skipped)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $24, $10, $11, $12, $13, $14, $15,
                $18, $19, $20, $21, $22, $23, $25, $26, 1, position, $16, $16, 0, 0, 0, 0, 0, $17 FROM event_log
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
        .bind(new.rollout.max_unreachable)
        .bind(new.rollout.order)
        .bind(Json(new.requested))
        .bind(new.rollout.deadline_seconds)
        .bind(deadline.at)
        .bind(deadline.event_at)
        .bind(new.rollout.withdraw_on_undo)
        .bind(new.rollout.max_per_label.as_ref().map(|limit| limit.key.as_str()))
        .bind(new.rollout.max_per_label.as_ref().map(|limit| limit.count))
        .scalar()
        .await?;
    insert_first_labels(tx, id, &new.rollout.first).await?;
    tx.query(sql!("INSERT INTO release_output (release_id) VALUES ($1)")).bind(id).execute().await?;
    Ok(id)
}

async fn insert_first_labels(tx: &mut Tx, release_id: i64, labels: &[Label]) -> Result<()> {
    if labels.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = labels
        .iter()
        .zip(1..)
        .map(|((key, value), place)| json!({ "place": place, "key": key, "value": value }))
        .collect();
    tx.query(sql!(
        "INSERT INTO release_first_label (release_id, place, key, value)
         SELECT $1, CAST(item.value ->> 'place' AS bigint), item.value ->> 'key', item.value ->> 'value' FROM {items $2}"
    ))
    .bind(release_id)
    .bind(Json(rows))
    .execute()
    .await?;
    Ok(())
}

/// Stores the waves of a release, in this order, with all their targets queued (R19).
pub async fn insert_waves(tx: &mut Tx, release_id: i64, waves: &[ResolvedWave]) -> Result<()> {
    let rows: Vec<_> = waves
        .iter()
        .zip(1..)
        .map(|(wave, number)| {
            let (key, value) = wave.label.as_ref().map(|(key, value)| (key, value)).unzip();
            json!({
                "number": number, "total": wave.size, "max_failures": wave.max_failures,
                "soak_seconds": wave.soak_seconds, "pause_after": wave.pause_after, "key": key, "value": value,
            })
        })
        .collect();
    tx.query(sql!(
        "INSERT INTO release_wave (release_id, number, total, queued, max_failures, soak_seconds, pause_after, key, value)
         SELECT $1, CAST(item.value ->> 'number' AS bigint), CAST(item.value ->> 'total' AS bigint),
            CAST(item.value ->> 'total' AS bigint), CAST(item.value ->> 'max_failures' AS bigint),
            CAST(item.value ->> 'soak_seconds' AS bigint), {bool item.value ->> 'pause_after'}, item.value ->> 'key',
            item.value ->> 'value'
         FROM {items $2} ORDER BY 2"
    ))
    .bind(release_id)
    .bind(Json(rows))
    .execute()
    .await?;
    Ok(())
}

/// Stores the targets of a release, queued in this order, for this executor, which may share its hosts (R18). The waves take them in the same order
/// (R19). Returns their ids in the same order.
pub async fn insert_targets(
    tx: &mut Tx,
    release_id: i64,
    (executor, shares_host): (&str, bool),
    waves: &[ResolvedWave],
    targets: &[NewTarget],
) -> Result<Vec<i64>> {
    let rows: Vec<_> = targets
        .iter()
        .zip(1..)
        .zip(numbers(waves))
        .map(|((target, ordinal), wave)| {
            json!({
                "ordinal": ordinal, "wave": wave, "instance_id": target.instance_id, "host_id": target.host_id,
                "from_version_id": target.from_version_id, "to_version_id": target.to_version_id,
                "from_status": target.from_status.word(),
            })
        })
        .collect();
    let mut made: Vec<(i64, i64)> = tx
        .query(sql!(
            "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, from_version_id, to_version_id,
                from_status, executor, shares_host, status, wave)
             SELECT $1, CAST(item.value ->> 'ordinal' AS bigint), CAST(item.value ->> 'instance_id' AS bigint),
                CAST(item.value ->> 'host_id' AS bigint), CAST(item.value ->> 'from_version_id' AS bigint),
                CAST(item.value ->> 'to_version_id' AS bigint), item.value ->> 'from_status', $2, $3, $4,
                CAST(item.value ->> 'wave' AS bigint)
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
         SELECT $1, CAST(item.value ->> 'instance_id' AS bigint), item.value ->> 'reason' FROM {items $2}
         ORDER BY CAST(item.value ->> 'place' AS bigint)"
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
