//! The worker: claims targets, has them carried out, keeps its lease, and takes over from workers that are
//! lost. It lives through any number of leases.

use super::carry::{Origin, Shared, Stopper, stop as stop_target};
use super::lease::{self, Lease, Watch};
use super::output::{self, Log};
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
        match Lease::take(&app.db, &settings.name, &state, &settings.timing).await {
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
    shared: Shared,
    settings: WorkerSettings,
    state: StateDir,
    lease: Lease,
    /// Writers of output and of ends, for as long as this is kept.
    _writing: JoinSet<()>,
    carrying: JoinSet<bool>,
    /// What is carried out, by target.
    running: HashMap<i64, Running>,
    /// Targets that ran in the name of another worker, or went wrong in this one: to be found out about.
    taken: HashSet<i64>,
    watch: Watch,
    swept: HashMap<&'static str, Instant>,
}

struct Running {
    stopper: Stopper,
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
        let (log, entries) = Log::new();
        let (endings, ended) = mpsc::channel(256);
        let me = lease.me.clone();
        let mut writing = JoinSet::new();
        writing.spawn(output::write(app.db.clone(), me.clone(), entries));
        writing.spawn(finish::write(app.db.clone(), me.clone(), ended));
        let run = RunContext { state: state.clone(), runner: settings.runner.clone(), fence_after, grace, renewed };
        Session {
            shared: Shared { app, me, run, log, endings, stopping: CancellationToken::new() },
            settings,
            state,
            lease,
            _writing: writing,
            carrying: JoinSet::new(),
            running: HashMap::new(),
            taken: HashSet::new(),
            watch: Watch::default(),
            swept: HashMap::new(),
        }
    }

    /// Works until it is asked to stop and all is handed back.
    async fn work(&mut self, stop: &CancellationToken) {
        let mut head = self.shared.app.db.head();
        let mut tick = tokio::time::interval(self.settings.timing.tick);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = tick.tick() => self.look().await,
                Ok(()) = head.changed() => self.look_at_queue().await,
                Some(ended) = self.carrying.join_next_with_id() => self.ended(ended),
            }
        }
        self.hand_back(tick).await;
    }

    /// Lets running targets end for a while, then stops and resolves the rest.
    async fn hand_back(&mut self, mut tick: Interval) {
        let patience = tokio::time::sleep(self.settings.timing.drain);
        tokio::pin!(patience);
        self.shared.stopping.cancel();
        // Not what the timer says of itself: it may run out while something else is looked at.
        let mut patient = true;
        while !self.carrying.is_empty() {
            tokio::select! {
                () = &mut patience, if patient => {
                    patient = false;
                    for running in self.running.values() {
                        stop_target(&running.stopper, StopReason::Lost);
                    }
                }
                _ = tick.tick() => match !patient && !self.shared.app.db.is_writable() {
                    // Ends that cannot be written are found out about by whoever comes next.
                    true => break,
                    false => self.look_at_own().await,
                },
                Some(ended) = self.carrying.join_next_with_id() => self.ended(ended),
            }
        }
        if let Err(error) = self.lease.end(&self.shared.app.db).await {
            tracing::warn!(%error, "the lease could not be given back; another worker will see it end");
        }
    }

    /// A target has ended, or was left: then what it did is to be found out.
    fn ended(&mut self, ended: Result<(Id, bool), JoinError>) {
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
                self.taken.insert(target);
            }
        }
    }

    async fn look(&mut self) {
        self.look_at_others().await;
        self.look_at_own().await;
        self.look_at_queue().await;
        self.sweep().await;
    }

    /// Claims what may begin now.
    async fn look_at_queue(&mut self) {
        while self.shared.app.db.is_writable() {
            let room = self.settings.room.saturating_sub(self.running.len());
            match claim::claim(&self.shared.app, &self.shared.me, room).await {
                Ok(claimed) if claimed.is_empty() => return,
                Ok(claimed) => claimed.into_iter().for_each(|claimed| self.carry(claimed, Origin::Claim)),
                Err(error) => return tracing::warn!(%error, "nothing could be claimed; trying again"),
            }
        }
    }

    fn carry(&mut self, claimed: Claimed, origin: Origin) {
        let (target, stopper) = (claimed.order.target_id, Stopper::new(watch::Sender::new(None)));
        let task = self.carrying.spawn(self.shared.clone().carry(claimed, origin, stopper.clone())).id();
        self.running.insert(target, Running { stopper, task });
    }

    /// Compares what runs in this worker's name with what it carries out, and stops what is to be stopped.
    async fn look_at_own(&mut self) {
        let watched = match target::watched(&self.shared.app.db, self.shared.me.id).await {
            Ok(watched) => watched,
            Err(error) => return tracing::warn!(%error, "running targets could not be looked at; trying again"),
        };
        for target in &watched {
            if let Some(running) = self.running.get(&target.id).filter(|_| target.stop_running) {
                stop_target(&running.stopper, StopReason::Canceled);
            }
        }
        if watched.iter().all(|target| self.running.contains_key(&target.id)) || self.shared.stopping.is_cancelled() {
            return;
        }
        match queue::claimed_by(&self.shared.app.db, self.shared.me.id).await {
            Ok(claimed) => {
                for claimed in claimed {
                    if !self.running.contains_key(&claimed.order.target_id) {
                        // The answer to its claim may have been cut off: then it never began, and begins now.
                        let origin =
                            if self.taken.contains(&claimed.order.target_id) { Origin::Lost } else { Origin::Claim };
                        self.carry(claimed, origin);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "running targets could not be looked at; trying again"),
        }
    }

    /// Takes over from workers that are lost.
    async fn look_at_others(&mut self) {
        let (db, me) = (&self.shared.app.db, &self.shared.me);
        let others = match workers::others(db, me.id).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(%error, "other workers could not be looked at; trying again"),
        };
        for lost in self.watch.dead(others, &self.state) {
            if !db.is_writable() {
                return;
            }
            tracing::warn!(worker = lost.id, name = lost.name, "a worker was lost; taking over what it ran");
            match recover::take_over(db, me, &lost, &mut self.taken).await {
                Ok(()) => self.state.forget_worker(lost.id),
                Err(error) => tracing::warn!(%error, "its targets could not be taken over; trying again"),
            }
        }
    }

    async fn sweep(&mut self) {
        for sweep in &self.settings.sweeps {
            if !self.shared.app.db.is_writable()
                || self.swept.get(sweep.name).is_some_and(|last| last.elapsed() < sweep.every)
            {
                continue;
            }
            self.swept.insert(sweep.name, Instant::now());
            if let Err(error) = (sweep.run)(self.shared.app.db.clone()).await {
                tracing::warn!(%error, "{} could not be swept; trying again", sweep.name);
            }
        }
    }
}
