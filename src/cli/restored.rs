//! `lockkeeper restored`.

use crate::config::CommonArgs;
use crate::store::{Db, Owner, after_restore};

/// To be run once, while no other process uses the database.
pub async fn run(common: &CommonArgs) -> anyhow::Result<()> {
    let url = super::database_url(common)?;
    anyhow::ensure!(Db::may_exist(&url), "There is no database at {url}. Name the one that was restored.");
    let _owner = Owner::take(&url).await?;
    let db = Db::open(&url, super::FEW).await?;
    after_restore::detach(&db).await?;
    db.close().await;
    println!("Cursors and commands from after the backup do not fit this database any more. Start lockkeeper.");
    Ok(())
}
