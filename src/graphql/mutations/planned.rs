//! The plan in the payloads of releases.

use super::prelude::*;
use crate::domain::release::plan::{Plan, PlanTarget, PlanWarning, VersionCount};
use crate::domain::release::waves::{Label, ResolvedWave};
use crate::domain::release::{Progress, WaveStatus};
use crate::graphql::types::{
    LABEL_ROW, PLAN, PLAN_TARGET_ROW, PLAN_WARNING_ROW, PROGRESS_ROW, ROLLOUT_ROW, VERSION_COUNT_ROW, WAVE_ROW,
};
use crate::read::declare::embedded;

pub(super) const PLAN_FIELD: Field = embedded(
    "plan",
    "What the release does, or would do on a dry run; null when there are user errors. In the answer to an earlier request, the plan of its release, without warnings.",
    &PLAN,
)
.present(ROLLOUT_ROW.on_failure);

/// Adds a plan, and the rollout that is a part of it, to the row of a payload.
pub(super) fn with_plan(answer: SuppliedRow, plan: Option<Plan>) -> SuppliedRow {
    let Some(plan) = plan else { return answer };
    let worst_case = plan.worst_case_failures();
    let Plan { rollout, waves, targets, warnings } = plan;
    answer
        .int(ROLLOUT_ROW.max_parallel, rollout.max_parallel)
        .int(ROLLOUT_ROW.max_failures, rollout.max_failures)
        .int(ROLLOUT_ROW.max_unreachable, rollout.max_unreachable)
        .word(ROLLOUT_ROW.on_failure, rollout.on_failure)
        .truth(ROLLOUT_ROW.withdraw_on_undo, rollout.withdraw_on_undo)
        .int(ROLLOUT_ROW.timeout_seconds, rollout.timeout_seconds)
        .int(ROLLOUT_ROW.deadline_seconds, rollout.deadline_seconds)
        .word(ROLLOUT_ROW.target_order, rollout.order)
        .rows(ROLLOUT_ROW.first, rollout.first.into_iter().map(|first| label(SuppliedRow::new(), first)).collect())
        .text(ROLLOUT_ROW.label_key, rollout.max_per_label.as_ref().map(|limit| limit.key.clone()))
        .int(ROLLOUT_ROW.label_count, rollout.max_per_label.map(|limit| limit.count))
        .int(PAYLOAD.worst_case_failures, worst_case)
        .rows(PAYLOAD.plan_waves, waves.into_iter().zip(1..).map(wave).collect())
        .rows(PAYLOAD.plan_warnings, warnings.into_iter().map(warning).collect())
        .rows(PAYLOAD.plan_targets, targets.into_iter().zip(1..).map(target).collect())
}

fn label(row: SuppliedRow, (key, value): Label) -> SuppliedRow {
    row.text(LABEL_ROW.key, key).text(LABEL_ROW.value, value)
}

/// A wave as it is when its release is accepted: nothing has started.
fn wave((wave, number): (ResolvedWave, i64)) -> SuppliedRow {
    let Progress { total, queued, running, succeeded, failed, canceled, unknown, skipped, unreachable, unhealthy } =
        Progress::accepted(wave.size, 0);
    let status = if number == 1 { WaveStatus::Running } else { WaveStatus::Waiting };
    let row = SuppliedRow::new()
        .int(WAVE_ROW.number, number)
        .int(WAVE_ROW.max_failures, wave.max_failures)
        .int(WAVE_ROW.soak_seconds, wave.soak_seconds)
        .truth(WAVE_ROW.pause_after, wave.pause_after)
        .word(WAVE_ROW.status, status)
        .int(PROGRESS_ROW.total, total)
        .int(PROGRESS_ROW.queued, queued)
        .int(PROGRESS_ROW.running, running)
        .int(PROGRESS_ROW.succeeded, succeeded)
        .int(PROGRESS_ROW.failed, failed)
        .int(PROGRESS_ROW.canceled, canceled)
        .int(PROGRESS_ROW.unknown, unknown)
        .int(PROGRESS_ROW.skipped, skipped)
        .int(PROGRESS_ROW.unreachable, unreachable)
        .int(PROGRESS_ROW.unhealthy, unhealthy);
    wave.label.into_iter().fold(row, label)
}

fn warning(PlanWarning { code, message, counts }: PlanWarning) -> SuppliedRow {
    let count = |VersionCount { version_id, count }: VersionCount| {
        SuppliedRow::new().int(VERSION_COUNT_ROW.version_id, version_id).int(VERSION_COUNT_ROW.count, count)
    };
    SuppliedRow::new()
        .word(PLAN_WARNING_ROW.code, code)
        .text(PLAN_WARNING_ROW.message, message)
        .rows(PLAN_WARNING_ROW.counts, counts.into_iter().map(count).collect())
}

fn target((target, place): (PlanTarget, i64)) -> SuppliedRow {
    SuppliedRow::new()
        .int(PLAN_TARGET_ROW.place, place)
        .int(PLAN_TARGET_ROW.host_id, target.host_id)
        .int(PLAN_TARGET_ROW.instance_id, target.instance_id)
        .int(PLAN_TARGET_ROW.wave, target.wave)
        .int(PLAN_TARGET_ROW.from_version_id, target.from_version_id)
        .int(PLAN_TARGET_ROW.to_version_id, target.to_version_id)
}
