//! Hosts and their labels: writing and locking them.

use super::{Json, Result, Texts, Tx};
use crate::domain::Timestamp;
use serde_json::{Value, json};

/// A host as it is recorded, without its labels.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Host {
    pub id: i64,
    pub hostname: String,
    pub address: String,
    /// `None` while it is not removed (R3).
    pub removed_at: Option<Timestamp>,
}

/// A host to be registered.
#[derive(Clone, Debug)]
pub struct NewHost<'a> {
    pub hostname: &'a str,
    pub address: &'a str,
}

/// One label of one host.
#[derive(Clone, Debug)]
pub struct NewLabel<'a> {
    pub host_id: i64,
    pub key: &'a str,
    pub value: &'a str,
}

/// Registers hosts in one statement, and returns id and name of those whose name was free. They are inserted in the order of
/// their names, so that two transactions with the same hosts do not wait for each other.
pub async fn insert(tx: &mut Tx, hosts: &[NewHost<'_>], by: &str, at: Timestamp) -> Result<Vec<(i64, String)>> {
    let rows: Vec<Value> =
        hosts.iter().map(|host| json!({ "hostname": host.hostname, "address": host.address })).collect();
    tx.query(sql!(
        "INSERT INTO host (hostname, address, created_at, created_by)
         SELECT value ->> 'hostname', value ->> 'address', $2, $3 FROM {items $1} WHERE true ORDER BY 1
         ON CONFLICT DO NOTHING RETURNING id, hostname"
    ))
    .bind(Json(rows))
    .bind(at)
    .bind(by)
    .all()
    .await
}

/// Returns id and name of the hosts that have these names and are not removed.
pub async fn by_name(tx: &mut Tx, hostnames: &[String]) -> Result<Vec<(i64, String)>> {
    tx.query(sql!("SELECT id, hostname FROM host WHERE hostname {any $1} AND removed_at IS NULL ORDER BY hostname"))
        .bind(Texts(hostnames))
        .all()
        .await
}

/// Locks and returns a host, removed or not.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Host>> {
    tx.query(sql!("SELECT id, hostname, address, removed_at FROM host WHERE id = $1 {lock}")).bind(id).optional().await
}

/// Saves a host's address.
pub async fn update(tx: &mut Tx, id: i64, address: &str) -> Result<()> {
    tx.query(sql!("UPDATE host SET address = $2 WHERE id = $1")).bind(id).bind(address).execute().await?;
    Ok(())
}

/// Removes a host: its name is free again (R3).
pub async fn remove(tx: &mut Tx, id: i64, at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE host SET removed_at = $2 WHERE id = $1")).bind(id).bind(at).execute().await?;
    Ok(())
}

/// Adds labels.
pub async fn label(tx: &mut Tx, labels: &[NewLabel<'_>]) -> Result<()> {
    if labels.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = labels
        .iter()
        .map(|label| json!({ "host_id": label.host_id, "key": label.key, "value": label.value }))
        .collect();
    tx.query(sql!(
        "INSERT INTO host_label (host_id, key, value)
         SELECT CAST(value ->> 'host_id' AS bigint), value ->> 'key', value ->> 'value' FROM {items $1}"
    ))
    .bind(Json(rows))
    .execute()
    .await?;
    Ok(())
}

/// Removes all labels of a host.
pub async fn unlabel(tx: &mut Tx, id: i64) -> Result<()> {
    tx.query(sql!("DELETE FROM host_label WHERE host_id = $1")).bind(id).execute().await?;
    Ok(())
}
