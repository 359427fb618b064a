//! `lockkeeper worker`.

use super::{logging, process};
use crate::config::{Given, GivenToServe, GivenToWork, Settings};
use crate::store::Dialect;
use anyhow::bail;

pub async fn run(given: &Given, to_work: GivenToWork) -> anyhow::Result<()> {
    let settings = Settings::load(given, &GivenToServe { to_work, ..GivenToServe::default() })?;
    let settings = Settings { worker: true, ..settings };
    if Dialect::of(&settings.database_url)? == Dialect::Sqlite {
        bail!(
            "{} is an SQLite file, which one `lockkeeper serve` owns; that carries out its releases, too. \
             A worker of its own needs PostgreSQL: --database-url postgres://USER@HOST/DATABASE.",
            settings.database_url
        );
    }
    logging::start(settings.log_format);
    let app = process::app(&settings).await?;
    process::run_worker(app, &settings, || println!("lockkeeper carries out releases")).await
}
