//! The hosts and instances from which a release chooses, read and locked in bulk.

use super::{Ids, Json, Result, Texts, Tx};
use crate::domain::instance::InstanceStatus;
use serde_json::json;

/// A host that a request names or selects.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CandidateHost {
    pub id: i64,
    pub hostname: String,
}

/// An instance that may be chosen.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CandidateInstance {
    pub id: i64,
    pub host_id: i64,
    pub hostname: String,
    pub version_id: Option<i64>,
    /// That of its version.
    pub precedence: Option<String>,
    pub status: InstanceStatus,
    pub revision: i64,
    /// The release that locks it.
    pub release_id: Option<i64>,
    pub is_drained: bool,
    pub is_unhealthy: bool,
    pub maintenance: bool,
}

impl CandidateInstance {
    /// Whether it is broken, unknown, unhealthy or out of service before anything happens to it.
    pub fn is_unavailable(&self) -> bool {
        self.status.is_unavailable() || self.is_drained || self.is_unhealthy || self.maintenance
    }
}

/// A selection of a service's instances.
#[derive(Clone, Copy, Debug)]
pub enum InstanceSelection<'a> {
    All,
    /// Those with these ids.
    Ids(&'a [i64]),
    /// Those on these hosts.
    OnHosts(&'a [i64]),
}

/// Returns those of these hosts that are not removed.
pub async fn hosts_by_id(tx: &mut Tx, ids: &[i64]) -> Result<Vec<CandidateHost>> {
    tx.query(sql!("SELECT id, hostname FROM host WHERE id {any $1} AND removed_at IS NULL")).bind(Ids(ids)).all().await
}

/// Returns the hosts that have all of these labels, which must be distinct.
pub async fn hosts_by_labels(tx: &mut Tx, labels: &[(String, String)]) -> Result<Vec<CandidateHost>> {
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

/// Returns the labels with these keys that these hosts have: host, key and value.
pub async fn labels_of(tx: &mut Tx, hosts: &[i64], keys: &[String]) -> Result<Vec<(i64, String, String)>> {
    tx.query(sql!("SELECT host_id, key, value FROM host_label WHERE host_id {any $1} AND key {any $2}"))
        .bind(Ids(hosts))
        .bind(Texts(keys))
        .all()
        .await
}

/// Locks hosts: until the transaction ends, no other installs on them or removes them.
pub async fn lock_hosts(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!("SELECT id FROM host WHERE id {any $1} ORDER BY id {lock}")).bind(Ids(ids)).execute().await?;
    Ok(())
}

/// Returns the instances of a service that are not removed, only those at `version_id` if it is `Some`. An instance and the
/// release that locks it are read in one statement, so that they never contradict each other.
pub async fn instances(
    tx: &mut Tx,
    service_id: i64,
    selection: InstanceSelection<'_>,
    version_id: Option<i64>,
) -> Result<Vec<CandidateInstance>> {
    let (ids, host_ids) = match selection {
        InstanceSelection::All => (None, None),
        InstanceSelection::Ids(ids) => (Some(Ids(ids)), None),
        InstanceSelection::OnHosts(host_ids) => (None, Some(Ids(host_ids))),
    };
    tx.query(sql!(
        "SELECT i.id, i.host_id, i.hostname, i.version_id, v.precedence, i.status, i.revision, t.release_id,
            i.drained_since IS NOT NULL AS is_drained,
            COALESCE(i.health = 'UNHEALTHY', false) AS is_unhealthy, i.maintenance
         FROM instance i
         LEFT JOIN version v ON v.id = i.version_id
         LEFT JOIN release_target t ON t.instance_id = i.id AND {open t}
         WHERE i.service_id = $1 AND i.status <> 'REMOVED'"
    ))
    .bind(service_id)
    .filter(part!(" AND i.id {any $}"), ids)
    .filter(part!(" AND i.host_id {any $}"), host_ids)
    .filter(part!(" AND i.version_id = $"), version_id)
    .all()
    .await
}
