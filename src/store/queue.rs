//! The queue: finding targets that are candidates for a start, and starting them. The rows of targets are the queue.

use super::release::under_way;
use super::step::{self, StepRow};
use super::{Db, Ids, Json, Result, Texts, Tx};
use crate::domain::order::{HostIdentity, Order};
use crate::domain::release::UnderWay;
use crate::domain::target::{ReleaseTargetStatus, TargetStep};
use crate::domain::{StepName, Timestamp, Word};
use serde_json::json;
use std::collections::HashMap;

/// Is one of the workers that have not ended.
macro_rules! alive {
    () => {
        "IN (SELECT w.id FROM worker w WHERE w.ended_at IS NULL)"
    };
}
pub(super) use alive;

/// A queued target `t` whose host is not busy (R18).
macro_rules! has_free_host {
    () => {
        "t.status = 'QUEUED' AND (t.shares_host OR NOT EXISTS (SELECT 1 FROM release_target busy
            WHERE busy.host_id = t.host_id AND busy.status = 'RUNNING' AND NOT busy.shares_host))
         AND NOT EXISTS (SELECT 1 FROM instance u WHERE u.host_id = t.host_id
            AND u.undrain_worker_id IN (SELECT w.id FROM worker w WHERE w.ended_at IS NULL))"
    };
}

/// An open release that is not paused, with a queued target of its present wave whose host is not busy.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Candidate {
    pub id: i64,
    pub service_id: i64,
    /// Whether the service has a budget (R20).
    pub has_budget: bool,
    /// Whether the release has a limit for a label (R20).
    pub has_label_limit: bool,
    #[sqlx(flatten)]
    pub under_way: UnderWay,
}

impl Candidate {
    /// Whether more than its rollout and its hosts decides which of its targets may start.
    pub fn is_limited(&self) -> bool {
        self.has_budget || self.has_label_limit
    }
}

/// Returns the oldest candidates for these executors, at most `limit`, whose id is greater than `after`; only those that undo
/// another release if `only_undos`. Whether their
/// targets may start is not decided here. There are none while the fleet is suspended. Each release is asked for its own
/// targets: PostgreSQL has no statistics of a queue that is new, and could read all of it for each release.
pub async fn candidates(
    db: &Db,
    executors: &[String],
    only_undos: bool,
    after: i64,
    limit: i64,
) -> Result<Vec<Candidate>> {
    db.query(sql!(concat!(
        "SELECT r.id, r.service_id, EXISTS (SELECT 1 FROM service_budget b WHERE b.service_id = r.service_id) AS has_budget,
            r.label_key IS NOT NULL AS has_label_limit, ",
        under_way!(),
        " FROM release r
         WHERE r.finished_at IS NULL AND r.queued > 0 AND r.pause_reason IS NULL AND r.executor {any $1} AND r.id > $2
            AND (r.origin = 'UNDO' OR NOT $4) AND EXISTS (SELECT 1 FROM fleet WHERE suspension_id IS NULL)
            AND (SELECT t.id FROM release_target t WHERE t.release_id = r.id AND t.wave <= r.wave AND ",
        has_free_host!(),
        " LIMIT 1) IS NOT NULL
         ORDER BY r.id LIMIT $3"
    )))
    .bind(Texts(executors))
    .bind(after)
    .bind(limit)
    .bind(only_undos)
    .all()
    .await
}

/// A queued target whose host is not busy.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Queued {
    pub id: i64,
    pub release_id: i64,
    pub wave: i64,
    pub ordinal: i64,
    pub instance_id: i64,
    pub host_id: i64,
    pub shares_host: bool,
}

/// Returns the first queued targets of these releases whose hosts are not busy (R18), by ordinal, at most `limit` of
/// each. One text, however many releases there are: SQLite unites 500 statements at most.
pub async fn first_queued(tx: &mut Tx, releases: &[i64], limit: i64) -> Result<Vec<Queued>> {
    tx.query(sql!(concat!(
        "SELECT first.id, first.release_id, first.wave, first.ordinal, first.instance_id, first.host_id, first.shares_host
         FROM {items $1} JOIN release_target first ON first.id
            {among SELECT t.id FROM release_target t WHERE t.release_id = CAST(item.value AS bigint) AND ",
        has_free_host!(),
        " ORDER BY t.wave, t.ordinal LIMIT $2}
         ORDER BY first.release_id, first.ordinal"
    )))
    .bind(Json(releases))
    .bind(limit)
    .all()
    .await
}

/// Locks hosts, except for those that another claim has locked. Returns those that it locked.
pub async fn lock_free_hosts(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM host WHERE id {any $1} ORDER BY id {skip_locked}")).bind(Ids(ids)).scalars().await
}

/// Returns those of these hosts on which a command runs that does not share its host, or an instance is put back into
/// service.
pub async fn busy_hosts(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!(concat!(
        "SELECT host_id FROM release_target WHERE host_id {any $1} AND status = 'RUNNING' AND NOT shares_host
         UNION SELECT u.host_id FROM instance u WHERE u.host_id {any $1} AND u.undrain_worker_id ",
        alive!()
    )))
    .bind(Ids(ids))
    .scalars()
    .await
}

/// Starts targets at these steps. They are queued or, after an interruption, running; each gets the fence of its instance.
pub async fn begin(tx: &mut Tx, at: Timestamp, worker_id: i64, steps: &[(i64, StepName)]) -> Result<()> {
    let rows: Vec<_> = steps.iter().map(|(target, step)| json!({ "target": target, "step": step.word() })).collect();
    tx.query(sql!(
        "UPDATE release_target SET status = $4, attempt = attempt + 1, step = value ->> 'step', worker_id = $2,
            begun_by = $2,
            started_at = {later $3, (SELECT r.created_at FROM release r WHERE r.id = release_target.release_id)},
            fence = (SELECT i.fence FROM instance i WHERE i.id = release_target.instance_id),
            begun_fence = (SELECT i.fence FROM instance i WHERE i.id = release_target.instance_id)
         FROM {items $1} WHERE release_target.id = CAST(value ->> 'target' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(worker_id)
    .bind(at)
    .bind(ReleaseTargetStatus::Running)
    .execute()
    .await?;
    step::begin(tx, at, steps).await
}

/// A target's next step, and where its host is if the step before found that out.
pub struct NextStep {
    pub target_id: i64,
    pub step: StepName,
    pub place: Option<HostIdentity>,
}

/// Lets running targets go on with their next steps, within the same start.
pub async fn advance(tx: &mut Tx, at: Timestamp, worker_id: i64, steps: &[NextStep]) -> Result<()> {
    let rows: Vec<_> = steps
        .iter()
        .map(|next| {
            let place = next.place.clone().unwrap_or_default();
            json!({
                "target": next.target_id, "step": next.step.word(), "boot_id": place.boot_id, "state_id": place.state_id,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE release_target SET step = value ->> 'step', begun_by = $2, begun_fence = fence,
            boot_id = COALESCE(value ->> 'boot_id', boot_id), state_id = COALESCE(value ->> 'state_id', state_id)
         FROM {items $1} WHERE release_target.id = CAST(value ->> 'target' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(worker_id)
    .execute()
    .await?;
    let begun: Vec<(i64, StepName)> = steps.iter().map(|next| (next.target_id, next.step)).collect();
    step::begin(tx, at, &begun).await
}

/// A running target, and what its worker needs to carry it out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Claimed {
    #[sqlx(flatten)]
    pub order: Order,
    pub executor: String,
    pub timeout_seconds: i64,
    /// The state directory of the worker that made this start, which may be another than the one that runs the target now.
    pub begun_in: Option<String>,
    /// Whether this target took its instance, which was in service before, out of service.
    pub drained_here: bool,
    /// All its steps, in their order.
    #[sqlx(skip)]
    pub steps: Vec<TargetStep>,
}

macro_rules! claimed {
    ($condition:literal) => {
        sql!(concat!(
            "SELECT t.id AS target_id, t.release_id, t.instance_id, t.executor, r.timeout_seconds, t.attempt, t.step, t.fence,
                t.boot_id, t.state_id,
                r.action, s.name AS service, v.name AS version, v.artifact, v.ref AS reference,
                p.name AS previous_version, h.hostname, h.address AS host_address, i.port, i.tag,
                b.state_dir AS begun_in, COALESCE(i.drained_since = d.started_at, false) AS drained_here
             FROM release_target t
             JOIN release r ON r.id = t.release_id
             JOIN service s ON s.id = r.service_id
             JOIN instance i ON i.id = t.instance_id
             JOIN host h ON h.id = t.host_id
             LEFT JOIN version v ON v.id = t.to_version_id
             LEFT JOIN version p ON p.id = t.from_version_id
             LEFT JOIN worker b ON b.id = t.begun_by AND t.begun_fence = t.fence
             LEFT JOIN target_step d ON d.target_id = t.id AND d.name = 'DRAIN'
             WHERE ",
            $condition
        ))
    };
}

/// Returns those of these targets that are running.
pub async fn claimed(tx: &mut Tx, targets: &[i64]) -> Result<Vec<Claimed>> {
    let claimed = tx.query(claimed!("t.id {any $1} AND t.status = 'RUNNING' ORDER BY t.id"));
    let claimed: Vec<Claimed> = claimed.bind(Ids(targets)).all().await?;
    let steps = tx.query(step::of_targets()).bind(Ids(&ids(&claimed))).all().await?;
    Ok(with_steps(claimed, steps))
}

/// Returns all targets that this worker runs. Nobody else changes their steps.
pub async fn claimed_by(db: &Db, worker_id: i64) -> Result<Vec<Claimed>> {
    let claimed = db.query(claimed!("t.worker_id = $1 AND t.status = 'RUNNING' ORDER BY t.id"));
    let claimed: Vec<Claimed> = claimed.bind(worker_id).all().await?;
    let steps = db.query(step::of_targets()).bind(Ids(&ids(&claimed))).all().await?;
    Ok(with_steps(claimed, steps))
}

/// Returns the newest target of each of these instances that has begun, as the order to put its instance back into service,
/// with the fence that the instance has now.
pub async fn to_undrain(tx: &mut Tx, instances: &[i64]) -> Result<Vec<Claimed>> {
    let newest = tx.query(claimed!(
        "t.id IN (SELECT max(l.id) FROM release_target l WHERE l.instance_id {any $1} AND l.step IS NOT NULL
            GROUP BY l.instance_id) ORDER BY t.id"
    ));
    let mut newest: Vec<Claimed> = newest.bind(Ids(instances)).all().await?;
    let fences = tx.query(sql!("SELECT id, fence FROM instance WHERE id {any $1}"));
    let fences: HashMap<i64, i64> = fences.bind(Ids(instances)).all::<(i64, i64)>().await?.into_iter().collect();
    for Claimed { order, .. } in &mut newest {
        order.step = StepName::Undrain;
        order.fence = fences.get(&order.instance_id).copied().unwrap_or(order.fence);
    }
    Ok(newest)
}

fn ids(claimed: &[Claimed]) -> Vec<i64> {
    claimed.iter().map(|claimed| claimed.order.target_id).collect()
}

fn with_steps(mut claimed: Vec<Claimed>, steps: Vec<StepRow>) -> Vec<Claimed> {
    for StepRow { target_id, step } in steps {
        if let Some(target) = claimed.iter_mut().find(|claimed| claimed.order.target_id == target_id) {
            target.steps.push(step);
        }
    }
    claimed
}
