//! Hosts and their labels: writing and locking them.

use super::{Ids, Json, Result, Texts, Tx};
use crate::domain::Timestamp;
use crate::domain::name::folded_hostname;
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
    let row = |host: &NewHost<'_>| json!({ "hostname": host.hostname, "folded": folded_hostname(host.hostname), "address": host.address });
    let rows: Vec<Value> = hosts.iter().map(row).collect();
    tx.query(sql!(
        "INSERT INTO host (hostname, address, created_at, created_by)
         SELECT value ->> 'hostname', value ->> 'address', $2, $3 FROM {items $1} WHERE true ORDER BY value ->> 'folded'
         ON CONFLICT DO NOTHING RETURNING id, hostname"
    ))
    .bind(Json(rows))
    .bind(at)
    .bind(by)
    .all()
    .await
}

/// Returns id and name of the hosts that have these names, in any spelling, and are not removed. Compare the names as
/// [`folded_hostname`] returns them: a host may be recorded in another spelling.
pub async fn by_name(tx: &mut Tx, hostnames: &[String]) -> Result<Vec<(i64, String)>> {
    let folded: Vec<String> = hostnames.iter().map(|name| folded_hostname(name)).collect();
    tx.query(sql!(
        "SELECT id, hostname FROM host WHERE folded_hostname {any $1} AND removed_at IS NULL ORDER BY folded_hostname"
    ))
    .bind(Texts(&folded))
    .all()
    .await
}

/// Locks and returns a host, removed or not.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Host>> {
    tx.query(sql!("SELECT id, hostname, address, removed_at FROM host WHERE id = $1 {lock}")).bind(id).optional().await
}

/// Locks hosts in the order of their ids, and returns those that are not removed, by id.
pub async fn lock_all(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Host>> {
    tx.query(sql!(
        "SELECT id, hostname, address, removed_at FROM host WHERE id {any $1} AND removed_at IS NULL ORDER BY id {lock}"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Saves a host's name and address. A `Conflict` if the name is taken.
pub async fn update(tx: &mut Tx, id: i64, hostname: &str, address: &str) -> Result<()> {
    tx.query(sql!("UPDATE host SET hostname = $2, address = $3 WHERE id = $1"))
        .bind(id)
        .bind(hostname)
        .bind(address)
        .execute()
        .await?;
    Ok(())
}

/// Saves the addresses of hosts, given by their ids.
pub async fn set_addresses(tx: &mut Tx, addresses: &[(i64, &str)]) -> Result<()> {
    let rows: Vec<Value> = addresses.iter().map(|(id, address)| json!({ "id": id, "address": address })).collect();
    tx.query(sql!(
        "UPDATE host SET address = value ->> 'address'
         FROM {items $1} WHERE host.id = CAST(value ->> 'id' AS bigint)"
    ))
    .bind(Json(rows))
    .execute()
    .await?;
    Ok(())
}

/// Returns the open releases with an instance on one of these hosts, oldest first, at most `limit`.
pub async fn open_releases(tx: &mut Tx, ids: &[i64], limit: usize) -> Result<Vec<i64>> {
    tx.query(sql!(
        "SELECT DISTINCT t.release_id FROM release_target t WHERE t.host_id {any $1} AND {open t} ORDER BY t.release_id LIMIT $2"
    ))
    .bind(Ids(ids))
    .bind(limit as i64)
    .scalars()
    .await
}

/// Removes hosts: their names are free again (R3).
pub async fn remove(tx: &mut Tx, ids: &[i64], at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE host SET removed_at = $2 WHERE id {any $1}")).bind(Ids(ids)).bind(at).execute().await?;
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

/// Removes all labels of hosts.
pub async fn unlabel(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!("DELETE FROM host_label WHERE host_id {any $1}")).bind(Ids(ids)).execute().await?;
    Ok(())
}
