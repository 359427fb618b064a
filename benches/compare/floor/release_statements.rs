//! The statements that lockkeeper sends when it accepts a release, in its order.

use lockkeeper::domain::Timestamp;
use serde_json::Value;
use sqlx::{FromRow, PgConnection, PgPool, Result};

#[derive(FromRow)]
pub struct Service {
    pub name: String,
    pub executor: String,
}

#[derive(FromRow)]
pub struct Version {
    pub service_id: i64,
    pub build_status: String,
    pub withdrawn_at: Option<Timestamp>,
}

#[derive(FromRow)]
pub struct Instance {
    pub id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub version_id: Option<i64>,
    pub status: String,
    pub revision: i64,
    /// The open release that locks it.
    pub release_id: Option<i64>,
}

pub struct NewRelease<'a> {
    pub service_id: i64,
    pub action: &'a str,
    pub version_id: i64,
    pub executor: &'a str,
    pub by: &'a str,
    pub at: Timestamp,
    pub total: i64,
}

pub async fn now(on: &mut PgConnection) -> Result<Timestamp> {
    sqlx::query_scalar("SELECT CAST(clock_timestamp() AS timestamptz(3)) AS now").fetch_one(on).await
}

/// A service, locked against freezes and removal until the transaction ends.
pub async fn service(on: &mut PgConnection, id: i64) -> Result<Option<Service>> {
    sqlx::query_as(
        "SELECT id, name, language, description, executor, removed_at FROM service WHERE id = $1
            AND CAST(pg_advisory_xact_lock_shared(hashtextextended('service ' || CAST($1 AS text), 0)) AS text) IS NOT NULL
         FOR SHARE",
    )
    .bind(id)
    .fetch_optional(on)
    .await
}

pub async fn version(on: &mut PgConnection, id: i64) -> Result<Option<Version>> {
    sqlx::query_as(
        "SELECT id, service_id, name, build_status, artifact, build_message, withdrawn_at, removed_at
         FROM version WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(on)
    .await
}

/// Freezes of a service.
pub async fn freezes(on: &mut PgConnection, service: i64) -> Result<Vec<(i64,)>> {
    sqlx::query_as(
        "SELECT id, service_id, instance_id, includes_reverts, created_by, until, ended_at
         FROM hold WHERE service_id = $1 AND instance_id IS NULL AND ended_at IS NULL ORDER BY id",
    )
    .bind(service)
    .fetch_all(on)
    .await
}

/// The hosts of these that exist.
pub async fn hosts(on: &mut PgConnection, ids: &[i64]) -> Result<Vec<(i64, String)>> {
    sqlx::query_as("SELECT id, hostname FROM host WHERE id = ANY($1) AND removed_at IS NULL")
        .bind(ids)
        .fetch_all(on)
        .await
}

macro_rules! instances {
    ($column:literal) => {
        concat!(
            "SELECT i.id, i.host_id, i.hostname, i.version_id, i.status, i.revision, t.release_id FROM instance i
             LEFT JOIN release_target t ON t.instance_id = i.id AND t.status IN ('QUEUED', 'RUNNING')
             WHERE i.service_id = $1 AND i.status <> 'REMOVED' AND ",
            $column,
            " = ANY($2)"
        )
    };
}

/// The instances of a service on these hosts.
pub async fn instances_on(on: &mut PgConnection, service: i64, hosts: &[i64]) -> Result<Vec<Instance>> {
    sqlx::query_as(instances!("i.host_id")).bind(service).bind(hosts).fetch_all(on).await
}

/// These instances.
pub async fn instances(on: &mut PgConnection, service: i64, ids: &[i64]) -> Result<Vec<Instance>> {
    sqlx::query_as(instances!("i.id")).bind(service).bind(ids).fetch_all(on).await
}

/// Holds on these instances and on their hosts.
pub async fn holds(on: &mut PgConnection, instances: &[i64]) -> Result<Vec<(i64,)>> {
    sqlx::query_as(
        "SELECT id, service_id, instance_id, includes_reverts, created_by, until, ended_at
         FROM hold WHERE instance_id = ANY($1) AND ended_at IS NULL
         UNION ALL
         SELECT h.id, h.service_id, h.instance_id, h.includes_reverts, h.created_by, h.until, h.ended_at
         FROM instance i JOIN hold h ON h.host_id = i.host_id AND h.ended_at IS NULL WHERE i.id = ANY($1) ORDER BY 1",
    )
    .bind(instances)
    .fetch_all(on)
    .await
}

pub async fn lock(on: &mut PgConnection, instances: &[i64]) -> Result<()> {
    let statement = "SELECT id FROM instance WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
    sqlx::query(statement).bind(instances).execute(on).await.map(drop)
}

/// Returns the id of the new release.
pub async fn insert_release(on: &mut PgConnection, new: &NewRelease<'_>) -> Result<i64> {
    let id = sqlx::query_scalar(
        "INSERT INTO release (service_id, action, target_version_id, origin, parent_id, executor, max_parallel,
            max_failures, on_failure, timeout_seconds, status, reason, idempotency_key, created_at, created_by,
            revision, position, total, queued, running, succeeded, failed, canceled, unknown, skipped)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
            1, position, $16, $16, 0, 0, 0, 0, 0, $17 FROM event_log
         RETURNING id",
    )
    .bind(new.service_id)
    .bind(new.action)
    .bind(new.version_id)
    .bind("REQUEST")
    .bind(None::<i64>)
    .bind(new.executor)
    .bind(new.total)
    .bind(0_i64)
    .bind("STOP")
    .bind(600_i64)
    .bind("PENDING")
    .bind("")
    .bind(None::<String>)
    .bind(new.at)
    .bind(new.by)
    .bind(new.total)
    .bind(0_i64)
    .fetch_one(&mut *on)
    .await?;
    sqlx::query("INSERT INTO release_output (release_id) VALUES ($1)").bind(id).execute(on).await?;
    Ok(id)
}

/// Sets the new status of instances.
pub async fn set_status(on: &mut PgConnection, instances: &[i64], status: &str, at: Timestamp, by: &str) -> Result<()> {
    sqlx::query(
        "UPDATE instance SET status = $1, revision = revision + 1, updated_at = $2, updated_by = $3 WHERE id = ANY($4)",
    )
    .bind(status)
    .bind(at)
    .bind(by)
    .bind(instances)
    .execute(on)
    .await
    .map(drop)
}

/// Returns the ordinal and the id of each target.
pub async fn insert_targets(
    on: &mut PgConnection,
    release: i64,
    executor: &str,
    targets: &[Value],
) -> Result<Vec<(i64, i64)>> {
    sqlx::query_as(
        "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, from_version_id, to_version_id,
            from_status, executor, shares_host, status)
         SELECT $1, CAST(value ->> 'ordinal' AS bigint), CAST(value ->> 'instance_id' AS bigint),
            CAST(value ->> 'host_id' AS bigint), CAST(value ->> 'from_version_id' AS bigint),
            CAST(value ->> 'to_version_id' AS bigint), value ->> 'from_status', $2, $3, $4
         FROM jsonb_array_elements($5) AS item(value) ORDER BY 2
         RETURNING ordinal, id",
    )
    .bind(release)
    .bind(executor)
    .bind(false)
    .bind("QUEUED")
    .bind(sqlx::types::Json(targets))
    .fetch_all(on)
    .await
}

pub async fn audit(on: &mut PgConnection, at: Timestamp, by: &str, input: &Value, release: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (at, caller, credential, request_id, operation, outcome, input, result)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(at)
    .bind(by)
    .bind("token 1")
    .bind("by hand")
    .bind("upgradeInstances")
    .bind("ACCEPTED")
    .bind(sqlx::types::Json(input))
    .bind(sqlx::types::Json([format!("rel_{release}")]))
    .execute(on)
    .await
    .map(drop)
}

/// Reserves positions in the event log and returns the last one. Other transactions wait until this one ends.
pub async fn reserve_positions(on: &mut PgConnection, count: i64) -> Result<i64> {
    let statement = "UPDATE event_log SET position = position + $1 RETURNING position";
    sqlx::query_scalar(statement).bind(count).fetch_one(on).await
}

pub async fn insert_events(on: &mut PgConnection, events: &[Value], at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO event (position, at, subject, kind, caused_by, service_id, service_name, instance_id, host_id,
            hostname, release_id, target_id, version_id, previous_version_id, hold_id, revision, previous_status,
            status, locked, action, total, queued, running, succeeded, failed, canceled, unknown, skipped)
         SELECT CAST(value ->> 'position' AS bigint), $2, value ->> 'subject', value ->> 'kind', value ->> 'caused_by',
            CAST(value ->> 'service_id' AS bigint), value ->> 'service_name', CAST(value ->> 'instance_id' AS bigint),
            CAST(value ->> 'host_id' AS bigint), value ->> 'hostname', CAST(value ->> 'release_id' AS bigint),
            CAST(value ->> 'target_id' AS bigint), CAST(value ->> 'version_id' AS bigint),
            CAST(value ->> 'previous_version_id' AS bigint), CAST(value ->> 'hold_id' AS bigint),
            CAST(value ->> 'revision' AS bigint), value ->> 'previous_status', value ->> 'status',
            CAST((value ->> 'locked') AS boolean), value ->> 'action', CAST(value ->> 'total' AS bigint),
            CAST(value ->> 'queued' AS bigint), CAST(value ->> 'running' AS bigint),
            CAST(value ->> 'succeeded' AS bigint), CAST(value ->> 'failed' AS bigint),
            CAST(value ->> 'canceled' AS bigint), CAST(value ->> 'unknown' AS bigint),
            CAST(value ->> 'skipped' AS bigint)
         FROM jsonb_array_elements($1) AS item(value) ORDER BY 1",
    )
    .bind(sqlx::types::Json(events))
    .bind(at)
    .execute(on)
    .await
    .map(drop)
}

/// The id and the status of a release, for the response.
pub async fn release(pool: &PgPool, id: i64) -> Result<(i64, String)> {
    sqlx::query_as("SELECT id, status FROM release WHERE id = $1").bind(id).fetch_one(pool).await
}
