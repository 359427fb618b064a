//! `lockkeeper demo`: a server on a temporary database, with a small fleet on simulated hosts.

mod fleet;
mod instructions;

use super::{logging, process};
use crate::app::App;
use crate::auth::tokens;
use crate::config::{LogFormat, Settings};
use crate::domain::Role;
use crate::domain::release::rollout::Amount;
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::retention::Retention;
use crate::executor::{Executor, Executors};
use crate::gate::Gate;
use crate::limits::Limits;
use crate::net::Access;
use crate::worker::Timing;
use anyhow::Context;
use clap::Args;
use lockkeeper_terminal::escape;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Args, Debug)]
pub struct Options {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", env = "LOCKKEEPER_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Creates the fleet, prints what can be tried, and serves. The database is removed when the server stops.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    logging::start_quiet();
    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("Cannot listen on {}", options.listen))?;
    let private = Permissions::from_mode(0o700);
    let directory = tempfile::Builder::new().prefix("lockkeeper-demo-").permissions(private).tempdir()?;
    let settings = settings(listener.local_addr()?, directory.path(), executors("1s", "")?);
    let db = process::open(&settings).await?;
    let token = tokens::create(&db, "demo", Role::Admin, None).await?;
    let app = App { db, executors: executors("0s", "")?, rollout: settings.rollout };
    let failing = App { executors: executors("0s", fleet::FAILING_HOST)?, ..app.clone() };
    let fleet = fleet::make(&app, &failing, &settings.state_dir).await?;

    let app = App { executors: settings.executors.clone(), ..app };
    let text = instructions::instructions(settings.listen, &token, &fleet, &std::env::current_exe()?);
    let gate = Gate::for_api(settings.limits);
    let ready = || println!("{}", escape::lines(&text));
    process::run(app, gate, listener, None, &settings, ready).await
}

fn settings(listen: SocketAddr, directory: &Path, executors: Executors) -> Settings {
    Settings {
        database_url: format!("sqlite:{}", directory.join("demo.db").display()),
        log_format: LogFormat::Text,
        listen,
        tls: None,
        access: Access::default(),
        worker: true,
        trusted_documents: None,
        state_dir: directory.join("state"),
        rollout: RolloutDefaults { max_parallel: Amount::Count(2), ..RolloutDefaults::default() },
        keep: Retention { events: Some(Duration::from_hours(24)), ..Retention::default() },
        timing: Timing { drain: Duration::from_secs(5), ..Timing::default() },
        executors,
        limits: Limits::default(),
    }
}

/// One simulated executor, whose starts take about this long, and fail on this host, if it is not empty.
fn executors(delay: &str, failing_host: &str) -> anyhow::Result<Executors> {
    let simulated = format!(
        "kind = \"simulate\"\ndelay = \"{delay}\"\njitter = \"{delay}\"\nlines = 3\nfail_hosts = [\"{failing_host}\"]\n"
    );
    Ok(Executors::from_iter([Executor::parse("simulated", &simulated)?]))
}
