//! The queue: which targets could begin, and beginning them. The rows of targets are the queue themselves.

use super::{Db, Ids, Result, Texts, Tx};
use crate::domain::Timestamp;
use crate::domain::release::ReleaseAction;

/// Releases that could begin a target with one of these executors, oldest first.
pub async fn candidates(db: &Db, executors: &[String]) -> Result<Vec<i64>> {
    let found: Vec<(i64,)> = db
        .query(sql!(
            "SELECT id FROM release
             WHERE finished_at IS NULL AND status <> 'PAUSED' AND queued > 0 AND running < max_parallel
                AND executor {any $1}
             ORDER BY id"
        ))
        .bind(Texts(executors))
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// A target that could begin.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Queued {
    pub id: i64,
    pub release_id: i64,
    pub instance_id: i64,
    pub host_id: i64,
    pub shares_host: bool,
}

macro_rules! first_queued {
    ($release:literal, $many:literal) => {
        concat!(
            "SELECT * FROM (SELECT t.id, t.release_id, t.instance_id, t.host_id, t.shares_host
             FROM release_target t
             WHERE t.status = 'QUEUED' AND t.release_id = ",
            $release,
            " AND (t.shares_host OR NOT EXISTS (SELECT 1 FROM release_target busy
                WHERE busy.host_id = t.host_id AND busy.status = 'RUNNING' AND NOT busy.shares_host))
             ORDER BY t.ordinal LIMIT ",
            $many,
            ") AS first"
        )
    };
}

/// The first targets of each of these releases, so many of each, whose hosts are not busy (R18).
pub async fn first_queued(tx: &mut Tx, releases: &[(i64, i64)]) -> Result<Vec<Queued>> {
    let Some(((release_id, many), rest)) = releases.split_first() else { return Ok(Vec::new()) };
    let first = tx.query(sql!(first_queued!("$1", "$2"))).bind(release_id).bind(many);
    rest.iter()
        .fold(first, |statement, (release_id, many)| {
            statement.push(part!(concat!(" UNION ALL ", first_queued!("$", "$")))).bind(release_id).bind(many)
        })
        .all()
        .await
}

/// Locks hosts, those aside that another claim has.
pub async fn lock_free_hosts(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    let locked: Vec<(i64,)> =
        tx.query(sql!("SELECT id FROM host WHERE id {any $1} ORDER BY id {skip_locked}")).bind(Ids(ids)).all().await?;
    Ok(locked.into_iter().map(|(id,)| id).collect())
}

/// Those of these hosts on which a command runs that shares its host with no other.
pub async fn busy_hosts(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    let busy: Vec<(i64,)> = tx
        .query(sql!(
            "SELECT host_id FROM release_target WHERE host_id {any $1} AND status = 'RUNNING' AND NOT shares_host"
        ))
        .bind(Ids(ids))
        .all()
        .await?;
    Ok(busy.into_iter().map(|(id,)| id).collect())
}

/// Raises the fences of locked instances: whatever worked on them before writes nothing more (I3).
pub async fn raise_fences(tx: &mut Tx, instances: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE instance SET fence = fence + 1 WHERE id {any $1}")).bind(Ids(instances)).execute().await?;
    Ok(())
}

/// Begins targets, queued ones or, after an interruption, running ones, each with the fence of its instance.
pub async fn begin(tx: &mut Tx, at: Timestamp, worker_id: i64, targets: &[i64]) -> Result<()> {
    tx.query(sql!(
        "UPDATE release_target SET status = 'RUNNING', attempt = attempt + 1, worker_id = $2, begun_by = $2,
            started_at = {later $3, (SELECT r.created_at FROM release r WHERE r.id = release_target.release_id)},
            fence = (SELECT i.fence FROM instance i WHERE i.id = release_target.instance_id),
            begun_fence = (SELECT i.fence FROM instance i WHERE i.id = release_target.instance_id)
         WHERE id {any $1}"
    ))
    .bind(Ids(targets))
    .bind(worker_id)
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

/// All that carrying out a target needs to know.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Claimed {
    pub target_id: i64,
    pub release_id: i64,
    pub instance_id: i64,
    pub executor: String,
    pub timeout_seconds: i64,
    pub attempt: i64,
    pub fence: i64,
    pub action: ReleaseAction,
    pub service: String,
    pub version: Option<String>,
    pub artifact: Option<String>,
    pub reference: Option<String>,
    pub previous_version: Option<String>,
    pub hostname: String,
    pub host_address: String,
    pub port: Option<i64>,
    pub tag: Option<String>,
    /// The state directory of the worker that began this start, whoever answers for it now; none where an older
    /// program began it.
    pub begun_in: Option<String>,
}

macro_rules! claimed {
    ($condition:literal) => {
        sql!(concat!(
            "SELECT t.id AS target_id, t.release_id, t.instance_id, t.executor, r.timeout_seconds, t.attempt, t.fence,
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

/// Those of these targets that run, with what carrying them out needs.
pub async fn claimed(tx: &mut Tx, targets: &[i64]) -> Result<Vec<Claimed>> {
    tx.query(claimed!("t.id {any $1} AND t.status = 'RUNNING' ORDER BY t.id")).bind(Ids(targets)).all().await
}

/// Every target that runs in the name of this worker.
pub async fn claimed_by(db: &Db, worker_id: i64) -> Result<Vec<Claimed>> {
    db.query(claimed!("t.worker_id = $1 AND t.status = 'RUNNING' ORDER BY t.id")).bind(worker_id).all().await
}
