//! `lockkeeper serve`.

use super::{logging, process};
use crate::app::App;
use crate::config::{Given, GivenToServe, Settings};
use crate::store::{Db, Owner};
use anyhow::Context;
use tokio::net::TcpListener;

/// Connections to the database that serving takes.
const CONNECTIONS: u32 = 16;

pub async fn run(given: &Given, to_serve: &GivenToServe) -> anyhow::Result<()> {
    let settings = Settings::load(given, to_serve)?;
    logging::start(settings.log_format);
    let _owner = Owner::take(&settings.database_url)?;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("It cannot listen on {}", settings.listen))?;
    let db = Db::open(&settings.database_url, CONNECTIONS).await.context("The database cannot be opened")?;
    let app = App { db, executors: settings.executors.clone(), rollout: settings.rollout };
    let address = listener.local_addr()?;
    process::run(app, listener, &settings, || println!("lockkeeper serves http://{address}/graphql")).await
}
