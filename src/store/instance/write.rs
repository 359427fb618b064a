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

/// Creates instances in the places of removed ones, with their settings, for an installation that is tried again. Returns
/// the host and the id of each.
pub async fn insert_again(tx: &mut Tx, removed: &[i64], at: Timestamp, by: &str) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "INSERT INTO instance (service_id, host_id, hostname, port, tag, weight, description, status, revision,
            created_at, updated_at, updated_by)
         SELECT i.service_id, i.host_id, h.hostname, i.port, i.tag, i.weight, i.description, CAST($1 AS text), 1, $2, $2,
            CAST($3 AS text)
         FROM instance i JOIN host h ON h.id = i.host_id WHERE i.id {any $4} ORDER BY i.id
         RETURNING host_id, id"
    ))
    .bind(InstanceStatus::Installing)
    .bind(at)
    .bind(by)
    .bind(Ids(removed))
    .all()
    .await
}

/// Creates instances that run this version already, as a person says, with their first revision. Returns the host and the
/// id of each.
pub async fn adopt(
    tx: &mut Tx,
    service_id: i64,
    version_id: i64,
    host_ids: &[i64],
    settings: &InstanceSettings,
    at: Timestamp,
    by: &str,
) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "INSERT INTO instance (service_id, host_id, hostname, version_id, port, tag, weight, description, status, revision,
            created_at, updated_at, updated_by, confirmed_at)
         SELECT CAST($1 AS bigint), id, hostname, CAST($2 AS bigint), CAST($3 AS bigint), CAST($4 AS text),
            CAST($5 AS bigint), CAST($6 AS text), CAST($7 AS text), 1, $8, $8, CAST($9 AS text), $8
         FROM host WHERE id {any $10} ORDER BY id
         RETURNING host_id, id"
    ))
    .bind(service_id)
    .bind(version_id)
    .bind(settings.port)
    .bind(settings.tag.as_deref())
    .bind(settings.weight)
    .bind(&settings.description)
    .bind(InstanceStatus::Running)
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

/// Saves what runs there according to a person: the status and the version of each instance, which are the subject of one
/// event of each. Their health is not known then.
pub async fn confirm(
    tx: &mut Tx,
    confirmed: &[(i64, InstanceStatus, Option<i64>)],
    by: &str,
    at: Timestamp,
) -> Result<()> {
    let row = |(id, status, version): &(i64, InstanceStatus, Option<i64>)| json!({ "id": id, "status": status.word(), "version": version });
    tx.query(sql!(
        "UPDATE instance SET status = value ->> 'status', version_id = CAST(value ->> 'version' AS bigint),
            revision = instance.revision + 1, updated_at = $2, updated_by = $3, confirmed_at = $2,
            health = NULL, health_at = NULL, good_answers = 0, bad_answers = 0
         FROM {items $1} WHERE instance.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(confirmed.iter().map(row).collect::<Vec<_>>()))
    .bind(at)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Gives the copies of a host's name in its instances another spelling or name; those that are not removed have an event.
pub async fn rename_host(tx: &mut Tx, host_id: i64, hostname: &str, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET hostname = $2, revision = revision + CASE status WHEN 'REMOVED' THEN 0 ELSE 1 END,
            updated_at = CASE status WHEN 'REMOVED' THEN updated_at ELSE $3 END,
            updated_by = CASE status WHEN 'REMOVED' THEN updated_by ELSE $4 END
         WHERE host_id = $1"
    ))
    .bind(host_id)
    .bind(hostname)
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

/// Notes that instances are taken out of service. Those that are out of service stay so since when they were.
pub async fn drain(tx: &mut Tx, at: Timestamp, instances: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE instance SET drained_since = COALESCE(drained_since, $1) WHERE id {any $2}"))
        .bind(at)
        .bind(Ids(instances))
        .execute()
        .await?;
    Ok(())
}

/// Notes that instances are in service again.
pub async fn undrain(tx: &mut Tx, instances: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE instance SET drained_since = NULL, undrain_requested_at = NULL WHERE id {any $1}"))
        .bind(Ids(instances))
        .execute()
        .await?;
    Ok(())
}

/// Raises the fences of locked instances on which targets begin: workers that carried out their targets before write nothing
/// more (I3). The health of the instances is not known from then on.
pub async fn raise_fences(tx: &mut Tx, instances: &[i64]) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET fence = fence + 1, health = NULL, health_at = NULL, good_answers = 0, bad_answers = 0
         WHERE id {any $1}"
    ))
    .bind(Ids(instances))
    .execute()
    .await?;
    Ok(())
}

/// Raises the fences of all instances by this number.
pub async fn raise_all_fences(tx: &mut Tx, number: i64) -> Result<()> {
    tx.query(sql!("UPDATE instance SET fence = fence + $1")).bind(number).execute().await?;
    Ok(())
}
