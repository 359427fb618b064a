//! Workers and their leases. A lease is a beat: another worker that sees it unchanged for too long, by its own clock,
//! declares the worker dead.

use super::{Db, Ids, Result, Tx};
use crate::domain::Timestamp;

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

/// Registers a worker with these times, and returns its id.
pub async fn register(db: &Db, name: &str, state_dir: &str, lease_ms: i64, grace_ms: i64) -> Result<i64> {
    let mut tx = db.begin().await?;
    let id = tx
        .query(sql!(
            "INSERT INTO worker (name, state_dir, lease_ms, grace_ms, started_at)
             VALUES ($1, $2, $3, $4, {now}) RETURNING id"
        ))
        .bind(name)
        .bind(state_dir)
        .bind(lease_ms)
        .bind(grace_ms)
        .scalar()
        .await?;
    tx.commit().await?;
    Ok(id)
}

/// Renews a lease. Returns false if the worker was declared dead.
pub async fn beat(db: &Db, id: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let renewed = tx
        .query(sql!("UPDATE worker SET beat = beat + 1 WHERE id = $1 AND ended_at IS NULL"))
        .bind(id)
        .execute()
        .await?;
    tx.commit().await?;
    Ok(renewed == 1)
}

/// Returns the other workers that have not ended, and those that have ended (true) and left running targets.
pub async fn others(db: &Db, id: i64) -> Result<Vec<(Worker, bool)>> {
    let found: Vec<(i64, String, String, i64, i64, i64, bool)> = db
        .query(sql!(
            "SELECT id, name, state_dir, beat, lease_ms, grace_ms, ended_at IS NOT NULL AS ended FROM worker
             WHERE id <> $1 AND (ended_at IS NULL
                OR id IN (SELECT t.worker_id FROM release_target t WHERE t.status = 'RUNNING'))
             ORDER BY id"
        ))
        .bind(id)
        .all()
        .await?;
    let worker = |(id, name, state_dir, beat, lease_ms, grace_ms, ended)| {
        (Worker { id, name, state_dir, beat, lease_ms, grace_ms }, ended)
    };
    Ok(found.into_iter().map(worker).collect())
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

/// Lets one worker run the targets of these locked releases that another one runs. Returns those targets.
pub async fn take_over(tx: &mut Tx, from: i64, to: i64, releases: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!(
        "UPDATE release_target SET worker_id = $2
         WHERE worker_id = $1 AND status = 'RUNNING' AND release_id {any $3} RETURNING id"
    ))
    .bind(from)
    .bind(to)
    .bind(Ids(releases))
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
