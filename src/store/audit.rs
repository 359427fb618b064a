//! The audit log: an entry for each attempt to change something. Entries never change, but for the count of denials.

use super::{Json, Result, Tx};
use crate::domain::audit::AuditOutcome;
use crate::domain::{Timestamp, Word};
use serde_json::Value;
use std::net::IpAddr;

/// Caller and credential of the commands that open the database themselves.
pub const COMMAND_LINE: &str = "command line";

/// How long an entry of a denial counts further denials, in milliseconds.
const DENIAL_WINDOW_MS: i64 = 60_000;

/// One entry to write.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub caller: &'a str,
    pub credential: &'a str,
    pub address: Option<IpAddr>,
    /// `None` for a command.
    pub request_id: Option<&'a str>,
    /// The mutation's field.
    pub operation: &'a str,
    pub outcome: AuditOutcome,
    pub input: &'a Value,
    /// The ids of what was created or changed, or the codes of the problems.
    pub result: Value,
    /// The number of attempts that it stands for.
    pub count: i64,
}

/// Writes an entry.
pub async fn record(tx: &mut Tx, at: Timestamp, entry: &Entry<'_>) -> Result<()> {
    tx.query(sql!(
        "INSERT INTO audit (at, caller, credential, address, request_id, operation, outcome, input, result, count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    ))
    .bind(at)
    .bind(entry.caller)
    .bind(entry.credential)
    .bind(entry.address.map(|address| address.to_string()))
    .bind(entry.request_id)
    .bind(entry.operation)
    .bind(entry.outcome.word())
    .bind(Json(storable(entry.input)))
    .bind(Json(&entry.result))
    .bind(entry.count)
    .execute()
    .await?;
    Ok(())
}

/// Writes the entry of a command that opened the database itself.
pub async fn record_command(
    tx: &mut Tx,
    operation: &str,
    outcome: AuditOutcome,
    input: &Value,
    result: Value,
) -> Result<()> {
    let now = tx.now().await?;
    let (caller, credential, address, request_id, count) = (COMMAND_LINE, COMMAND_LINE, None, None, 1);
    record(tx, now, &Entry { caller, credential, address, request_id, operation, outcome, input, result, count }).await
}

/// Adds denials to the entry for this caller and operation from the last minute, whichever process wrote it, or writes one
/// if it does not exist.
pub async fn record_denials(tx: &mut Tx, entry: &Entry<'_>) -> Result<()> {
    // Processes that add denials at the same time do so one after the other.
    tx.query(sql!("SELECT 1 AS one WHERE {key_lock $1} IS NOT NULL")).bind("audit denials").execute().await?;
    let now = tx.now().await?;
    let counted = tx
        .query(sql!(
            "UPDATE audit SET count = count + $1 WHERE id = (SELECT max(a.id) FROM audit a
                WHERE a.caller = $2 AND a.operation = $3 AND a.outcome = $4 AND a.at > $5)"
        ))
        .bind(entry.count)
        .bind(entry.caller)
        .bind(entry.operation)
        .bind(AuditOutcome::Denied.word())
        .bind(Timestamp(now.0 - DENIAL_WINDOW_MS))
        .execute()
        .await?;
    match counted {
        0 => record(tx, now, entry).await,
        _ => Ok(()),
    }
}

/// Lets all entries from before this instant expire. [`delete_expired`] deletes their rows.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE audit_log SET kept_from = $1 WHERE kept_from < $1")).bind(before).execute().await?;
    Ok(())
}

/// Deletes at most this many expired entries, except those that another process is deleting. Returns how many it
/// deleted.
pub async fn delete_expired(tx: &mut Tx, limit: i64) -> Result<u64> {
    tx.query(sql!(
        "DELETE FROM audit WHERE id IN
            (SELECT a.id FROM audit a WHERE a.at < (SELECT kept_from FROM audit_log)
             ORDER BY a.at, a.id LIMIT $1 {skip_locked})"
    ))
    .bind(limit)
    .execute()
    .await
}

/// The same document without NUL, which jsonb cannot store.
fn storable(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace('\0', "\u{fffd}").into(),
        Value::Array(list) => list.iter().map(storable).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), storable(value))).collect(),
        value => value.clone(),
    }
}
