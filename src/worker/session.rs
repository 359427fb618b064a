//! The worker: claims targets, has them carried out, keeps its lease, and takes over from lost workers. When a lease is
//! lost, the next one begins.

use super::batch::{ChangeSender, write_batches};
use super::carry::{Carrier, Origin, StopSignal, request_stop};
use super::lease::{self, BeatWatch, Lease, Lost};
use super::output::{OutputSender, write_output};
use super::settings::{Timing, WorkerSettings};
use super::{claim, probing, recover, soak, undraining};
use crate::app::App;
use crate::domain::Kind;
use crate::domain::order::{Order, StopReason};
use crate::executor::{self, RunContext, StateDir};
use crate::private;
use crate::store::queue::Claimed;
use crate::store::{Error, Result, queue, target, worker as workers};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Instant;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// How many instances are put back into service outside of a release at a time.
const MAX_UNDRAINS: usize = 16;

/// Opens the state directory of a worker.
///
/// # Errors
/// `Refused` if it cannot be used.
pub fn open_state(path: &Path) -> Result<StateDir> {
    StateDir::open(path).map_err(|error| {
        let (path, why) = (path.display(), private::why(&error));
        Error::Refused(format!("The state directory {path} cannot be used: {why}. Name another with --state-dir."))
    })
}

/// Works until it is asked to stop. Then running targets may go on for a while, and the rest is stopped.
///
/// # Errors
/// `Refused` if the state directory cannot be used. Errors of the database are retried without end.
pub async fn run(app: App, settings: WorkerSettings, stop: CancellationToken) -> Result<()> {
    let state = open_state(&settings.state_dir)?;
    executor::tidy(&state);
    while !stop.is_cancelled() {
        match Lease::acquire(&app, &settings, &state).await {
            Ok(lease) => {
                let (renew, renewed) = watch::channel(Instant::now());
                let keeping = lease::keep(app.db.clone(), lease.me.id, settings.timing, renew);
                let keeping = AbortOnDropHandle::new(tokio::spawn(keeping));
                let mut session = Session::new(app.clone(), settings.clone(), state.clone(), lease, renewed);
                // A lost lease ends the session: the pipes of the runners close, and they end their commands.
                tokio::select! {
                    _ = keeping => {}
                    () = session.work(&stop) => {}
                }
            }
            Err(error @ Error::Refused(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the worker could not get a lease; trying again");
                stop.run_until_cancelled(app.db.retry_after(settings.timing.tick)).await;
            }
        }
    }
    Ok(())
}

/// What a worker does while it has one lease.
struct Session {
    carrier: Carrier,
    settings: WorkerSettings,
    state: StateDir,
    lease: Lease,
    /// The writers of output and of ends. They stop when this is dropped.
    _writing: JoinSet<()>,
    carrying: JoinSet<bool>,
    /// Instances that are put back into service outside of a release.
    undraining: JoinSet<()>,
    /// What is carried out, by target id.
    running: HashMap<i64, RunningTarget>,
    /// Targets that ran in the name of a lost worker, or whose task failed in this one: what became of them is unknown.
    to_recover: HashSet<i64>,
    watch: BeatWatch,
}

struct RunningTarget {
    stop_signal: StopSignal,
    task: Id,
}

impl Session {
    fn new(
        app: App,
        settings: WorkerSettings,
        state: StateDir,
        lease: Lease,
        renewed: watch::Receiver<Instant>,
    ) -> Session {
        let Timing { fence_after, grace, .. } = settings.timing;
        let (output, entries) = OutputSender::new();
        let (endings, ended) = ChangeSender::new();
        let (advances, advanced) = ChangeSender::new();
        let me = lease.me.clone();
        let mut writing = JoinSet::new();
        writing.spawn(write_output(app.db.clone(), me.clone(), entries));
        writing.spawn(write_batches(app.db.clone(), me.clone(), ended));
        writing.spawn(write_batches(app.db.clone(), me.clone(), advanced));
        let run = RunContext {
            state: state.clone(),
            database_id: app.db.database_id().to_owned(),
            runner: settings.runner.clone(),
            fence_after,
            grace,
            renewed,
        };
        Session {
            carrier: Carrier { app, me, run, output, advances, endings, stopping: CancellationToken::new() },
            settings,
            state,
            lease,
            _writing: writing,
            carrying: JoinSet::new(),
            undraining: JoinSet::new(),
            running: HashMap::new(),
            to_recover: HashSet::new(),
            watch: BeatWatch::default(),
        }
    }

    /// Works until it is asked to stop and nothing runs any more.
    async fn work(&mut self, stop: &CancellationToken) {
        let mut head = self.carrier.app.db.head();
        let mut tick = tokio::time::interval(self.settings.timing.tick);
        let Carrier { app, me, run, .. } = self.carrier.clone();
        let probing = AbortOnDropHandle::new(tokio::spawn(probing::probe(app, me, run, self.settings.timing.tick)));
        let Carrier { app, me, run, .. } = self.carrier.clone();
        let soaking = AbortOnDropHandle::new(tokio::spawn(soak::watch(app, me, run, self.settings.timing.tick)));
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = tick.tick() => self.tick().await,
                Ok(()) = head.changed() => self.claim_targets().await,
                Some(ended) = self.carrying.join_next_with_id() => self.target_ended(ended),
            }
        }
        drop((probing, soaking));
        self.drain(tick).await;
    }

    /// Lets running targets end for a while, then stops the rest and finds out what became of them.
    async fn drain(&mut self, mut tick: Interval) {
        let deadline = tokio::time::sleep(self.settings.timing.drain);
        tokio::pin!(deadline);
        self.carrier.stopping.cancel();
        // Not `deadline.is_elapsed()`: it may pass while another branch runs.
        let mut waiting = true;
        while !self.carrying.is_empty() || waiting && !self.undraining.is_empty() {
            tokio::select! {
                () = &mut deadline, if waiting => {
                    waiting = false;
                    for running in self.running.values() {
                        request_stop(&running.stop_signal, StopReason::Lost);
                    }
                }
                _ = tick.tick() => match !waiting && !self.carrier.app.db.is_writable() {
                    // Ends that cannot be written are found out by the worker that comes next.
                    true => break,
                    false => self.check_own_targets().await,
                },
                Some(ended) = self.carrying.join_next_with_id() => self.target_ended(ended),
                Some(_) = self.undraining.join_next() => {}
            }
        }
        // What is not over is claimed by another worker.
        self.undraining.shutdown().await;
        if let Err(error) = self.lease.give_back(&self.carrier.app.db).await {
            tracing::warn!(%error, "the lease could not be given back; another worker will take over when it expires");
        }
    }

    /// The task of a target has ended. If the target did not end with it, what became of it is found out next.
    fn target_ended(&mut self, ended: Result<(Id, bool), JoinError>) {
        let (task, written) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "the task of a target failed; what became of the target is found out next");
                (error.id(), false)
            }
        };
        let target = self.running.iter().find(|(_, running)| running.task == task).map(|(target, _)| *target);
        if let Some(target) = target {
            self.running.remove(&target);
            if !written {
                self.to_recover.insert(target);
            }
        }
    }

    async fn tick(&mut self) {
        self.check_other_workers().await;
        self.check_own_targets().await;
        self.claim_targets().await;
        self.claim_undrains().await;
    }

    /// Claims instances that callers want back in service.
    async fn claim_undrains(&mut self) {
        while self.undraining.try_join_next().is_some() {}
        let room = MAX_UNDRAINS.saturating_sub(self.undraining.len());
        match undraining::claim(&self.carrier.app, &self.carrier.me, room).await {
            Ok(claimed) => {
                for claimed in claimed {
                    self.undraining.spawn(undraining::carry(self.carrier.clone(), claimed));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "instances to put back into service could not be claimed; trying again");
            }
        }
    }

    /// Claims what may start now.
    async fn claim_targets(&mut self) {
        while self.carrier.app.db.is_writable() {
            let room = self.settings.max_targets.saturating_sub(self.running.len());
            match claim::claim(&self.carrier.app, &self.carrier.me, room).await {
                Ok(claimed) if claimed.is_empty() => return,
                Ok(claimed) => claimed.into_iter().for_each(|claimed| self.carry(claimed, Origin::Claimed)),
                Err(error) => return tracing::warn!(%error, "targets could not be claimed; trying again"),
            }
        }
    }

    fn carry(&mut self, claimed: Claimed, origin: Origin) {
        let (target, stop_signal) = (claimed.order.target_id, StopSignal::new(watch::Sender::new(None)));
        let Order { target_id, release_id, .. } = claimed.order;
        let (target_id, release_id) = (Kind::Target.id(target_id), Kind::Release.id(release_id));
        // All lines that are logged while the target is carried out have its ids.
        let span = tracing::error_span!("target", %target_id, %release_id);
        let carrying = self.carrier.clone().carry(claimed, origin, stop_signal.clone());
        let task = self.carrying.spawn(carrying.instrument(span)).id();
        self.running.insert(target, RunningTarget { stop_signal, task });
    }

    /// Compares the targets that run in this worker's name with those that it carries out, and stops canceled ones.
    async fn check_own_targets(&mut self) {
        let watched = match target::watched(&self.carrier.app.db, self.carrier.me.id).await {
            Ok(watched) => watched,
            Err(error) => return tracing::warn!(%error, "running targets could not be read; trying again"),
        };
        for target in &watched {
            if let Some(running) = self.running.get(&target.id).filter(|_| target.stop_running) {
                request_stop(&running.stop_signal, StopReason::Canceled);
            }
        }
        if watched.iter().all(|target| self.running.contains_key(&target.id)) || self.carrier.stopping.is_cancelled() {
            return;
        }
        match queue::claimed_by(&self.carrier.app.db, self.carrier.me.id).await {
            Ok(claimed) => {
                for claimed in claimed {
                    if !self.running.contains_key(&claimed.order.target_id) {
                        // If the answer to its claim was lost, it never started, and starts now.
                        let origin = if self.to_recover.contains(&claimed.order.target_id) {
                            Origin::TakenOver
                        } else {
                            Origin::Claimed
                        };
                        self.carry(claimed, origin);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "running targets could not be read; trying again"),
        }
    }

    /// Takes over from lost workers.
    async fn check_other_workers(&mut self) {
        let Carrier { app, me, .. } = &self.carrier;
        let db = &app.db;
        let own = app.executors.names();
        let others = match workers::others(db, me.id, &own).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(%error, "other workers could not be read; trying again"),
        };
        for Lost { worker: lost, is_orphaned } in self.watch.dead(others, &self.state) {
            if !db.is_writable() {
                return;
            }
            tracing::warn!(worker = lost.id, name = lost.name, "a worker was lost; taking over its targets");
            // What it does not know how to follow, it leaves to others for as long as that goes on without a worker.
            let executors = (!is_orphaned).then_some(&own[..]);
            match recover::take_over(db, me, &lost, executors, &mut self.to_recover).await {
                Ok(()) => self.state.forget_worker(lost.id),
                Err(error) => {
                    tracing::warn!(%error, "the targets of a lost worker could not be taken over; trying again");
                }
            }
        }
    }
}
