//! The name of a database's event log: cursors contain it, so that a cursor of another database is recognized.

use super::{Db, Result, Tx};

/// The name of this database's log; it gets one when it is first opened.
pub(super) async fn read_or_create(db: &Db) -> Result<String> {
    if let Some(id) = db.query(sql!("SELECT id FROM event_log")).optional_scalar().await? {
        return Ok(id);
    }
    let mut tx = db.begin().await?;
    tx.query(sql!("INSERT INTO event_log (one, id, position, floor) VALUES (1, $1, 0, 0) ON CONFLICT DO NOTHING"))
        .bind(new_id())
        .execute()
        .await?;
    let id = tx.query(sql!("SELECT id FROM event_log")).scalar().await?;
    tx.commit().await?;
    Ok(id)
}

/// Gives the log another name: cursors from before are invalid from then on.
pub async fn replace(tx: &mut Tx) -> Result<()> {
    tx.query(sql!("UPDATE event_log SET id = $1")).bind(new_id()).execute().await?;
    Ok(())
}

fn new_id() -> String {
    format!("{:08x}", rand::random::<u32>())
}
