//! The health of instances: which releases' instances are checked, by which worker, and what was answered.

use super::queue::alive;
use super::{Db, Ids, Json, Result, Texts, Tx};
use crate::domain::health::{Health, HealthRecord};
use crate::domain::order::Site;
use crate::domain::{Timestamp, Word};
use serde_json::json;

/// An instance `i` that its target `t` has moved, that still runs the version moved to, and that no other release has or
/// has moved since.
macro_rules! is_of_release {
    () => {
        "t.status = 'SUCCEEDED' AND i.status = 'RUNNING' AND i.version_id = t.to_version_id
         AND NOT EXISTS (SELECT 1 FROM release_target n
            WHERE n.instance_id = i.id AND n.id > t.id AND n.status IN ('QUEUED', 'RUNNING', 'SUCCEEDED'))"
    };
}

/// Returns releases with these executors whose instances are to be checked, at most `limit`, each with its executor: those
/// that soak, and those that left unhealthy instances. Left out are those that another living worker watches, and those in
/// `watched`.
pub async fn unwatched(
    db: &Db,
    executors: &[String],
    worker_id: i64,
    watched: &[i64],
    limit: i64,
) -> Result<Vec<(i64, String)>> {
    db.query(sql!(concat!(
        "SELECT r.id, r.executor FROM release r
         WHERE r.id IN (SELECT o.id FROM release o WHERE o.finished_at IS NULL AND o.soaks_until IS NOT NULL
                UNION SELECT t.release_id FROM instance i
                    JOIN release_target t ON t.instance_id = i.id AND t.release_id = i.unhealthy_release_id
                    WHERE i.health = 'UNHEALTHY' AND ",
        is_of_release!(),
        ") AND r.executor {any $1} AND NOT (r.id {any $2})
            AND NOT EXISTS (SELECT 1 FROM health_watch x
                WHERE x.release_id = r.id AND x.worker_id <> $3 AND x.worker_id ",
        alive!(),
        ") ORDER BY r.id LIMIT $4"
    )))
    .bind(Texts(executors))
    .bind(Ids(watched))
    .bind(worker_id)
    .bind(limit)
    .all()
    .await
}

/// Lets one worker watch those of these releases that no other living worker watches. Returns their ids.
pub async fn watch(tx: &mut Tx, worker_id: i64, releases: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!(concat!(
        "INSERT INTO health_watch (release_id, worker_id)
         SELECT CAST(value AS bigint), CAST($2 AS bigint) FROM {items $1} WHERE true ORDER BY 1
         ON CONFLICT (release_id) DO UPDATE SET worker_id = excluded.worker_id
            WHERE health_watch.worker_id = excluded.worker_id OR NOT (health_watch.worker_id ",
        alive!(),
        ") RETURNING release_id"
    )))
    .bind(Json(releases))
    .bind(worker_id)
    .scalars()
    .await
}

/// Returns whether a release soaks, or `None` if this worker does not watch it any more.
pub async fn soaks(db: &Db, release_id: i64, worker_id: i64) -> Result<Option<bool>> {
    db.query(sql!(
        "SELECT r.finished_at IS NULL AND r.soaks_until IS NOT NULL AS soaks
         FROM health_watch w JOIN release r ON r.id = w.release_id WHERE w.release_id = $1 AND w.worker_id = $2"
    ))
    .bind(release_id)
    .bind(worker_id)
    .optional_scalar()
    .await
}

/// Locks the watch over a release. Returns whether this worker has it.
pub async fn lock_watch(tx: &mut Tx, release_id: i64, worker_id: i64) -> Result<bool> {
    let found = tx
        .query(sql!("SELECT release_id FROM health_watch WHERE release_id = $1 AND worker_id = $2 {lock}"))
        .bind(release_id)
        .bind(worker_id)
        .optional_scalar::<i64>()
        .await?;
    Ok(found.is_some())
}

/// Ends the watch of this worker over a release.
pub async fn end_watch(tx: &mut Tx, release_id: i64, worker_id: i64) -> Result<()> {
    tx.query(sql!("DELETE FROM health_watch WHERE release_id = $1 AND worker_id = $2"))
        .bind(release_id)
        .bind(worker_id)
        .execute()
        .await?;
    Ok(())
}

/// An instance that is checked.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Checked {
    #[sqlx(flatten)]
    pub site: Site,
    #[sqlx(flatten)]
    pub record: HealthRecord,
}

/// Returns the instances of a release that are checked: while it soaks all that it has moved, otherwise those that are
/// unhealthy.
pub async fn checked(db: &Db, release_id: i64, soaks: bool) -> Result<Vec<Checked>> {
    db.query(sql!(concat!(
        "SELECT i.id AS instance_id, s.name AS service, v.name AS version, h.hostname, h.address AS host_address, i.port,
            i.tag, i.health, i.good_answers, i.bad_answers
         FROM release_target t JOIN instance i ON i.id = t.instance_id JOIN service s ON s.id = i.service_id
         JOIN host h ON h.id = i.host_id LEFT JOIN version v ON v.id = i.version_id
         WHERE t.release_id = $1 AND ($2 OR i.health = 'UNHEALTHY') AND ",
        is_of_release!(),
        " ORDER BY t.ordinal"
    )))
    .bind(release_id)
    .bind(soaks)
    .all()
    .await
}

/// What is known of a checked instance whose row is locked, and the target that moved it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Known {
    pub instance_id: i64,
    pub target_id: i64,
    pub wave: i64,
    pub attempt: i64,
    /// The release in whose soak it last became unhealthy.
    pub unhealthy_release_id: Option<i64>,
    #[sqlx(flatten)]
    pub record: HealthRecord,
}

/// Returns what is known of those of these locked instances that the release has moved, as for [`checked`].
pub async fn known(tx: &mut Tx, release_id: i64, instances: &[i64]) -> Result<Vec<Known>> {
    tx.query(sql!(concat!(
        "SELECT i.id AS instance_id, t.id AS target_id, t.wave, t.attempt, i.unhealthy_release_id, i.health,
            i.good_answers, i.bad_answers
         FROM release_target t JOIN instance i ON i.id = t.instance_id
         WHERE t.release_id = $1 AND i.id {any $2} AND ",
        is_of_release!(),
        " ORDER BY t.ordinal"
    )))
    .bind(release_id)
    .bind(Ids(instances))
    .all()
    .await
}

/// A new record of the health of a locked instance.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord {
    pub instance_id: i64,
    pub record: HealthRecord,
    /// Whether its health is another one than before, which is an event.
    pub is_event: bool,
    /// The release in whose soak it becomes unhealthy now.
    pub unhealthy_in: Option<i64>,
}

/// Saves what is known of the health of locked instances.
pub async fn save(tx: &mut Tx, at: Timestamp, by: &str, records: &[NewRecord]) -> Result<()> {
    let rows: Vec<_> = records
        .iter()
        .map(|new| {
            json!({
                "id": new.instance_id, "health": new.record.health.map(Health::word),
                "good_answers": new.record.good_answers, "bad_answers": new.record.bad_answers,
                "event": new.is_event, "unhealthy_in": new.unhealthy_in,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE instance SET health = value ->> 'health',
            good_answers = CAST(value ->> 'good_answers' AS bigint), bad_answers = CAST(value ->> 'bad_answers' AS bigint),
            unhealthy_release_id = COALESCE(CAST(value ->> 'unhealthy_in' AS bigint), unhealthy_release_id),
            health_at = CASE WHEN {bool value ->> 'event'} THEN $2 ELSE health_at END,
            revision = revision + CASE WHEN {bool value ->> 'event'} THEN 1 ELSE 0 END,
            updated_at = CASE WHEN {bool value ->> 'event'} THEN $2 ELSE updated_at END,
            updated_by = CASE WHEN {bool value ->> 'event'} THEN $3 ELSE updated_by END
         FROM {items $1} WHERE instance.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}
