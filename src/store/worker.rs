//! Workers and their leases. A lease is a beat: whoever sees it unchanged for too long, on its own clock,
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
    /// How long its beat may stand still.
    pub lease_ms: i64,
    /// How long its commands may take to end once they are asked to.
    pub grace_ms: i64,
}

/// Registers a worker that keeps its lease so, and gives its number.
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

/// Renews a lease; false when the worker was declared dead.
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

/// The workers that have not ended, and those that have and left targets behind.
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

/// Ends a worker if its beat is still the one that was seen; false if it is not.
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

/// The releases of which something runs in the name of this worker.
pub async fn releases(tx: &mut Tx, id: i64) -> Result<Vec<i64>> {
    let found: Vec<(i64,)> = tx
        .query(sql!("SELECT DISTINCT release_id FROM release_target WHERE worker_id = $1 AND status = 'RUNNING'"))
        .bind(id)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Puts what runs of these locked releases in the name of one worker under that of another; gives the targets.
pub async fn take_over(tx: &mut Tx, from: i64, to: i64, releases: &[i64]) -> Result<Vec<i64>> {
    let taken: Vec<(i64,)> = tx
        .query(sql!(
            "UPDATE release_target SET worker_id = $2
             WHERE worker_id = $1 AND status = 'RUNNING' AND release_id {any $3} RETURNING id"
        ))
        .bind(from)
        .bind(to)
        .bind(Ids(releases))
        .all()
        .await?;
    Ok(taken.into_iter().map(|(id,)| id).collect())
}

/// Whether a worker has not ended; it stays so until this transaction is over.
pub async fn is_alive(tx: &mut Tx, id: i64) -> Result<bool> {
    let alive: Option<(i64,)> =
        tx.query(sql!("SELECT id FROM worker WHERE id = $1 AND ended_at IS NULL {share}")).bind(id).optional().await?;
    Ok(alive.is_some())
}
