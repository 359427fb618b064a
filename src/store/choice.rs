//! What a request for a release refers to: read after the service was locked, so that what is found
//! stands until the release is accepted (R8).

use super::{Ids, Json, Result, Texts, Tx};
use crate::domain::Timestamp;
use crate::domain::hold::Hold;
use crate::domain::instance::InstanceStatus;
use crate::domain::version::BuildStatus;
use serde_json::json;

/// The service, as a release needs it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Service {
    pub id: i64,
    pub name: String,
    pub executor: String,
}

/// A version, as a release needs it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Version {
    pub id: i64,
    pub service_id: i64,
    pub build_status: BuildStatus,
    pub withdrawn_at: Option<Timestamp>,
}

/// A host that is named or found.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Host {
    pub id: i64,
    pub hostname: String,
}

/// An instance that may be chosen.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Instance {
    pub id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub version_id: Option<i64>,
    pub status: InstanceStatus,
    pub revision: i64,
    /// The release that has it, if one has.
    pub release_id: Option<i64>,
}

/// Which instances of a service; what is none does not restrict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen<'a> {
    pub ids: Option<&'a [i64]>,
    pub host_ids: Option<&'a [i64]>,
    /// Only those that are recorded at this version.
    pub version_id: Option<i64>,
}

/// Takes the service for the rest of the transaction, as one of many that refer to it: nobody can
/// freeze or remove it, or withdraw a version of it, before the end. None if there is none.
pub async fn service(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!("SELECT id FROM service WHERE id = $1 {share}")).bind(id).execute().await?;
    tx.query(sql!("SELECT id, name, executor FROM service WHERE id = $1 AND removed_at IS NULL"))
        .bind(id)
        .optional()
        .await
}

/// Those of these versions that are there.
pub async fn versions(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Version>> {
    tx.query(sql!(
        "SELECT id, service_id, build_status, withdrawn_at FROM version WHERE id {any $1} AND removed_at IS NULL"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

#[derive(sqlx::FromRow)]
struct HoldRow {
    id: i64,
    service_id: i64,
    instance_id: Option<i64>,
    includes_reverts: bool,
    created_by: String,
    until: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

impl HoldRow {
    fn split(self) -> (i64, Hold) {
        let HoldRow { id, service_id, instance_id, includes_reverts, created_by, until, ended_at } = self;
        (service_id, Hold { id, instance_id, includes_reverts, created_by, until, ended_at })
    }
}

/// The freezes of a service that were not ended, oldest first.
pub async fn freezes(tx: &mut Tx, service_id: i64) -> Result<Vec<Hold>> {
    let rows: Vec<HoldRow> = tx
        .query(sql!(
            "SELECT id, service_id, instance_id, includes_reverts, created_by, until, ended_at FROM hold
             WHERE service_id = $1 AND instance_id IS NULL AND ended_at IS NULL ORDER BY id"
        ))
        .bind(service_id)
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| row.split().1).collect())
}

/// Those of these holds and freezes that there are, each with the service that it is of.
pub async fn holds(tx: &mut Tx, ids: &[i64]) -> Result<Vec<(i64, Hold)>> {
    let rows: Vec<HoldRow> = tx
        .query(sql!(
            "SELECT id, service_id, instance_id, includes_reverts, created_by, until, ended_at FROM hold WHERE id {any $1}"
        ))
        .bind(Ids(ids))
        .all()
        .await?;
    Ok(rows.into_iter().map(HoldRow::split).collect())
}

/// Those of these hosts that are there.
pub async fn hosts_by_id(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Host>> {
    tx.query(sql!("SELECT id, hostname FROM host WHERE id {any $1} AND removed_at IS NULL")).bind(Ids(ids)).all().await
}

/// Those of these hosts that are there, by name.
pub async fn hosts_by_name(tx: &mut Tx, names: &[String]) -> Result<Vec<Host>> {
    tx.query(sql!("SELECT id, hostname FROM host WHERE hostname {any $1} AND removed_at IS NULL"))
        .bind(Texts(names))
        .all()
        .await
}

/// The hosts that have all of these labels, each of which is given once.
pub async fn hosts_by_labels(tx: &mut Tx, labels: &[(String, String)]) -> Result<Vec<Host>> {
    let items: Vec<_> = labels.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    tx.query(sql!(
        "SELECT h.id, h.hostname FROM {items $1}
         JOIN host_label l ON l.key = item.value ->> 'key' AND l.value = item.value ->> 'value'
         JOIN host h ON h.id = l.host_id AND h.removed_at IS NULL
         GROUP BY h.id, h.hostname HAVING count(*) = $2"
    ))
    .bind(Json(items))
    .bind(labels.len() as i64)
    .all()
    .await
}

/// Takes these hosts for the rest of the transaction: nobody else installs on them or removes them meanwhile.
pub async fn lock_hosts(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!("SELECT id FROM host WHERE id {any $1} ORDER BY id {lock}")).bind(Ids(ids)).execute().await?;
    Ok(())
}

/// Takes these instances for the rest of the transaction. What depends on them is to be read after it.
pub async fn lock_instances(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!("SELECT id FROM instance WHERE id {any $1} ORDER BY id {lock}")).bind(Ids(ids)).execute().await?;
    Ok(())
}

/// The instances of a service that are there and were chosen so. An instance and the release that has it
/// are read in one statement: they never contradict each other.
pub async fn instances(tx: &mut Tx, service_id: i64, chosen: Chosen<'_>) -> Result<Vec<Instance>> {
    tx.query(sql!(
        "SELECT i.id, i.host_id, i.hostname, i.version_id, i.status, i.revision, t.release_id FROM instance i
         LEFT JOIN release_target t ON t.instance_id = i.id AND t.status IN ('QUEUED', 'RUNNING')
         WHERE i.service_id = $1 AND i.status <> 'REMOVED'"
    ))
    .bind(service_id)
    .filter(part!(" AND i.id {any $}"), chosen.ids.map(Ids))
    .filter(part!(" AND i.host_id {any $}"), chosen.host_ids.map(Ids))
    .filter(part!(" AND i.version_id = $"), chosen.version_id)
    .all()
    .await
}

/// The holds that stand on these instances: the instance and the hold, oldest first.
pub async fn standing_holds(tx: &mut Tx, instance_ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "SELECT instance_id, id FROM hold
         WHERE instance_id {any $1} AND ended_at IS NULL AND (until IS NULL OR until > {now}) ORDER BY id"
    ))
    .bind(Ids(instance_ids))
    .all()
    .await
}
