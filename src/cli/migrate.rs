//! `lockkeeper migrate`.

use crate::config::CommonArgs;

pub async fn run(common: &CommonArgs) -> anyhow::Result<()> {
    // Opening a database brings its tables up to date.
    super::open(common).await?.close().await;
    println!("The tables of the database are up to date.");
    Ok(())
}
