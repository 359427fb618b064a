//! The worker: claims targets, has them carried out, keeps its lease, and takes over from workers that are
//! lost. It lives through any number of leases.

use super::carry::{Carrier, Origin, StopSignal, request_stop};
use super::lease::{self, BeatWatch, Lease};
use super::output::{OutputSender, write_output};
use super::settings::{Timing, WorkerSettings};
use super::{claim, finish, recover};
use crate::app::App;
use crate::domain::order::StopReason;
use crate::executor::{RunContext, StateDir};
use crate::store::queue::Claimed;
use crate::store::{Error, Result, queue, target, worker as workers};
use std::collections::{HashMap, HashSet};
use std::time::Instant;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Works until it is asked to stop; then what runs may end for a while, and the rest is handed back.
///
/// # Errors
/// `Refused` when the state directory cannot be used. What the database refuses is tried again for ever.
pub async fn run(app: App, settings: WorkerSettings, stop: CancellationToken) -> Result<()> {
    let state = StateDir::open(&settings.state_dir).map_err(|error| {
        let path = settings.state_dir.display();
        Error::Refused(format!("The state directory {path} cannot be used: {error}. Name another with --state-dir."))
    })?;
    while !stop.is_cancelled() {
        match Lease::acquire(&app.db, &settings.name, &state, &settings.timing).await {
            Ok(lease) => {
                let (renew, renewed) = watch::channel(Instant::now());
                let keeping = lease::keep(app.db.clone(), lease.me.id, settings.timing, renew);
                let keeping = AbortOnDropHandle::new(tokio::spawn(keeping));
                let mut session = Session::new(app.clone(), settings.clone(), state.clone(), lease, renewed);
                // A lost lease cuts everything short: the pipes of the runners close, and they end their commands.
                tokio::select! {
                    _ = keeping => {}
                    () = session.work(&stop) => {}
                }
            }
            Err(error @ Error::Refused(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "no lease could be taken; trying again");
                stop.run_until_cancelled(app.db.retry_after(settings.timing.tick)).await;
            }
        }
    }
    Ok(())
}

/// The life of one lease.
struct Session {
    carrier: Carrier,
    settings: WorkerSettings,
    state: StateDir,
    lease: Lease,
    /// Writers of output and of ends, for as long as this is kept.
    _writing: JoinSet<()>,
    carrying: JoinSet<bool>,
    /// What is carried out, by target.
    running: HashMap<i64, RunningTarget>,
    /// Targets that ran in the name of another worker, or went wrong in this one: to be found out about.
    to_recover: HashSet<i64>,
    watch: BeatWatch,
    swept: HashMap<&'static str, Instant>,
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
        let (endings, ended) = mpsc::channel(256);
        let me = lease.me.clone();
        let mut writing = JoinSet::new();
        writing.spawn(write_output(app.db.clone(), me.clone(), entries));
        writing.spawn(finish::write_endings(app.db.clone(), me.clone(), ended));
        let run = RunContext { state: state.clone(), runner: settings.runner.clone(), fence_after, grace, renewed };
        Session {
            carrier: Carrier { app, me, run, output, endings, stopping: CancellationToken::new() },
            settings,
            state,
            lease,
            _writing: writing,
            carrying: JoinSet::new(),
            running: HashMap::new(),
            to_recover: HashSet::new(),
            watch: BeatWatch::default(),
            swept: HashMap::new(),
        }
    }

    /// Works until it is asked to stop and all is handed back.
    async fn work(&mut self, stop: &CancellationToken) {
        let mut head = self.carrier.app.db.head();
        let mut tick = tokio::time::interval(self.settings.timing.tick);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = tick.tick() => self.tick().await,
                Ok(()) = head.changed() => self.claim_targets().await,
                Some(ended) = self.carrying.join_next_with_id() => self.target_ended(ended),
            }
        }
        self.drain(tick).await;
    }

    /// Lets running targets end for a while, then stops and resolves the rest.
    async fn drain(&mut self, mut tick: Interval) {
        let patience = tokio::time::sleep(self.settings.timing.drain);
        tokio::pin!(patience);
        self.carrier.stopping.cancel();
        // Not what the timer says of itself: it may run out while something else is looked at.
        let mut patient = true;
        while !self.carrying.is_empty() {
            tokio::select! {
                () = &mut patience, if patient => {
                    patient = false;
                    for running in self.running.values() {
                        request_stop(&running.stop_signal, StopReason::Lost);
                    }
                }
                _ = tick.tick() => match !patient && !self.carrier.app.db.is_writable() {
                    // Ends that cannot be written are found out about by whoever comes next.
                    true => break,
                    false => self.check_own_targets().await,
                },
                Some(ended) = self.carrying.join_next_with_id() => self.target_ended(ended),
            }
        }
        if let Err(error) = self.lease.give_back(&self.carrier.app.db).await {
            tracing::warn!(%error, "the lease could not be given back; another worker will see it end");
        }
    }

    /// A target has ended, or was left: then what it did is to be found out.
    fn target_ended(&mut self, ended: Result<(Id, bool), JoinError>) {
        let (task, written) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "carrying out a target went wrong; it counts as lost");
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
        self.sweep().await;
    }

    /// Claims what may begin now.
    async fn claim_targets(&mut self) {
        while self.carrier.app.db.is_writable() {
            let room = self.settings.max_targets.saturating_sub(self.running.len());
            match claim::claim(&self.carrier.app, &self.carrier.me, room).await {
                Ok(claimed) if claimed.is_empty() => return,
                Ok(claimed) => claimed.into_iter().for_each(|claimed| self.carry(claimed, Origin::Claimed)),
                Err(error) => return tracing::warn!(%error, "nothing could be claimed; trying again"),
            }
        }
    }

    fn carry(&mut self, claimed: Claimed, origin: Origin) {
        let (target, stop_signal) = (claimed.order.target_id, StopSignal::new(watch::Sender::new(None)));
        let task = self.carrying.spawn(self.carrier.clone().carry(claimed, origin, stop_signal.clone())).id();
        self.running.insert(target, RunningTarget { stop_signal, task });
    }

    /// Compares what runs in this worker's name with what it carries out, and stops what is to be stopped.
    async fn check_own_targets(&mut self) {
        let watched = match target::watched(&self.carrier.app.db, self.carrier.me.id).await {
            Ok(watched) => watched,
            Err(error) => return tracing::warn!(%error, "running targets could not be looked at; trying again"),
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
                        // The answer to its claim may have been cut off: then it never began, and begins now.
                        let origin = if self.to_recover.contains(&claimed.order.target_id) {
                            Origin::TakenOver
                        } else {
                            Origin::Claimed
                        };
                        self.carry(claimed, origin);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "running targets could not be looked at; trying again"),
        }
    }

    /// Takes over from workers that are lost.
    async fn check_other_workers(&mut self) {
        let (db, me) = (&self.carrier.app.db, &self.carrier.me);
        let others = match workers::others(db, me.id).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(%error, "other workers could not be looked at; trying again"),
        };
        for lost in self.watch.dead(others, &self.state) {
            if !db.is_writable() {
                return;
            }
            tracing::warn!(worker = lost.id, name = lost.name, "a worker was lost; taking over what it ran");
            match recover::take_over(db, me, &lost, &mut self.to_recover).await {
                Ok(()) => self.state.forget_worker(lost.id),
                Err(error) => tracing::warn!(%error, "its targets could not be to_recover over; trying again"),
            }
        }
    }

    async fn sweep(&mut self) {
        for sweep in &self.settings.sweeps {
            if !self.carrier.app.db.is_writable()
                || self.swept.get(sweep.name).is_some_and(|last| last.elapsed() < sweep.every)
            {
                continue;
            }
            self.swept.insert(sweep.name, Instant::now());
            if let Err(error) = (sweep.run)(self.carrier.app.db.clone()).await {
                tracing::warn!(%error, "{} could not be swept; trying again", sweep.name);
            }
        }
    }
}
