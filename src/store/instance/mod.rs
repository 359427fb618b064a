//! Instances: locking and reading them. All that writes them is in `write.rs`.

mod write;

pub use write::*;

use super::{Ids, Json, Result, Tx};
use crate::domain::instance::{InstanceSettings, InstanceStatus};
use serde_json::json;
use std::collections::HashSet;

/// An instance as it is recorded, with the name of its service.
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
    /// The revision of its newest event (I5).
    pub revision: i64,
}

/// Returns the service of an instance, which never changes, or `None` if the instance does not exist.
pub async fn service_of(tx: &mut Tx, id: i64) -> Result<Option<i64>> {
    tx.query(sql!("SELECT service_id FROM instance WHERE id = $1")).bind(id).optional_scalar().await
}

/// Returns the instances that are not removed at these places: ids of services and hosts. Each comes with its place.
pub async fn by_places(tx: &mut Tx, places: &[(i64, i64)]) -> Result<Vec<(i64, i64, i64)>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = places.iter().map(|(service, host)| json!({ "service_id": service, "host_id": host })).collect();
    tx.query(sql!(
        "SELECT i.service_id, i.host_id, i.id FROM {items $1}
         JOIN instance i ON i.service_id = CAST(item.value ->> 'service_id' AS bigint)
            AND i.host_id = CAST(item.value ->> 'host_id' AS bigint) AND i.status <> 'REMOVED'"
    ))
    .bind(Json(rows))
    .all()
    .await
}

/// Returns the services of these instances, each once, in order.
pub async fn services_of(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT DISTINCT service_id FROM instance WHERE id {any $1} ORDER BY service_id"))
        .bind(Ids(ids))
        .scalars()
        .await
}

/// Locks instances, and returns those that exist, removed or not, by id.
pub async fn lock(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Instance>> {
    lock_rows(tx, ids).await?;
    tx.query(sql!(
        "SELECT i.id, i.service_id, s.name AS service_name, i.host_id, i.hostname, i.version_id, i.port, i.tag,
            i.weight, i.description, i.maintenance, i.status, i.revision
         FROM instance i JOIN service s ON s.id = i.service_id WHERE i.id {any $1} ORDER BY i.id"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Locks instances in the order of their ids. What depends on them is to be read afterwards.
pub async fn lock_rows(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!("SELECT id FROM instance WHERE id {any $1} ORDER BY id {lock}")).bind(Ids(ids)).execute().await?;
    Ok(())
}

/// The state of an instance whose row is locked.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LockedInstance {
    pub id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub status: InstanceStatus,
    pub version_id: Option<i64>,
    pub revision: i64,
}

/// Locks instances in the order of their ids, and returns their states.
pub async fn lock_states(tx: &mut Tx, ids: &[i64]) -> Result<Vec<LockedInstance>> {
    tx.query(sql!(
        "SELECT id, host_id, hostname, status, version_id, revision FROM instance WHERE id {any $1} ORDER BY id {lock}"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Returns which of these instances are locked, by an open target or by a hold in force.
pub async fn locked(tx: &mut Tx, ids: &[i64]) -> Result<HashSet<i64>> {
    let statement = tx.query(sql!("SELECT DISTINCT instance_id FROM instance_lock WHERE instance_id {any $1}"));
    Ok(statement.bind(Ids(ids)).scalars().await?.into_iter().collect())
}

/// Returns which of these instances are out of service.
pub async fn drained(tx: &mut Tx, ids: &[i64]) -> Result<HashSet<i64>> {
    let statement = tx.query(sql!("SELECT id FROM instance WHERE id {any $1} AND drained_since IS NOT NULL"));
    Ok(statement.bind(Ids(ids)).scalars().await?.into_iter().collect())
}

/// Returns the ids of a service's instances that are not removed, in order, at most `limit`.
pub async fn of_service(tx: &mut Tx, service_id: i64, limit: usize) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM instance WHERE service_id = $1 AND status <> 'REMOVED' ORDER BY id LIMIT $2"))
        .bind(service_id)
        .bind(limit as i64)
        .scalars()
        .await
}

/// Returns the ids of a host's instances that are not removed, in order, at most `limit`.
pub async fn on_host(tx: &mut Tx, host_id: i64, limit: usize) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM instance WHERE host_id = $1 AND status <> 'REMOVED' ORDER BY id LIMIT $2"))
        .bind(host_id)
        .bind(limit as i64)
        .scalars()
        .await
}

/// Returns the ids of the instances on these hosts that are not removed, in order. None are created while the hosts are locked.
pub async fn on_hosts(tx: &mut Tx, host_ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM instance WHERE host_id {any $1} AND status <> 'REMOVED' ORDER BY id"))
        .bind(Ids(host_ids))
        .scalars()
        .await
}

/// Locks the instances on these hosts that are not removed, and returns them by id. The hosts must be locked.
pub async fn lock_on_hosts(tx: &mut Tx, host_ids: &[i64]) -> Result<Vec<Instance>> {
    let ids = on_hosts(tx, host_ids).await?;
    let mut found = lock(tx, &ids).await?;
    found.retain(|instance| instance.status != InstanceStatus::Removed);
    Ok(found)
}

/// Returns the ids of the instances that run a version, in order, at most `limit`.
pub async fn at_version(tx: &mut Tx, version_id: i64, limit: usize) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM instance WHERE version_id = $1 AND status <> 'REMOVED' ORDER BY id LIMIT $2"))
        .bind(version_id)
        .bind(limit as i64)
        .scalars()
        .await
}
