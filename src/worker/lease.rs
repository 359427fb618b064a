//! The lease of a worker, kept by its beat, and the judgement over the leases of others (I2, I3).

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

/// A worker's row and the file that shows its process alive, for as long as this is kept.
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

    /// Gives the lease back.
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

/// Renews the lease until it is lost: declared dead by another, or not renewed for too long. Tells the
/// instant of each renewal, by when it was asked for.
pub(super) async fn keep(db: Db, id: i64, timing: Timing, renewed: watch::Sender<Instant>) {
    let mut last = Clock::now();
    loop {
        sleep(timing.renew).await;
        let asked = Clock::now();
        failpoint::at("worker::lease::before_beat");
        let beat = timeout_at(last + timing.fence_after, worker::beat(&db, id)).await;
        failpoint::at("worker::lease::after_beat");
        match beat {
            Ok(Ok(true)) => {
                last = asked;
                renewed.send_replace(asked.into_std());
            }
            Ok(Ok(false)) => return tracing::warn!(worker = id, "the lease was lost: another declared it dead"),
            // Nobody else has an SQLite file: as long as nothing can be written there, this lease is safe.
            Ok(Err(Error::Unwritable(_))) if db.dialect() == Dialect::Sqlite => {
                last = asked;
                renewed.send_replace(asked.into_std());
            }
            Ok(Err(error)) if last.elapsed() < timing.fence_after => {
                tracing::warn!(%error, "the lease could not be renewed; trying again");
            }
            _ => return tracing::warn!(worker = id, "the lease was lost: it could not be renewed in time"),
        }
    }
}

/// What a worker has seen of the others' beats, on its own clock.
#[derive(Default)]
pub(super) struct BeatWatch(HashMap<i64, (i64, Instant)>);

impl BeatWatch {
    /// The workers whose commands have surely ended or can be seen from here: those that ended, those whose
    /// process is gone, and those whose beat stood still for too long.
    pub fn dead(&mut self, others: Vec<(Worker, bool)>, state: &StateDir) -> Vec<Worker> {
        self.0.retain(|id, _| others.iter().any(|(other, _)| other.id == *id));
        let dead = others.into_iter().filter(|(other, ended)| {
            let (beat, since) = self.0.entry(other.id).or_insert((other.beat, Instant::now()));
            if *beat != other.beat {
                (*beat, *since) = (other.beat, Instant::now());
            }
            let here = other.state_dir == state.name();
            // Where nothing can be seen of its commands, their grace has to pass, too.
            let patience = if here { other.lease_ms } else { other.lease_ms + 2 * other.grace_ms };
            let silent = since.elapsed() >= Duration::from_millis(patience.unsigned_abs());
            *ended || silent || here && state.is_gone(other.id).unwrap_or(false)
        });
        dead.map(|(other, _)| other).collect()
    }
}
