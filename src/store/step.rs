//! The steps of targets, recorded from the first start on.

use super::db::sql::Sql;
use super::{Json, Result, Tx};
use crate::domain::target::{MAX_MESSAGE_CHARS, TargetStep};
use crate::domain::{StepName, Timestamp, Word};
use serde_json::json;

/// Records which steps targets have, in this order, as waiting. A target that has steps keeps them.
pub async fn plan(tx: &mut Tx, steps: &[(i64, StepName)]) -> Result<()> {
    let rows: Vec<_> = steps.iter().map(|(target, name)| json!({ "target": target, "name": name.word() })).collect();
    tx.query(sql!(
        "INSERT INTO target_step (target_id, name, status)
         SELECT CAST(value ->> 'target' AS bigint), value ->> 'name', 'WAITING' FROM {items $1} WHERE true
         ON CONFLICT (target_id, name) DO NOTHING"
    ))
    .bind(Json(rows))
    .execute()
    .await?;
    Ok(())
}

/// Begins a step of each of these targets. A step that is repeated keeps the instant at which it began first.
pub async fn begin(tx: &mut Tx, at: Timestamp, steps: &[(i64, StepName)]) -> Result<()> {
    let rows: Vec<_> = steps.iter().map(|(target, name)| json!({ "target": target, "name": name.word() })).collect();
    tx.query(sql!(
        "UPDATE target_step SET status = 'RUNNING', started_at = COALESCE(started_at, $2), finished_at = NULL,
            failure = NULL, message = NULL, exit_status = NULL,
            output_before = COALESCE((SELECT o.place FROM release_target t
                JOIN release_output o ON o.release_id = t.release_id WHERE t.id = target_step.target_id), 0)
         FROM {items $1}
         WHERE target_step.target_id = CAST(value ->> 'target' AS bigint) AND target_step.name = value ->> 'name'"
    ))
    .bind(Json(rows))
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

/// Records how the step of each of these targets that is running ended.
pub async fn finish(tx: &mut Tx, at: Timestamp, ended: &[(i64, TargetStep)]) -> Result<()> {
    let rows: Vec<_> = ended
        .iter()
        .map(|(target, step)| {
            json!({
                "target": target, "name": step.name.word(), "status": step.status.word(),
                "failure": step.failure.map(Word::word), "message": step.message.as_deref().map(cut),
                "exit_status": step.exit_status,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE target_step SET status = value ->> 'status', failure = value ->> 'failure',
            message = value ->> 'message', exit_status = CAST(value ->> 'exit_status' AS bigint),
            finished_at = {later target_step.started_at, $2}
         FROM {items $1}
         WHERE target_step.target_id = CAST(value ->> 'target' AS bigint) AND target_step.name = value ->> 'name'"
    ))
    .bind(Json(rows))
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

/// A text as long as it may be stored.
pub(super) fn cut(message: &str) -> String {
    message.chars().take(MAX_MESSAGE_CHARS).collect()
}

/// A step, and its target.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StepRow {
    pub target_id: i64,
    #[sqlx(flatten)]
    pub step: TargetStep,
}

/// Reads the steps of targets, whose ids are to be bound, in their order as [`StepRow`]s.
pub fn of_targets() -> &'static Sql {
    sql!(
        "SELECT target_id, name, status, failure, message, exit_status FROM target_step
         WHERE target_id {any $1} ORDER BY id"
    )
}
