//! Executors of kind `command`: a program of this machine, started by a runner beside it.

pub(super) mod attend;
mod cgroup;
mod check;
mod collect;
pub(super) mod descriptors;
pub(super) mod environment;
pub(super) mod family;
pub(super) mod kept;
pub(super) mod lines;
pub(super) mod mask;
pub(super) mod output;
pub mod probe;
pub(super) mod proc;
pub mod reap;
pub mod runner;
pub(super) mod settings;
mod start;
mod state;
mod tail;

pub(super) use collect::{collect, forget};

use super::kind::Kind;
use super::steps::Place;
use super::{Line, Probing, RunContext, StateDir};
use crate::domain::order::{Ended, Observed, Order, Site, StopReason};
use async_trait::async_trait;
use environment::Environment;
use serde::Deserialize;
use settings::Settings;
use state::Start;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A program with its arguments. Its environment says what it has to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Settings")]
pub(super) struct Command {
    program: PathBuf,
    args: Vec<String>,
    /// Variables that are set beside the order.
    env: Environment,
    /// Where the program is started; `None` for an empty directory of its own.
    dir: Option<PathBuf>,
    /// From the request to end until the command is killed.
    grace: Duration,
    /// After this time without output, the command is stopped; `None` for never.
    idle_timeout: Option<Duration>,
    /// Whether both streams of the output are one.
    merge: bool,
    probe: Option<Probe>,
}

/// A program that prints the version that runs, or nothing if none does.
#[derive(Clone, Debug)]
struct Probe {
    program: PathBuf,
    args: Vec<String>,
    timeout: Duration,
    /// How often each instance is asked outside of releases; `None` for never.
    every: Option<Duration>,
}

#[async_trait]
impl Kind for Command {
    async fn start(
        &self,
        order: &Order,
        run: &RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        start::start(self, order, run, stop, lines).await
    }

    async fn collect(&self, order: &Order, run: &RunContext, begun_in: Option<&str>) -> (Ended, Vec<Line>) {
        collect(order, run, begun_in).await
    }

    fn forget(&self, order: &Order, run: &RunContext) {
        forget(order, run);
    }

    /// Steps run beside the worker in either place, as the executor's own program does.
    fn program(&self, _: Place, program: PathBuf, args: Vec<String>) -> Result<Arc<dyn Kind>, String> {
        let program = settings::resolve(&program)?;
        Ok(Arc::new(Command { program, args, probe: None, idle_timeout: None, ..self.clone() }))
    }

    async fn check(&self, order: &Order, run: &RunContext) -> Result<(), String> {
        probe::check(self, order, &run.runner).await
    }

    fn probing(&self) -> Option<Probing> {
        self.probe.as_ref().map(|probe| Probing { timeout: probe.timeout, every: probe.every })
    }

    async fn observe(&self, site: &Site, run: &RunContext) -> Observed {
        probe::ask(self, self.env.for_site(site), &run.runner).await
    }

    async fn probe(&self, order: &Order, run: &RunContext) -> Observed {
        probe::ask(self, self.env.for_order(order), &run.runner).await
    }

    fn problems(&self) -> Vec<String> {
        let programs = [Some(&self.program), self.probe.as_ref().map(|probe| &probe.program)];
        let mask = self.env.mask();
        let named =
            |program: &PathBuf| Some(mask.text(&format!("{}: {}", program.display(), check::problem(program)?)));
        programs.into_iter().flatten().filter_map(named).collect()
    }
}

/// Removes what commands that are over left in this state directory and on this machine, as far as nothing uses it.
pub(super) fn tidy(state: &StateDir) {
    state::tidy(state);
    cgroup::remove_empty();
}

impl Command {
    /// A program without variables of its own.
    ///
    /// # Errors
    /// A phrase, if its path cannot be resolved.
    pub(super) fn plain(program: &Path, args: Vec<String>) -> Result<Command, String> {
        let program = settings::resolve(program)?;
        Ok(Command {
            program,
            args,
            idle_timeout: None,
            env: Environment::default(),
            dir: None,
            grace: settings::DEFAULT_GRACE,
            merge: false,
            probe: None,
        })
    }

    /// The same, with these variables beside the order, and this grace.
    pub(super) fn with(self, env: Environment, grace: Duration) -> Command {
        Command { env, grace, ..self }
    }
}

/// The start as its files in the state directory are named.
fn start_of(order: &Order) -> Start {
    let Order { instance_id, target_id, step, fence, .. } = *order;
    Start { instance_id, target_id, step, fence }
}
