//! Idempotency keys: one row for each key of a caller, written in the transaction of its first request (R10, I6).

use super::{Json, Result, Tx};
use crate::domain::Timestamp;

/// How long a key is kept, in milliseconds: seven days.
pub const KEY_LIFETIME_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What is kept for a key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Kept {
    pub operation: String,
    pub fingerprint: String,
    /// Ids of what the first request created.
    pub result: Json<Vec<String>>,
}

/// Locks a key until the transaction ends, and returns what is kept for it, or `None`. A key that is too old has no effect,
/// also if it was not deleted yet.
pub async fn find(tx: &mut Tx, caller: &str, key: &str, now: Timestamp) -> Result<Option<Kept>> {
    tx.query(sql!("SELECT 1 AS one WHERE {key_lock $1} IS NOT NULL"))
        .bind(format!("{caller}\n{key}"))
        .execute()
        .await?;
    tx.query(sql!("DELETE FROM idempotency WHERE caller = $1 AND key = $2 AND created_at <= $3"))
        .bind(caller)
        .bind(key)
        .bind(Timestamp(now.0 - KEY_LIFETIME_MS))
        .execute()
        .await?;
    tx.query(sql!("SELECT operation, fingerprint, result FROM idempotency WHERE caller = $1 AND key = $2"))
        .bind(caller)
        .bind(key)
        .optional()
        .await
}

/// Keeps what the request with this key created.
pub async fn keep(tx: &mut Tx, caller: &str, key: &str, now: Timestamp, kept: &Kept) -> Result<()> {
    tx.query(sql!(
        "INSERT INTO idempotency (caller, key, operation, fingerprint, result, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
    ))
    .bind(caller)
    .bind(key)
    .bind(&kept.operation)
    .bind(&kept.fingerprint)
    .bind(&kept.result)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Deletes keys that are too old, except for those that another transaction has locked. Returns how many it deleted.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.query(sql!(
        "DELETE FROM idempotency WHERE (caller, key) IN
            (SELECT k.caller, k.key FROM idempotency k WHERE k.created_at <= $1 {skip_locked})"
    ))
    .bind(Timestamp(now.0 - KEY_LIFETIME_MS))
    .execute()
    .await
}
