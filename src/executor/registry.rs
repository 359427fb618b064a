//! The executors of a server: what all kinds have, and one call for each thing that they do.

use super::diagnosis::Finding;
use super::kind::Kind;
use super::steps::Steps;
use super::{Begun, Line, Probing, RunContext, SoakCheck, SshFiles, StateDir, command, ssh};
use crate::domain::StepName;
use crate::domain::order::{Ended, HostIdentity, Observed, OnLost, Order, Site, StopReason, Stopping};
use crate::domain::release::ReleaseAction;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// All executors of this server, by name.
#[derive(Clone, Debug, Default)]
pub struct Executors(BTreeMap<String, Arc<Executor>>);

impl Executors {
    /// The executor of this name, if it is configured here.
    pub fn get(&self, name: &str) -> Option<&Arc<Executor>> {
        self.0.get(name)
    }

    /// Returns why starts would fail, as far as that can be seen beforehand: the name of the executor, and the reason.
    pub fn problems(&self) -> Vec<(&str, String)> {
        let of_one = |executor: &Executor| [executor.kind.problems(), executor.steps.problems()].concat();
        self.iter().flat_map(|one| of_one(one).into_iter().map(|problem| (one.name.as_str(), problem))).collect()
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Executor>> {
        self.0.values()
    }
}

impl FromIterator<Executor> for Executors {
    fn from_iter<I: IntoIterator<Item = Executor>>(executors: I) -> Self {
        Executors(executors.into_iter().map(|executor| (executor.name.clone(), Arc::new(executor))).collect())
    }
}

/// One way of carrying out releases.
#[derive(Clone, Debug)]
pub struct Executor {
    pub name: String,
    /// The longest time that one start of one target may take.
    pub timeout: Duration,
    /// Whether its commands may run beside others on one host (R18).
    pub shares_host: bool,
    /// What becomes of a target whose worker was lost.
    pub on_lost: OnLost,
    pub(super) kind_name: &'static str,
    pub(super) kind: Arc<dyn Kind>,
    /// The steps beside `run`.
    pub(super) steps: Steps,
}

impl Executor {
    /// The name of its kind, as the configuration has it.
    pub fn kind(&self) -> &'static str {
        self.kind_name
    }

    /// The steps of targets of this action, `run` among them, in their order.
    pub fn steps(&self, action: ReleaseAction) -> Vec<StepName> {
        self.steps.of(action)
    }

    /// How long a step may take. `run` has the timeout of its target, and `health` ends on its own.
    pub fn step_timeout(&self, step: StepName) -> Option<Duration> {
        self.steps.timeout(step)
    }

    /// Carries out the step of this order, to its end or until `stop` says why to end it. Lines go to `lines` as they come.
    /// Dropped, it leaves nothing running for longer than the grace.
    pub async fn start(
        &self,
        order: &Order,
        run: &RunContext,
        mut stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        match order.step {
            StepName::Connect => tokio::select! {
                ended = self.kind.connect(order, run) => ended,
                Ok(reason) = stop.wait_for(Option::is_some) => Ended::Stopped {
                    reason: reason.unwrap_or(StopReason::Lost),
                    stopping: Stopping::InTime,
                    last_lines: String::new(),
                },
            },
            StepName::Run => self.kind.start(order, run, stop, lines).await,
            _ => self.steps.start(order, run, stop, lines).await,
        }
    }

    /// What carries out the program of a step, if the step has one.
    fn kind_of(&self, step: StepName) -> Option<&Arc<dyn Kind>> {
        if step == StepName::Run { Some(&self.kind) } else { self.steps.program(step) }
    }

    /// Whether this step goes on when its worker is lost, so that another one can follow it.
    pub fn goes_on(&self, step: StepName) -> bool {
        self.kind_of(step).is_some_and(|kind| kind.goes_on())
    }

    /// Follows a step that goes on and that another worker began, to its end or until `stop` says why to end it. Lines that
    /// are not stored yet go to `lines`.
    pub async fn resume(
        &self,
        order: &Order,
        run: &RunContext,
        begun: Begun,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        match self.kind_of(order.step) {
            Some(kind) => kind.resume(order, run, begun, stop, lines).await,
            None => Ended::ResultUnknown { stopping: None },
        }
    }

    /// Whether the last lines of standard output, not of standard error, explain why a command failed.
    pub fn merges_streams(&self) -> bool {
        self.kind.merges_streams()
    }

    /// After how long without a worker its commands are ended, if they go on without one.
    pub fn orphan_timeout(&self) -> Option<Duration> {
        self.kind.orphan_timeout()
    }

    /// Looks at the host of this address from end to end: each stage, and what is wrong with it. Nothing is changed there
    /// but the directory of the executor's state. Empty for a kind that starts nothing on hosts.
    pub async fn diagnose(&self, address: &str, run: &RunContext) -> Vec<Finding> {
        self.kind.diagnose(address, run).await
    }

    /// How it reaches hosts by ssh, if it does.
    pub fn ssh_files(&self) -> Option<SshFiles> {
        self.kind.ssh_files()
    }

    /// Whether it can put an instance back into service.
    pub fn can_undrain(&self) -> bool {
        self.steps.timeout(StepName::Undrain).is_some()
    }

    /// Checks once, outside of a release, whether an instance is healthy; `None` without a health check.
    ///
    /// # Errors
    /// A sentence that says why it is not healthy.
    pub async fn check_health(&self, site: &Site, run: &RunContext) -> Option<Result<(), String>> {
        self.steps.check_health(&health_order(site), run).await
    }

    /// How instances are checked while a release soaks; `None` without a health check.
    pub fn soak_check(&self) -> Option<SoakCheck> {
        self.steps.soak_check()
    }

    /// How it finds out which version runs, if it can.
    pub fn probing(&self) -> Option<Probing> {
        self.kind.probing()
    }

    /// Asks the host of an instance, outside of a release, which version runs there now.
    pub async fn observe(&self, site: &Site, run: &RunContext) -> Observed {
        self.kind.observe(site, run).await
    }

    /// Asks the host which version runs there now.
    pub async fn probe(&self, order: &Order, run: &RunContext) -> Observed {
        self.kind.probe(order, run).await
    }
}

/// An order for a health check of an instance that no release has.
fn health_order(site: &Site) -> Order {
    Order {
        action: ReleaseAction::Upgrade,
        service: site.service.clone(),
        version: site.version.clone(),
        previous_version: site.version.clone(),
        artifact: None,
        reference: None,
        hostname: site.hostname.clone(),
        host_address: site.host_address.clone(),
        port: site.port,
        tag: site.tag.clone(),
        instance_id: site.instance_id,
        release_id: 0,
        target_id: 0,
        attempt: 1,
        step: StepName::Health,
        fence: 0,
        place: HostIdentity::default(),
    }
}

/// Finds out what became of a start whose worker was lost, with every line it wrote. Returns when the start has surely
/// ended. `begun_in` names the state directory of the worker that claimed the target, if that is known. Of an executor
/// that is not configured here, only what commands leave in this machine's state directory can be seen.
pub async fn collect(
    executor: Option<&Executor>,
    order: &Order,
    run: &RunContext,
    begun_in: Option<&str>,
) -> (Ended, Vec<Line>) {
    match (executor, order.step) {
        (Some(executor), StepName::Run) => executor.kind.collect(order, run, begun_in).await,
        (Some(executor), step) => match executor.steps.program(step) {
            Some(program) => program.collect(order, run, begun_in).await,
            // A call or a check ended with its worker.
            None => (Ended::ResultUnknown { stopping: None }, Vec::new()),
        },
        (None, _) => command::collect(order, run, None).await,
    }
}

/// Removes what starts that are over left on this machine, as far as nothing uses it.
pub fn tidy(state: &StateDir) {
    command::tidy(state);
    ssh::tidy(state);
}

/// Removes what a start left behind, once its end is in the database.
pub fn forget(executor: Option<&Executor>, order: &Order, run: &RunContext) {
    match (executor, order.step) {
        (Some(executor), step) => {
            if let Some(kind) = executor.kind_of(step) {
                kind.forget(order, run);
            }
        }
        (None, _) => command::forget(order, run),
    }
}
