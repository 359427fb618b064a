//! The audit log: one entry for each mutation, never changed.

use super::{Json, Result, Tx};
use crate::domain::{Caller, Timestamp};
use serde_json::Value;

/// How a mutation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Refused,
    Replayed,
}

/// One entry to write.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub caller: &'a Caller,
    pub request_id: &'a str,
    /// The mutation's field.
    pub operation: &'a str,
    pub outcome: Outcome,
    pub input: &'a Value,
    /// Ids of what was made or changed, or codes of the problems.
    pub result: Value,
}

/// Writes an entry.
pub async fn record(tx: &mut Tx, at: Timestamp, entry: Entry<'_>) -> Result<()> {
    let outcome = match entry.outcome {
        Outcome::Accepted => "ACCEPTED",
        Outcome::Refused => "REFUSED",
        Outcome::Replayed => "REPLAYED",
    };
    tx.query(sql!(
        "INSERT INTO audit (at, caller, token_id, request_id, operation, outcome, input, result)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    ))
    .bind(at)
    .bind(&entry.caller.name)
    .bind(entry.caller.token)
    .bind(entry.request_id)
    .bind(entry.operation)
    .bind(outcome)
    .bind(Json(storable(entry.input)))
    .bind(Json(entry.result))
    .execute()
    .await?;
    Ok(())
}

/// The same document without the one character that jsonb cannot keep.
fn storable(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace('\0', "\u{fffd}").into(),
        Value::Array(list) => list.iter().map(storable).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), storable(value))).collect(),
        value => value.clone(),
    }
}
