//! Workers and their leases. A lease is a beat: another worker that sees it unchanged for too long, by its own clock,
//! declares the worker dead.

use super::{Db, Ids, Json, Result, Texts, Tx};
use crate::domain::Timestamp;

/// The worker `w` is alive and has this executor. Names of executors have no quotes.
macro_rules! serves {
    ($executor:literal) => {
        concat!("w.ended_at IS NULL AND {position CAST(w.executors AS text), '\"' || ", $executor, " || '\"'} > 0")
    };
}
pub(crate) use serves;

/// A worker that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Worker {
    pub id: i64,
    pub name: String,
    pub state_dir: String,
    pub beat: i64,
    /// How long its beat may stay unchanged, in milliseconds.
    pub lease_ms: i64,
    /// How long its commands may take to end once they are asked to, in milliseconds.
    pub grace_ms: i64,
}

/// A worker as another one sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Other {
    #[sqlx(flatten)]
    pub worker: Worker,
    pub has_ended: bool,
    /// Whether it runs targets of executors that the other one has.
    pub has_own: bool,
    /// How long its commands may go on without it, in milliseconds.
    pub orphan_ms: i64,
}

/// A worker that is registered.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    pub name: &'a str,
    pub state_dir: &'a str,
    /// The names of its executors.
    pub executors: &'a [&'a str],
    /// How many targets it carries out at a time.
    pub max_targets: i64,
    /// As in [`Worker`], in milliseconds.
    pub lease_ms: i64,
    /// As in [`Worker`], in milliseconds.
    pub grace_ms: i64,
    /// As in [`Other`], in milliseconds.
    pub orphan_ms: i64,
}

/// Registers a worker, and returns its id.
pub async fn register(db: &Db, worker: &Registration<'_>) -> Result<i64> {
    let mut tx = db.begin().await?;
    let id = tx
        .query(sql!(
            "INSERT INTO worker (name, state_dir, lease_ms, grace_ms, orphan_ms, executors, max_targets, started_at, beat_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, {now}, {now}) RETURNING id"
        ))
        .bind(worker.name)
        .bind(worker.state_dir)
        .bind(worker.lease_ms)
        .bind(worker.grace_ms)
        .bind(worker.orphan_ms)
        .bind(Json(worker.executors))
        .bind(worker.max_targets)
        .scalar()
        .await?;
    tx.commit().await?;
    Ok(id)
}

/// Returns whether a living worker has this executor.
pub async fn any_serves(tx: &mut Tx, executor: &str) -> Result<bool> {
    let workers: i64 = tx
        .query(sql!(concat!("SELECT count(*) AS living FROM worker w WHERE ", serves!("CAST($1 AS text)"))))
        .bind(executor)
        .scalar()
        .await?;
    Ok(workers > 0)
}

/// Renews a lease. Returns false if the worker was declared dead.
pub async fn beat(db: &Db, id: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let renewed = tx
        .query(sql!("UPDATE worker SET beat = beat + 1, beat_at = {now} WHERE id = $1 AND ended_at IS NULL"))
        .bind(id)
        .execute()
        .await?;
    tx.commit().await?;
    Ok(renewed == 1)
}

/// Returns the other workers that have not ended, and those that have and left running targets, as a worker with these
/// executors sees them.
pub async fn others(db: &Db, id: i64, executors: &[String]) -> Result<Vec<Other>> {
    db.query(sql!(
        "SELECT id, name, state_dir, beat, lease_ms, grace_ms, orphan_ms, ended_at IS NOT NULL AS has_ended,
            id IN (SELECT t.worker_id FROM release_target t WHERE t.status = 'RUNNING' AND t.executor {any $2}) AS has_own
         FROM worker
         WHERE id <> $1 AND (ended_at IS NULL
            OR id IN (SELECT t.worker_id FROM release_target t WHERE t.status = 'RUNNING'))
         ORDER BY id"
    ))
    .bind(id)
    .bind(Texts(executors))
    .all()
    .await
}

/// Ends a worker.
pub async fn end(tx: &mut Tx, at: Timestamp, id: i64) -> Result<()> {
    tx.query(sql!("UPDATE worker SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL"))
        .bind(id)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// Ends a worker if its beat is still the one that was seen. Returns whether it was.
pub async fn declare_dead(tx: &mut Tx, at: Timestamp, seen: &Worker) -> Result<bool> {
    let ended = tx
        .query(sql!("UPDATE worker SET ended_at = COALESCE(ended_at, $3) WHERE id = $1 AND beat = $2"))
        .bind(seen.id)
        .bind(seen.beat)
        .bind(at)
        .execute()
        .await?;
    Ok(ended == 1)
}

/// Returns the releases of the targets that this worker runs.
pub async fn releases(tx: &mut Tx, id: i64) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT DISTINCT release_id FROM release_target WHERE worker_id = $1 AND status = 'RUNNING'"))
        .bind(id)
        .scalars()
        .await
}

/// Lets one worker run the targets of these locked releases that another one runs, or only those of some executors. Returns
/// those targets.
pub async fn take_over(
    tx: &mut Tx,
    from: i64,
    to: i64,
    releases: &[i64],
    executors: Option<&[String]>,
) -> Result<Vec<i64>> {
    tx.query(sql!(
        "UPDATE release_target SET worker_id = $2
         WHERE worker_id = $1 AND status = 'RUNNING' AND release_id {any $3} AND ($4 OR executor {any $5}) RETURNING id"
    ))
    .bind(from)
    .bind(to)
    .bind(Ids(releases))
    .bind(executors.is_none())
    .bind(Texts(executors.unwrap_or_default()))
    .scalars()
    .await
}

/// Whether a worker has not ended; then it cannot end before this transaction is over.
pub async fn is_alive(tx: &mut Tx, id: i64) -> Result<bool> {
    let found = tx
        .query(sql!("SELECT id FROM worker WHERE id = $1 AND ended_at IS NULL {share}"))
        .bind(id)
        .optional_scalar::<i64>()
        .await?;
    Ok(found.is_some())
}
