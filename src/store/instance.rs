//! Instances: what is recorded about them, and who has them. What releases do to them is in `release.rs` and
//! `target.rs`.

use super::{Ids, Json, Result, Tx};
use crate::domain::Timestamp;
use crate::domain::instance::{InstanceSettings, InstanceStatus};
use std::collections::HashSet;

/// An instance as it is recorded, with what an event tells of it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Instance {
    pub id: i64,
    pub service_id: i64,
    pub service_name: String,
    pub host_id: i64,
    pub hostname: String,
    pub version_id: Option<i64>,
    #[sqlx(flatten)]
    pub settings: InstanceSettings,
    pub maintenance: bool,
    pub status: InstanceStatus,
    /// I5: the number of its newest event.
    pub revision: i64,
}

/// The service of an instance, which never changes.
pub async fn service_of(tx: &mut Tx, id: i64) -> Result<Option<i64>> {
    let row: Option<(i64,)> =
        tx.query(sql!("SELECT service_id FROM instance WHERE id = $1")).bind(id).optional().await?;
    Ok(row.map(|(service_id,)| service_id))
}

/// Locks the instances with these numbers, and gives those that exist, removed or not, by number.
pub async fn lock(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Instance>> {
    tx.query(sql!("SELECT id FROM instance WHERE id {any $1} ORDER BY id {lock}")).bind(Ids(ids)).execute().await?;
    tx.query(sql!(
        "SELECT i.id, i.service_id, s.name AS service_name, i.host_id, i.hostname, i.version_id, i.port, i.tag,
            i.weight, i.description, i.maintenance, i.status, i.revision
         FROM instance i JOIN service s ON s.id = i.service_id WHERE i.id {any $1} ORDER BY i.id"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Which of these instances a release or a hold has now.
pub async fn locked(tx: &mut Tx, ids: &[i64]) -> Result<HashSet<i64>> {
    let rows: Vec<(i64,)> = tx
        .query(sql!("SELECT DISTINCT instance_id FROM instance_lock WHERE instance_id {any $1}"))
        .bind(Ids(ids))
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Records what is said of it, by one event.
pub async fn edit(tx: &mut Tx, instance: &Instance, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET port = $2, tag = $3, weight = $4, description = $5, maintenance = $6,
            revision = revision + 1, updated_at = $7, updated_by = $8 WHERE id = $1"
    ))
    .bind(instance.id)
    .bind(instance.settings.port)
    .bind(&instance.settings.tag)
    .bind(instance.settings.weight)
    .bind(&instance.settings.description)
    .bind(instance.maintenance)
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Records what runs there, by one event.
pub async fn confirm(
    tx: &mut Tx,
    id: i64,
    version_id: Option<i64>,
    status: InstanceStatus,
    by: &str,
    at: Timestamp,
) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET version_id = $2, status = $3, revision = revision + 1, updated_at = $4, updated_by = $5
         WHERE id = $1"
    ))
    .bind(id)
    .bind(version_id)
    .bind(status)
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Raises revisions, for each instance by as many events as it is named times.
pub async fn told(tx: &mut Tx, ids: &[i64], by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET revision = instance.revision + told.events, updated_at = $2, updated_by = $3
         FROM (SELECT CAST(value AS bigint) AS id, count(*) AS events FROM {items $1} GROUP BY 1) AS told
         WHERE instance.id = told.id"
    ))
    .bind(Json(ids))
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Instances of a service that are there, by number, at most so many.
pub async fn of_service(tx: &mut Tx, service_id: i64, most: usize) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = tx
        .query(sql!("SELECT id FROM instance WHERE service_id = $1 AND status <> 'REMOVED' ORDER BY id LIMIT $2"))
        .bind(service_id)
        .bind(most as i64)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Instances on a host that are there, by number, at most so many.
pub async fn on_host(tx: &mut Tx, host_id: i64, most: usize) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = tx
        .query(sql!("SELECT id FROM instance WHERE host_id = $1 AND status <> 'REMOVED' ORDER BY id LIMIT $2"))
        .bind(host_id)
        .bind(most as i64)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Instances that run a version, by number, at most so many.
pub async fn at_version(tx: &mut Tx, version_id: i64, most: usize) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = tx
        .query(sql!("SELECT id FROM instance WHERE version_id = $1 AND status <> 'REMOVED' ORDER BY id LIMIT $2"))
        .bind(version_id)
        .bind(most as i64)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
