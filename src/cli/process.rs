//! A server process: its parts, started in order, and stopped in order.

use crate::app::App;
use crate::auth::Tokens;
use crate::catalog;
use crate::config::Settings;
use crate::events::{self, Tail, Waking};
use crate::graphql;
use crate::release::worker::{self, WorkerSettings};
use crate::server::ws::Timings;
use crate::server::{Api, Metrics, Server};
use crate::store::Db;
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// Longest time for a query, and for the answer to a mutation.
const DEADLINE: Duration = Duration::from_secs(30);

/// Serves until it is asked to stop, and says when it is ready. Then it claims nothing more, lets what runs end for
/// a while and hands the rest back, ends streams, and answers what was asked.
pub async fn run(app: App, listener: TcpListener, settings: &Settings, ready: impl FnOnce()) -> anyhow::Result<()> {
    let asked_to_stop = asked_to_stop()?;
    let (stopping, closing) = (CancellationToken::new(), CancellationToken::new());
    let tail = Tail::start(app.db.clone(), Waking::default(), closing.clone()).await?;
    let server = Server {
        tokens: Tokens::new(app.db.clone()),
        metrics: Metrics::new(app.db.clone(), tail.clone()),
        engine: Arc::new(Api { schema: graphql::schema(app.clone()), tail }),
        deadline: DEADLINE,
        stopping: stopping.clone(),
        closing: closing.clone(),
        timings: Timings::default(),
        underway: TaskTracker::new(),
    };
    let mut serving = tokio::spawn(server.serve(listener));
    let mut working = tokio::spawn(work(app.clone(), settings.clone(), stopping.clone()));
    let _holds = AbortOnDropHandle::new(tokio::spawn(end_holds(app.db.clone())));
    let _events = AbortOnDropHandle::new(tokio::spawn(keep_events(app.db.clone(), settings.keep_events)));
    ready();
    tokio::select! {
        () = asked_to_stop => tracing::info!("stopping: nothing more is claimed, and what runs may end"),
        served = &mut serving => return served?.context("It cannot serve any more"),
        worked = &mut working => return worked?,
    }
    stopping.cancel();
    let worked = working.await?;
    closing.cancel();
    serving.await?.context("It could not stop serving")?;
    app.db.close().await;
    worked
}

/// Carries out releases, if this process should, until it is to stop.
async fn work(app: App, settings: Settings, stopping: CancellationToken) -> anyhow::Result<()> {
    if !settings.worker {
        stopping.cancelled().await;
        return Ok(());
    }
    Ok(worker::run(app, WorkerSettings::new(worker_name(), &settings.state_dir), stopping).await?)
}

/// The worker's name in events: that of its machine.
fn worker_name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("worker@{}", if machine.trim().is_empty() { "localhost" } else { machine.trim() })
}

/// Ends holds that are past their time, each second (R17).
async fn end_holds(db: Db) {
    loop {
        if let Err(error) = catalog::hold::sweep(&db).await {
            tracing::warn!(%error, "holds that are past their time could not be ended");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Gives up old events, each hour.
async fn keep_events(db: Db, kept: Duration) {
    loop {
        match events::keep(&db, kept).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "old events were given up"),
            Err(error) => tracing::warn!(%error, "old events could not be given up"),
        }
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
}

/// Ends at the first SIGTERM or SIGINT; the second one ends the process as if nobody listened.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            tracing::warn!("asked to stop again: ending at once");
            std::process::exit(1);
        });
    })
}
