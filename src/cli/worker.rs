//! `lockkeeper worker`.

use super::{logging, process, waits};
use crate::config::{CommonArgs, ServeArgs, Settings, WorkArgs};
use crate::store::Dialect;
use anyhow::bail;

pub async fn run(common: &CommonArgs, work: WorkArgs) -> anyhow::Result<()> {
    let settings = Settings::load(common, &ServeArgs { work, ..ServeArgs::default() })?;
    let settings = Settings { worker: true, ..settings };
    if Dialect::of(&settings.database_url)? == Dialect::Sqlite {
        bail!(
            "{} is an SQLite file. Only one process can use it: `lockkeeper serve`, which also carries out its releases. \
             A separate worker needs PostgreSQL: --database-url postgres://USER@HOST/DATABASE.",
            settings.database_url
        );
    }
    logging::start(settings.log_format);
    let app = process::app(&settings).await?;
    waits::warn(&app, &settings).await?;
    process::run_worker(app, &settings, || println!("lockkeeper worker ready")).await
}
