//! How a target is carried out on a host. Executors are declared by name by whoever runs the server; callers
//! only choose among names.

mod command;
mod descriptors;
mod environment;
mod mask;
mod output;
pub mod probe;
pub mod runner;
mod settings;
mod simulate;
pub mod state;

pub use settings::ExecutorSettings;

use crate::domain::Timestamp;
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason};
use crate::domain::target::LogStream;
use state::StateDir;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
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
    /// Longest time for one start of one target.
    pub timeout: Duration,
    /// Whether its commands may run beside others on one host (R18).
    pub shares_host: bool,
    /// What becomes of a target whose worker was lost.
    pub on_lost: OnLost,
    pub how: How,
}

/// The kinds of executor.
#[derive(Clone, Debug)]
pub enum How {
    Command(command::Command),
    Simulate(simulate::Simulate),
}

/// What a start needs beside its order.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub state: StateDir,
    /// The program that starts others: this one.
    pub runner: PathBuf,
    /// Without a beat for so long, a runner ends its command.
    pub fence_after: Duration,
    /// From the request to end until the command is killed.
    pub grace: Duration,
    /// When the lease was last renewed; changes with each renewal.
    pub renewed: watch::Receiver<Instant>,
}

/// A line that a command wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: LogStream,
    /// At most [`LINE`] bytes, without the line end.
    pub text: String,
    pub at: Timestamp,
}

/// The longest line that is kept, in bytes.
pub const LINE: usize = 8192;

impl Executor {
    /// How it works, a word for people.
    pub fn kind(&self) -> &'static str {
        match self.how {
            How::Command(_) => "command",
            How::Simulate(_) => "simulate",
        }
    }

    /// Carries out one start, to its end or until `stop` says to end it. Lines go to `lines` as they come.
    /// Dropped, it leaves nothing running for longer than the grace.
    pub async fn carry_out(
        &self,
        order: &Order,
        with: &Surroundings,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        match &self.how {
            How::Command(command) => command::carry_out(command, order, with, stop, lines).await,
            How::Simulate(simulate) => simulate::carry_out(simulate, order, stop, lines).await,
        }
    }

    /// Whether what it begins can be seen in the state directory.
    pub fn leaves_marks(&self) -> bool {
        matches!(self.how, How::Command(_))
    }

    /// Which version runs there now.
    pub async fn probe(&self, order: &Order, with: &Surroundings) -> Observed {
        match &self.how {
            How::Command(command) => probe::ask(command, order, &with.runner).await,
            How::Simulate(_) => Observed::NoAnswer,
        }
    }
}

/// What became of a start whose worker was lost, and every line it wrote. It waits until the command has
/// surely ended, and ends what is left of it. Only where its state directory is can anything be seen; what
/// is not seen has ended by lease and grace. `here` says that whatever began left its marks in this directory.
pub async fn collect(order: &Order, with: &Surroundings, here: bool) -> (Ended, Vec<Line>) {
    command::collect(order, with, here).await
}

/// Forgets what a start left in the state directory, once its end is in the database.
pub fn forget(order: &Order, with: &Surroundings) {
    with.state.forget(command::start(order));
}
