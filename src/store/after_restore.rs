//! What a restored database needs: it is as it was earlier, from a backup or a standby that lagged behind.

use super::db::log_id;
use super::{Db, Result, audit, instance};
use crate::domain::audit::AuditOutcome;
use serde_json::json;

/// More claims than any instance can have had in the time that was lost.
const MAX_LOST_CLAIMS: i64 = 1_000_000;

/// Makes sure that nothing from the lost time fits the database. The log gets another name, so that cursors from then are
/// answered with `CURSOR_INVALID` and never name other events (I5); all fences become higher than those that state
/// directories have seen (I3). Running targets are then treated like those of a worker that died.
pub async fn detach(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    instance::raise_all_fences(&mut tx, MAX_LOST_CLAIMS).await?;
    tx.query(sql!("UPDATE release_target SET fence = fence + $1 WHERE status = 'RUNNING'"))
        .bind(MAX_LOST_CLAIMS)
        .execute()
        .await?;
    log_id::replace(&mut tx).await?;
    audit::record_command(&mut tx, "restored", AuditOutcome::Accepted, &json!({}), json!([])).await?;
    tx.commit().await
}
