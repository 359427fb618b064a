//! The lease of a worker, renewed by its beat, and whether the leases of others have expired (I2, I3).

use super::WorkerRef;
use super::settings::{Timing, WorkerSettings};
use crate::app::App;
use crate::executor::StateDir;
use crate::failpoint;
use crate::store::worker::{self, Other, Registration, Worker};
use crate::store::{Db, Dialect, Error, Result};
use std::collections::HashMap;
use std::fs::File;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{Instant as Clock, sleep, timeout_at};

/// A worker's row, and the file that shows for as long as this is kept that its process lives.
pub(super) struct Lease {
    pub me: WorkerRef,
    state: StateDir,
    _alive: File,
}

impl Lease {
    /// Registers a worker.
    pub async fn acquire(app: &App, settings: &WorkerSettings, state: &StateDir) -> Result<Lease> {
        let WorkerSettings { name, timing, max_targets, .. } = settings;
        let [lease_ms, grace_ms] = [timing.dead_after, timing.grace].map(|length| length.as_millis() as i64);
        let executors: Vec<&str> = app.executors.iter().map(|executor| executor.name.as_str()).collect();
        let orphan_timeout = app.executors.iter().filter_map(|executor| executor.orphan_timeout()).max();
        let registration = Registration {
            name,
            state_dir: state.name(),
            executors: &executors,
            max_targets: i64::try_from(*max_targets).unwrap_or(i64::MAX),
            lease_ms,
            grace_ms,
            orphan_ms: orphan_timeout.unwrap_or_default().as_millis() as i64,
        };
        let id = worker::register(&app.db, &registration).await?;
        let alive = state
            .show_alive(id)
            .map_err(|error| Error::Refused(format!("{} cannot be written: {error}.", state.path().display())))?;
        Ok(Lease { me: WorkerRef { id, name: name.clone() }, state: state.clone(), _alive: alive })
    }

    /// Ends the lease, so that others need not wait for it to expire.
    pub async fn give_back(&self, db: &Db) -> Result<()> {
        let mut tx = db.begin().await?;
        let at = tx.now().await?;
        worker::end(&mut tx, at, self.me.id).await?;
        failpoint::at("worker::lease::before_end");
        tx.commit().await?;
        failpoint::at("worker::lease::after_end");
        self.state.forget_worker(self.me.id);
        Ok(())
    }
}

/// Renews the lease until it is lost: another worker declared this one dead, or it was not renewed for too long. Sends the
/// instant at which each renewal began.
pub(super) async fn keep(db: Db, id: i64, timing: Timing, renewed: watch::Sender<Instant>) {
    let mut last = Clock::now();
    loop {
        sleep(timing.renew).await;
        let began = Clock::now();
        failpoint::at("worker::lease::before_beat");
        let beat = timeout_at(last + timing.fence_after, worker::beat(&db, id)).await;
        failpoint::at("worker::lease::after_beat");
        match beat {
            Ok(Ok(true)) => {
                last = began;
                renewed.send_replace(began.into_std());
            }
            Ok(Ok(false)) => {
                return tracing::warn!(worker = id, "the lease was lost: another worker declared this one dead");
            }
            // No other process has an SQLite file: while it cannot be written, this lease is safe.
            Ok(Err(Error::Unwritable(_))) if db.dialect() == Dialect::Sqlite => {
                last = began;
                renewed.send_replace(began.into_std());
            }
            Ok(Err(error)) if last.elapsed() < timing.fence_after => {
                tracing::warn!(%error, "the lease could not be renewed; trying again");
            }
            _ => return tracing::warn!(worker = id, "the lease was lost: it could not be renewed in time"),
        }
    }
}

/// The beats of other workers, and since when each was seen, by this worker's clock.
#[derive(Default)]
pub(super) struct BeatWatch(HashMap<i64, (i64, Instant)>);

/// A worker whose targets can be taken over.
pub(super) struct Lost {
    pub worker: Worker,
    /// Its commands have ended, also those that may go on without it for a while.
    pub is_orphaned: bool,
}

impl BeatWatch {
    /// Returns the workers whose targets can be taken over: those that ended, those whose process is gone, and those whose
    /// beat has not changed for too long. Their commands have surely ended, or can be observed from here, or go on without
    /// them. Those that ended and left only what others can follow are not among them before that is over.
    pub fn dead(&mut self, others: Vec<Other>, state: &StateDir) -> Vec<Lost> {
        self.0.retain(|id, _| others.iter().any(|other| other.worker.id == *id));
        let mut dead = Vec::new();
        for Other { worker, has_ended, has_own, orphan_ms } in others {
            let (beat, since) = self.0.entry(worker.id).or_insert((worker.beat, Instant::now()));
            if *beat != worker.beat {
                (*beat, *since) = (worker.beat, Instant::now());
            }
            let is_silent = |ms: i64| since.elapsed() >= Duration::from_millis(ms.unsigned_abs());
            let is_here = worker.state_dir == state.name();
            // Where its commands cannot be observed, their grace must pass, too.
            let limit = if is_here { worker.lease_ms } else { worker.lease_ms + 2 * worker.grace_ms };
            let is_orphaned = is_silent(orphan_ms);
            let is_dead = match has_ended {
                true => has_own || is_orphaned,
                false => is_silent(limit) || is_here && state.is_gone(worker.id).unwrap_or(false),
            };
            if is_dead {
                dead.push(Lost { worker, is_orphaned });
            }
        }
        dead
    }
}
