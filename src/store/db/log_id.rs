//! The names of a database and of its event log: cursors contain the latter, so that a cursor of another database is
//! recognized, and hosts know the former.

use super::{Db, Result, Tx};

/// The names of a database and of its event log.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct Names {
    pub database_id: String,
    pub id: String,
}

/// The names of this database; it gets them when it is first opened.
pub(super) async fn read_or_create(db: &Db) -> Result<Names> {
    if let Some(names) = db.query(sql!("SELECT database_id, id FROM event_log")).optional().await? {
        return Ok(names);
    }
    let mut tx = db.begin().await?;
    tx.query(sql!(
        "INSERT INTO event_log (one, database_id, id, position, floor) VALUES (1, $1, $2, 0, 0) ON CONFLICT DO NOTHING"
    ))
    .bind(format!("{:016x}", rand::random::<u64>()))
    .bind(new_id())
    .execute()
    .await?;
    let names = tx.query(sql!("SELECT database_id, id FROM event_log")).one().await?;
    tx.commit().await?;
    Ok(names)
}

/// Gives the log another name: cursors from before are invalid from then on.
pub async fn replace(tx: &mut Tx) -> Result<()> {
    tx.query(sql!("UPDATE event_log SET id = $1")).bind(new_id()).execute().await?;
    Ok(())
}

fn new_id() -> String {
    format!("{:08x}", rand::random::<u32>())
}
