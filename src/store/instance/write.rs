//! Every statement that writes instances. Each change of a version or a status raises the revision (I5).

use super::{Instance, LockedInstance};
use crate::domain::instance::{InstanceSettings, InstanceStatus};
use crate::domain::{Timestamp, Word};
use crate::store::{Ids, Json, Result, Tx};
use serde_json::json;

/// Creates instances for an installation, with their first revision. Returns the host and the id of each.
pub async fn insert(
    tx: &mut Tx,
    service_id: i64,
    host_ids: &[i64],
    settings: &InstanceSettings,
    at: Timestamp,
    by: &str,
) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "INSERT INTO instance (service_id, host_id, hostname, port, tag, weight, description, status, revision,
            created_at, updated_at, updated_by)
         SELECT CAST($1 AS bigint), id, hostname, CAST($2 AS bigint), CAST($3 AS text), CAST($4 AS bigint),
            CAST($5 AS text), CAST($6 AS text), 1, $7, $7, CAST($8 AS text) FROM host WHERE id {any $9} ORDER BY id
         RETURNING host_id, id"
    ))
    .bind(service_id)
    .bind(settings.port)
    .bind(settings.tag.as_deref())
    .bind(settings.weight)
    .bind(&settings.description)
    .bind(InstanceStatus::Installing)
    .bind(at)
    .bind(by)
    .bind(Ids(host_ids))
    .all()
    .await
}

/// Saves the settings of a new installation in existing instances, whose status [`start_moving`] changes.
pub async fn set_settings(tx: &mut Tx, instance_ids: &[i64], settings: &InstanceSettings) -> Result<()> {
    tx.query(sql!("UPDATE instance SET port = $1, tag = $2, weight = $3, description = $4 WHERE id {any $5}"))
        .bind(settings.port)
        .bind(settings.tag.as_deref())
        .bind(settings.weight)
        .bind(&settings.description)
        .bind(Ids(instance_ids))
        .execute()
        .await?;
    Ok(())
}

/// Marks instances as being moved by a release, with one more revision.
pub async fn start_moving(
    tx: &mut Tx,
    instance_ids: &[i64],
    status: InstanceStatus,
    at: Timestamp,
    by: &str,
) -> Result<u64> {
    tx.query(sql!(
        "UPDATE instance SET status = $1, revision = revision + 1, updated_at = $2, updated_by = $3 WHERE id {any $4}"
    ))
    .bind(status)
    .bind(at)
    .bind(by)
    .bind(Ids(instance_ids))
    .execute()
    .await
}

/// Saves the settings of an instance, which are the subject of one event.
pub async fn update(tx: &mut Tx, instance: &Instance, by: &str, at: Timestamp) -> Result<()> {
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

/// Saves what runs there according to a person, which is the subject of one event.
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

/// Raises the revision of each instance by the number of times that it occurs in `ids`: one for each event.
pub async fn add_revisions(tx: &mut Tx, ids: &[i64], by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET revision = instance.revision + added.events, updated_at = $2, updated_by = $3
         FROM (SELECT CAST(value AS bigint) AS id, count(*) AS events FROM {items $1} GROUP BY 1) AS added
         WHERE instance.id = added.id"
    ))
    .bind(Json(ids))
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Saves status, version and revision of locked instances.
pub async fn save_states(tx: &mut Tx, at: Timestamp, by: &str, instances: &[LockedInstance]) -> Result<()> {
    let rows: Vec<_> = instances
        .iter()
        .map(|instance| {
            json!({
                "id": instance.id, "status": instance.status.word(), "version": instance.version_id,
                "revision": instance.revision,
            })
        })
        .collect();
    tx.query(sql!(
        "UPDATE instance SET status = value ->> 'status', version_id = CAST(value ->> 'version' AS bigint),
            revision = CAST(value ->> 'revision' AS bigint), updated_at = $2, updated_by = $3
         FROM {items $1} WHERE instance.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(rows))
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Raises the fences of locked instances: workers that carried out their targets before write nothing more (I3).
pub async fn raise_fences(tx: &mut Tx, instances: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE instance SET fence = fence + 1 WHERE id {any $1}")).bind(Ids(instances)).execute().await?;
    Ok(())
}

/// Raises the fences of all instances by this number.
pub async fn raise_all_fences(tx: &mut Tx, number: i64) -> Result<()> {
    tx.query(sql!("UPDATE instance SET fence = fence + $1")).bind(number).execute().await?;
    Ok(())
}
