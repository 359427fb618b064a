//! Idempotency keys: one row for each key of a caller, in the transaction of what it stands for (R10, I6).

use super::{Json, Result, Tx};
use crate::domain::Timestamp;

/// How long a key is kept, in milliseconds: seven days.
pub const KEPT: i64 = 7 * 24 * 60 * 60 * 1000;

/// What was kept under a key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Kept {
    pub operation: String,
    pub fingerprint: String,
    /// Ids of what the first request made.
    pub result: Json<Vec<String>>,
}

/// Takes the key's lock until the transaction ends, and gives what is kept under it. A key that has
/// outlived its time counts for nothing, swept or not.
pub async fn find(tx: &mut Tx, caller: &str, key: &str, now: Timestamp) -> Result<Option<Kept>> {
    tx.query(sql!("SELECT 1 AS one WHERE {key_lock $1} IS NOT NULL"))
        .bind(format!("{caller}\n{key}"))
        .execute()
        .await?;
    tx.query(sql!("DELETE FROM idempotency WHERE caller = $1 AND key = $2 AND created_at <= $3"))
        .bind(caller)
        .bind(key)
        .bind(Timestamp(now.0 - KEPT))
        .execute()
        .await?;
    tx.query(sql!("SELECT operation, fingerprint, result FROM idempotency WHERE caller = $1 AND key = $2"))
        .bind(caller)
        .bind(key)
        .optional()
        .await
}

/// Keeps what the request with this key made.
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

/// Forgets keys that have outlived their time, those aside that somebody else has just now; gives how many.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.query(sql!(
        "DELETE FROM idempotency WHERE (caller, key) IN
            (SELECT k.caller, k.key FROM idempotency k WHERE k.created_at <= $1 {skip_locked})"
    ))
    .bind(Timestamp(now.0 - KEPT))
    .execute()
    .await
}
