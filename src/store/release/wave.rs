//! The waves of releases that are locked.

use crate::domain::release::Wave;
use crate::store::{Ids, Json, Result, Tx};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct WaveRow {
    release_id: i64,
    #[sqlx(flatten)]
    wave: Wave,
}

/// Returns the waves of these releases, each release's in their order.
pub async fn of_releases(tx: &mut Tx, releases: &[i64]) -> Result<BTreeMap<i64, Vec<Wave>>> {
    let rows: Vec<WaveRow> = tx
        .query(sql!(
            "SELECT release_id, number, max_failures, soak_seconds, pause_after, ended_at, soak_until, forgiven_failures,
                total, queued, running, succeeded, failed, canceled, unknown, skipped, unreachable, unhealthy
             FROM release_wave WHERE release_id {any $1} ORDER BY release_id, number"
        ))
        .bind(Ids(releases))
        .all()
        .await?;
    let mut waves: BTreeMap<i64, Vec<Wave>> = BTreeMap::new();
    for WaveRow { release_id, wave } in rows {
        waves.entry(release_id).or_default().push(wave);
    }
    Ok(waves)
}

/// Saves the new states of waves, each with the id of its release, which is locked.
pub async fn save(tx: &mut Tx, waves: &[(i64, Wave)]) -> Result<()> {
    let rows: Vec<_> = waves
        .iter()
        .map(|(release, wave)| {
            let progress = wave.progress;
            json!({
                "release": release, "number": wave.number, "ended_at": wave.ended_at.map(|at| at.0),
                "soak_until": wave.soak_until.map(|at| at.0), "forgiven_failures": wave.forgiven_failures,
                "queued": progress.queued, "running": progress.running, "succeeded": progress.succeeded,
                "failed": progress.failed, "canceled": progress.canceled, "unknown": progress.unknown,
                "unreachable": progress.unreachable, "unhealthy": progress.unhealthy,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE release_wave SET ended_at = {instant item.value ->> 'ended_at'},
            soak_until = {instant item.value ->> 'soak_until'},
            forgiven_failures = CAST(item.value ->> 'forgiven_failures' AS bigint),
            queued = CAST(item.value ->> 'queued' AS bigint), running = CAST(item.value ->> 'running' AS bigint),
            succeeded = CAST(item.value ->> 'succeeded' AS bigint), failed = CAST(item.value ->> 'failed' AS bigint),
            canceled = CAST(item.value ->> 'canceled' AS bigint), unknown = CAST(item.value ->> 'unknown' AS bigint),
            unreachable = CAST(item.value ->> 'unreachable' AS bigint),
            unhealthy = CAST(item.value ->> 'unhealthy' AS bigint)
         FROM {items $1}
         WHERE release_wave.release_id = CAST(item.value ->> 'release' AS bigint)
            AND release_wave.number = CAST(item.value ->> 'number' AS bigint)"
    ))
    .bind(Json(rows))
    .execute()
    .await?;
    Ok(())
}
