//! Executors of kind `command`: a program of this machine, started by a runner beside it.

mod collect;
mod descriptors;
mod environment;
mod mask;
mod output;
pub mod probe;
mod processes;
pub mod runner;
mod settings;
mod start;
mod state;
mod tail;

pub(super) use collect::{collect, forget};

use super::kind::Kind;
use super::{Line, RunContext};
use crate::domain::order::{Ended, Observed, Order, StopReason};
use async_trait::async_trait;
use environment::Environment;
use serde::Deserialize;
use settings::Settings;
use state::Start;
use std::path::PathBuf;
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
    probe: Option<Probe>,
}

/// A program that prints the version that runs, or nothing if none does.
#[derive(Clone, Debug)]
struct Probe {
    program: PathBuf,
    args: Vec<String>,
    timeout: Duration,
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

    async fn probe(&self, order: &Order, run: &RunContext) -> Observed {
        probe::ask(self, order, &run.runner).await
    }
}

/// The start as its files in the state directory are named.
fn start_of(order: &Order) -> Start {
    let Order { instance_id, target_id, step, fence, .. } = *order;
    Start { instance_id, target_id, step, fence }
}
