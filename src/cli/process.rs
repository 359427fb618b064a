//! A process that serves or carries out releases: its parts, started in order, and stopped in order.

use crate::app::App;
use crate::auth::Credentials;
use crate::change::Denials;
use crate::config::Settings;
use crate::events::{Tail, Waking};
use crate::gate::Gate;
use crate::limits::{CONNECTIONS, SUBSCRIPTION_CONNECTIONS};
use crate::server::tls::{Certificates, Reloader};
use crate::server::ws::Timings;
use crate::server::{Api, Counters, Metrics, Rates, Readiness, Server, SubscriptionCounts, WaitingBytes};
use crate::store::{self, Capacity, Db};
use crate::upkeep::Upkeep;
use crate::watch::Groups;
use crate::worker::{self, WorkerSettings};
use anyhow::Context;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// Opens the database, and puts together what the process needs.
pub async fn app(settings: &Settings) -> anyhow::Result<App> {
    let db = open(settings).await?;
    Ok(App { db, executors: settings.executors.clone(), rollout: settings.rollout })
}

/// Opens the database of a process that serves or carries out releases.
pub async fn open(settings: &Settings) -> store::Result<Db> {
    let limits = &settings.limits;
    let capacity = Capacity {
        connections: CONNECTIONS + SUBSCRIPTION_CONNECTIONS,
        query_turns: limits.query_turns,
        query_deadline: Some(limits.query_deadline),
    };
    Db::open_for(&settings.database_url, capacity).await
}

/// Serves until the process is asked to stop. Calls `ready` once the server accepts connections. When it stops, it claims
/// nothing more, lets running targets end for a while and stops the rest, ends streams, and answers open requests.
pub async fn run(
    app: App,
    gate: Gate,
    listener: TcpListener,
    tls: Option<(Certificates, Reloader)>,
    settings: &Settings,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    let asked_to_stop = asked_to_stop()?;
    let (stopping, closing) = (CancellationToken::new(), CancellationToken::new());
    // The tail ends after the streams that follow it: one whose source has ended would be completed, and its client would
    // not come back.
    let closed = CancellationToken::new();
    let tail = Tail::start(app.db.clone(), Waking::default(), closed.clone()).await?;
    let groups = Groups::new(tail, &settings.limits);
    let (certificates, reloader) = tls.unzip();
    let reloading = match reloader {
        Some(reloader) => Some(AbortOnDropHandle::new(tokio::spawn(reloader.run(signal(SignalKind::hangup())?)))),
        None => None,
    };
    let upkeep = upkeep(&app, settings);
    let counters = Counters::default();
    let denials = Denials::new(app.db.clone(), settings.limits.audit_input);
    let server = Server {
        credentials: Credentials::new(app.db.clone()),
        metrics: Metrics::new(app.db.clone(), groups.clone(), counters.clone(), upkeep.clone()),
        rates: Rates::new(&settings.limits, counters.clone()),
        counters,
        access: settings.access.clone(),
        readiness: Readiness::default(),
        db: app.db.clone(),
        queues: groups.queues().clone(),
        subscriptions: SubscriptionCounts::new(settings.limits.subscriptions_per_caller),
        engine: Arc::new(Api::new(app.clone(), groups, gate, denials.clone())),
        limits: settings.limits,
        waiting_bytes: WaitingBytes::new(settings.limits),
        stopping: stopping.clone(),
        closing: closing.clone(),
        socket_timings: Timings::default(),
        tasks: TaskTracker::new(),
    };
    check_state(settings)?;
    let mut serving = tokio::spawn(server.serve(listener, certificates));
    ready();
    let mut working = tokio::spawn(work(app.clone(), settings.clone(), stopping.clone()));
    let keeping_up = AbortOnDropHandle::new(tokio::spawn(async move { upkeep.run().await }));
    tokio::select! {
        () = asked_to_stop => tracing::info!("stopping: no more targets are claimed, and running ones may end"),
        served = &mut serving => return served.context("The server stopped unexpectedly"),
        worked = &mut working => return worked?,
    }
    stopping.cancel();
    let worked = working.await?;
    closing.cancel();
    serving.await.context("The server could not stop in order")?;
    closed.cancel();
    denials.flush().await;
    drop(reloading);
    drop(keeping_up);
    app.db.close().await;
    worked
}

/// Carries out releases until the process is asked to stop. Calls `ready` when it begins. When it stops, it claims nothing
/// more, lets running targets end for a while, and stops the rest.
pub async fn run_worker(app: App, settings: &Settings, ready: impl FnOnce()) -> anyhow::Result<()> {
    let asked_to_stop = asked_to_stop()?;
    let stopping = CancellationToken::new();
    check_state(settings)?;
    ready();
    let mut working = tokio::spawn(work(app.clone(), settings.clone(), stopping.clone()));
    let upkeep = upkeep(&app, settings);
    let keeping_up = AbortOnDropHandle::new(tokio::spawn(async move { upkeep.run().await }));
    tokio::select! {
        () = asked_to_stop => tracing::info!("stopping: no more targets are claimed, and running ones may end"),
        worked = &mut working => return worked?,
    }
    stopping.cancel();
    let worked = working.await?;
    drop(keeping_up);
    app.db.close().await;
    worked
}

/// Makes sure, before the process says that it is ready, that its worker has a state directory.
fn check_state(settings: &Settings) -> anyhow::Result<()> {
    if settings.worker {
        worker::open_state(&settings.state_dir)?;
    }
    Ok(())
}

/// The periodic jobs of the process.
fn upkeep(app: &App, settings: &Settings) -> Upkeep {
    Upkeep::new(app.db.clone(), settings.keep)
}

/// Carries out releases, if this process should, until it is asked to stop.
async fn work(app: App, settings: Settings, stopping: CancellationToken) -> anyhow::Result<()> {
    if !settings.worker {
        stopping.cancelled().await;
        return Ok(());
    }
    for (executor, problem) in app.executors.problems() {
        tracing::warn!(executor, problem, "releases with this executor will fail");
    }
    let mut how = WorkerSettings::new(worker_name(), &settings.state_dir);
    how.timing = settings.timing;
    Ok(worker::run(app, how, stopping).await?)
}

/// Returns the name of the worker in events, which names its machine.
fn worker_name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("worker@{}", if machine.trim().is_empty() { "localhost" } else { machine.trim() })
}

/// Returns a future that ends at the first SIGTERM or SIGINT. The second one ends the process at once.
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
            tracing::warn!("stopping at once: the process was asked to stop again");
            std::process::exit(1);
        });
    })
}
