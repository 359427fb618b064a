//! A database that is as it was at an earlier time: from a backup, or a standby that had not got everything.

use super::{Db, Result, audit, instance};
use crate::domain::audit::AuditOutcome;
use serde_json::json;

/// More claims than an instance can have had in what was lost.
const LOST_CLAIMS: i64 = 1_000_000;

/// Makes it one that nothing from the lost time fits. Its log gets another name, so that cursors from then are told
/// `CURSOR_INVALID` and do not name other events one day (I5); and all fences are higher than those that state
/// directories have seen (I3). What runs goes the way of targets whose worker died.
pub async fn settle(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    instance::raise_all_fences(&mut tx, LOST_CLAIMS).await?;
    tx.query(sql!("UPDATE release_target SET fence = fence + $1 WHERE status = 'RUNNING'"))
        .bind(LOST_CLAIMS)
        .execute()
        .await?;
    tx.query(sql!("UPDATE event_log SET id = $1")).bind(super::events::new_log_id()).execute().await?;
    audit::record_command(&mut tx, "restored", AuditOutcome::Accepted, &json!({}), json!([])).await?;
    tx.commit().await
}
