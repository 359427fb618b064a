//! `lockkeeper restored`.

use crate::config::CommonArgs;
use crate::store::{Db, Owner, after_restore};

/// Marks the database as restored. No other process may use it meanwhile.
pub async fn run(common: &CommonArgs) -> anyhow::Result<()> {
    let url = super::database_url(common)?;
    anyhow::ensure!(Db::may_exist(&url), super::local::missing(&url));
    let _owner = Owner::take(&url).await?;
    let db = Db::open(&url, super::SHORT_COMMAND_CONNECTIONS).await?;
    after_restore::detach(&db).await?;
    db.close().await;
    println!(
        "The database is ready: cursors and commands from after the backup are no longer valid for it. Start lockkeeper."
    );
    Ok(())
}
