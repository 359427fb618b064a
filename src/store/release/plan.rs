//! The plan of a release that was recorded.

use crate::domain::release::OnFailure;
use crate::domain::release::plan::{Plan, PlanTarget};
use crate::domain::release::rollout::{PerLabel, Rollout, RolloutOrder};
use crate::domain::release::waves::{Label, ResolvedWave};
use crate::store::{Result, Tx};

#[derive(sqlx::FromRow)]
struct RolloutRow {
    max_parallel: i64,
    max_failures: i64,
    max_unreachable: i64,
    on_failure: OnFailure,
    withdraw_on_undo: bool,
    timeout_seconds: i64,
    deadline_seconds: i64,
    target_order: RolloutOrder,
    label_key: Option<String>,
    label_count: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct WaveRow {
    total: i64,
    max_failures: Option<i64>,
    soak_seconds: i64,
    pause_after: bool,
    key: Option<String>,
    value: Option<String>,
}

/// Returns how a release was planned, without warnings, or `None` if it does not exist.
pub async fn plan(tx: &mut Tx, release_id: i64) -> Result<Option<Plan>> {
    let row: Option<RolloutRow> = tx
        .query(sql!(
            "SELECT max_parallel, max_failures, max_unreachable, on_failure, withdraw_on_undo, timeout_seconds,
                deadline_seconds, target_order, label_key, label_count
             FROM release WHERE id = $1"
        ))
        .bind(release_id)
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let first: Vec<Label> = tx
        .query(sql!("SELECT key, value FROM release_first_label WHERE release_id = $1 ORDER BY place"))
        .bind(release_id)
        .all()
        .await?;
    let waves: Vec<WaveRow> = tx
        .query(sql!(
            "SELECT total, max_failures, soak_seconds, pause_after, key, value FROM release_wave
             WHERE release_id = $1 ORDER BY number"
        ))
        .bind(release_id)
        .all()
        .await?;
    let targets: Vec<PlanTarget> = tx
        .query(sql!(
            "SELECT host_id, instance_id, wave, from_version_id, to_version_id FROM release_target
             WHERE release_id = $1 ORDER BY ordinal"
        ))
        .bind(release_id)
        .all()
        .await?;
    let rollout = Rollout {
        max_parallel: row.max_parallel,
        max_failures: row.max_failures,
        max_unreachable: row.max_unreachable,
        on_failure: row.on_failure,
        withdraw_on_undo: row.withdraw_on_undo,
        timeout_seconds: row.timeout_seconds,
        deadline_seconds: row.deadline_seconds,
        order: row.target_order,
        first,
        max_per_label: row.label_key.zip(row.label_count).map(|(key, count)| PerLabel { key, count }),
    };
    let waves = waves.into_iter().map(WaveRow::resolved).collect();
    Ok(Some(Plan { rollout, waves, targets, warnings: Vec::new() }))
}

impl WaveRow {
    fn resolved(self) -> ResolvedWave {
        ResolvedWave {
            size: self.total,
            max_failures: self.max_failures,
            soak_seconds: self.soak_seconds,
            pause_after: self.pause_after,
            label: self.key.zip(self.value),
        }
    }
}
