//! `lockkeeper serve`.

use super::{logging, process};
use crate::config::{Given, GivenToServe, Settings};
use crate::store::Owner;
use anyhow::Context;
use tokio::net::TcpListener;

pub async fn run(given: &Given, to_serve: &GivenToServe) -> anyhow::Result<()> {
    let settings = Settings::load(given, to_serve)?;
    logging::start(settings.log_format);
    let _owner = Owner::take(&settings.database_url).await?;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("It cannot listen on {}", settings.listen))?;
    let app = process::app(&settings).await?;
    let address = listener.local_addr()?;
    process::run(app, listener, &settings, || println!("lockkeeper serves http://{address}/graphql")).await
}
