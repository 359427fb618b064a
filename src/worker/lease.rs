//! The lease of a worker, renewed by its beat, and whether the leases of others have expired (I2, I3).

use super::WorkerRef;
use super::settings::Timing;
use crate::executor::StateDir;
use crate::failpoint;
use crate::store::worker::{self, Worker};
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
    pub async fn acquire(db: &Db, name: &str, state: &StateDir, timing: &Timing) -> Result<Lease> {
        let [lease, grace] = [timing.dead_after, timing.grace].map(|length| length.as_millis() as i64);
        let id = worker::register(db, name, state.name(), lease, grace).await?;
        let alive = state
            .show_alive(id)
            .map_err(|error| Error::Refused(format!("{} cannot be written: {error}.", state.path().display())))?;
        Ok(Lease { me: WorkerRef { id, name: name.to_owned() }, state: state.clone(), _alive: alive })
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

impl BeatWatch {
    /// Returns the workers whose targets can be taken over: those that ended, those whose process is gone, and those whose
    /// beat has not changed for too long. Their commands have surely ended, or can be observed from here.
    pub fn dead(&mut self, others: Vec<(Worker, bool)>, state: &StateDir) -> Vec<Worker> {
        self.0.retain(|id, _| others.iter().any(|(other, _)| other.id == *id));
        let dead = others.into_iter().filter(|(other, ended)| {
            let (beat, since) = self.0.entry(other.id).or_insert((other.beat, Instant::now()));
            if *beat != other.beat {
                (*beat, *since) = (other.beat, Instant::now());
            }
            let here = other.state_dir == state.name();
            // Where its commands cannot be observed, their grace must pass, too.
            let limit = if here { other.lease_ms } else { other.lease_ms + 2 * other.grace_ms };
            let silent = since.elapsed() >= Duration::from_millis(limit.unsigned_abs());
            *ended || silent || here && state.is_gone(other.id).unwrap_or(false)
        });
        dead.map(|(other, _)| other).collect()
    }
}
