//! Locks that a release found when it was requested, with the details of their holders.

use super::{Db, Ids, Result};
use crate::domain::Timestamp;

/// A release or a hold that locks an instance: exactly one of the two ids is `Some`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Lock {
    pub holder_release_id: Option<i64>,
    pub holder_hold_id: Option<i64>,
    pub reason: String,
    pub created_by: String,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
}

/// Returns the details of these holders.
pub async fn of(db: &Db, release_ids: &[i64], hold_ids: &[i64]) -> Result<Vec<Lock>> {
    db.query(sql!(
        "SELECT CAST(NULL AS bigint) AS holder_release_id, id AS holder_hold_id, reason, created_by,
            created_at AS since, until
         FROM hold WHERE id {any $1}
         UNION ALL
         SELECT id, NULL, reason, created_by, created_at, NULL FROM release WHERE id {any $2}"
    ))
    .bind(Ids(hold_ids))
    .bind(Ids(release_ids))
    .all()
    .await
}
