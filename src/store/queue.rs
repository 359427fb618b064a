//! The queue: finding targets that are candidates for a start, and starting them. The rows of targets are the queue.

use super::{Db, Ids, Json, Result, Texts, Tx};
use crate::domain::order::Order;
use crate::domain::release::UnderWay;
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::{Step, Timestamp};

/// A queued target `t` whose host is not busy (R18).
macro_rules! has_free_host {
    () => {
        "t.status = 'QUEUED' AND (t.shares_host OR NOT EXISTS (SELECT 1 FROM release_target busy
            WHERE busy.host_id = t.host_id AND busy.status = 'RUNNING' AND NOT busy.shares_host))"
    };
}

/// An open release with a queued target whose host is not busy.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Candidate {
    pub id: i64,
    #[sqlx(flatten)]
    pub under_way: UnderWay,
}

/// Returns the oldest candidates for these executors, at most `limit`, whose id is greater than `after`. Whether their
/// targets may start is not decided here. Each release is asked for its own targets: PostgreSQL has no statistics of a
/// queue that is new, and could read all of it for each release.
pub async fn candidates(db: &Db, executors: &[String], after: i64, limit: i64) -> Result<Vec<Candidate>> {
    db.query(sql!(concat!(
        "SELECT r.id, r.status, r.max_parallel, r.max_failures, r.on_failure, r.total, r.queued, r.running, r.succeeded,
            r.failed, r.canceled, r.unknown, r.skipped
         FROM release r
         WHERE r.finished_at IS NULL AND r.queued > 0 AND r.executor {any $1} AND r.id > $2
            AND (SELECT t.id FROM release_target t WHERE t.release_id = r.id AND ",
        has_free_host!(),
        " LIMIT 1) IS NOT NULL
         ORDER BY r.id LIMIT $3"
    )))
    .bind(Texts(executors))
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// A queued target whose host is not busy.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Queued {
    pub id: i64,
    pub release_id: i64,
    pub ordinal: i64,
    pub instance_id: i64,
    pub host_id: i64,
    pub shares_host: bool,
}

/// Returns the first queued targets of these releases whose hosts are not busy (R18), by ordinal, at most `limit` of
/// each. One text, however many releases there are: SQLite unites 500 statements at most.
pub async fn first_queued(tx: &mut Tx, releases: &[i64], limit: i64) -> Result<Vec<Queued>> {
    tx.query(sql!(concat!(
        "SELECT first.id, first.release_id, first.ordinal, first.instance_id, first.host_id, first.shares_host
         FROM {items $1} JOIN release_target first ON first.id
            {among SELECT t.id FROM release_target t WHERE t.release_id = CAST(item.value AS bigint) AND ",
        has_free_host!(),
        " ORDER BY t.ordinal LIMIT $2}
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

/// Returns those of these hosts on which a command runs that does not share its host.
pub async fn busy_hosts(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!(
        "SELECT host_id FROM release_target WHERE host_id {any $1} AND status = 'RUNNING' AND NOT shares_host"
    ))
    .bind(Ids(ids))
    .scalars()
    .await
}

/// Starts a step of targets, which are queued or, after an interruption, running, each with the fence of its instance.
pub async fn begin(tx: &mut Tx, at: Timestamp, worker_id: i64, step: Step, targets: &[i64]) -> Result<()> {
    tx.query(sql!(
        "UPDATE release_target SET status = $4, attempt = attempt + 1, step = $5, worker_id = $2, begun_by = $2,
            started_at = {later $3, (SELECT r.created_at FROM release r WHERE r.id = release_target.release_id)},
            fence = (SELECT i.fence FROM instance i WHERE i.id = release_target.instance_id),
            begun_fence = (SELECT i.fence FROM instance i WHERE i.id = release_target.instance_id)
         WHERE id {any $1}"
    ))
    .bind(Ids(targets))
    .bind(worker_id)
    .bind(at)
    .bind(ReleaseTargetStatus::Running)
    .bind(step)
    .execute()
    .await?;
    Ok(())
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
}

macro_rules! claimed {
    ($condition:literal) => {
        sql!(concat!(
            "SELECT t.id AS target_id, t.release_id, t.instance_id, t.executor, r.timeout_seconds, t.attempt, t.step, t.fence,
                r.action, s.name AS service, v.name AS version, v.artifact, v.ref AS reference,
                p.name AS previous_version, h.hostname, h.address AS host_address, i.port, i.tag,
                b.state_dir AS begun_in
             FROM release_target t
             JOIN release r ON r.id = t.release_id
             JOIN service s ON s.id = r.service_id
             JOIN instance i ON i.id = t.instance_id
             JOIN host h ON h.id = t.host_id
             LEFT JOIN version v ON v.id = t.to_version_id
             LEFT JOIN version p ON p.id = t.from_version_id
             LEFT JOIN worker b ON b.id = t.begun_by AND t.begun_fence = t.fence
             WHERE ",
            $condition
        ))
    };
}

/// Returns those of these targets that are running.
pub async fn claimed(tx: &mut Tx, targets: &[i64]) -> Result<Vec<Claimed>> {
    tx.query(claimed!("t.id {any $1} AND t.status = 'RUNNING' ORDER BY t.id")).bind(Ids(targets)).all().await
}

/// Returns all targets that this worker runs.
pub async fn claimed_by(db: &Db, worker_id: i64) -> Result<Vec<Claimed>> {
    db.query(claimed!("t.worker_id = $1 AND t.status = 'RUNNING' ORDER BY t.id")).bind(worker_id).all().await
}
