//! The executors of a server: what all kinds have, and one call for each thing that they do.

use super::kind::Kind;
use super::{Line, RunContext, command};
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason};
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
}

impl Executor {
    /// The name of its kind, as the configuration has it.
    pub fn kind(&self) -> &'static str {
        self.kind_name
    }

    /// Carries out one start, to its end or until `stop` says why to end it. Lines go to `lines` as they come.
    /// Dropped, it leaves nothing running for longer than the grace.
    pub async fn start(
        &self,
        order: &Order,
        run: &RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        self.kind.start(order, run, stop, lines).await
    }

    /// Asks the host which version runs there now.
    pub async fn probe(&self, order: &Order, run: &RunContext) -> Observed {
        self.kind.probe(order, run).await
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
    match executor {
        Some(executor) => executor.kind.collect(order, run, begun_in).await,
        None => command::collect(order, run, None).await,
    }
}

/// Removes what a start left behind, once its end is in the database.
pub fn forget(executor: Option<&Executor>, order: &Order, run: &RunContext) {
    match executor {
        Some(executor) => executor.kind.forget(order, run),
        None => command::forget(order, run),
    }
}
