//! `lockkeeper migrate`.

use crate::config::Given;

pub async fn run(given: &Given) -> anyhow::Result<()> {
    // Opening a database brings its tables up to date.
    super::open(given).await?.close().await;
    println!("The tables of the database are up to date.");
    Ok(())
}
