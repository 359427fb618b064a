//! The fleet as a whole: the locks that acceptance and claims share, and the suspension.

use super::{Db, Result, Tx};
use crate::domain::Timestamp;

/// Locks the freezes of the fleet and the freeze windows. Accepting a release shares this lock, with that of its service.
pub async fn lock_freezes(tx: &mut Tx) -> Result<()> {
    tx.query(sql!("SELECT 1 AS one WHERE {key_lock $1} IS NOT NULL")).bind("fleet").execute().await?;
    Ok(())
}

/// Lets a claim begin: returns the present instant, or `None` while the fleet is suspended. Until the transaction ends, it
/// is not suspended.
pub async fn share_claims(tx: &mut Tx) -> Result<Option<Timestamp>> {
    tx.query(sql!(
        "SELECT {now} AS now FROM fleet WHERE suspension_id IS NULL AND {key_share 'claims'} IS NOT NULL {share}"
    ))
    .optional_scalar()
    .await
}

/// Whether the fleet is suspended.
pub async fn is_suspended(db: &Db) -> Result<bool> {
    Ok(db.query(sql!("SELECT suspension_id FROM fleet")).one::<(Option<i64>,)>().await?.0.is_some())
}

/// Locks out all claims, and returns the suspension that stands: nothing is claimed until the transaction ends.
pub async fn lock_claims(tx: &mut Tx) -> Result<Option<i64>> {
    tx.query(sql!("SELECT suspension_id FROM fleet WHERE {key_lock 'claims'} IS NOT NULL {lock}"))
        .one::<(Option<i64>,)>()
        .await
        .map(|(id,)| id)
}

/// Suspends the fleet, whose claims are locked out. Returns the id of the suspension.
pub async fn suspend(tx: &mut Tx, reason: &str, by: &str, at: Timestamp) -> Result<i64> {
    let id: i64 = tx
        .query(sql!("INSERT INTO suspension (reason, created_at, created_by) VALUES ($1, $2, $3) RETURNING id"))
        .bind(reason)
        .bind(at)
        .bind(by)
        .scalar()
        .await?;
    tx.query(sql!("UPDATE fleet SET suspension_id = $1")).bind(id).execute().await?;
    Ok(id)
}

/// Ends a suspension of the fleet, whose claims are locked out.
pub async fn resume(tx: &mut Tx, suspension_id: i64, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE suspension SET ended_at = $2, ended_by = $3 WHERE id = $1"))
        .bind(suspension_id)
        .bind(at)
        .bind(by)
        .execute()
        .await?;
    tx.query(sql!("UPDATE fleet SET suspension_id = NULL")).execute().await?;
    Ok(())
}
