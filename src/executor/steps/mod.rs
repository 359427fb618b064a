//! The steps that an executor has beside `run`: programs that its kind runs, calls over HTTP, and health checks. What they
//! do not need of a kind stands here, so that every kind of executor has them.

mod address;
mod health;
mod http;
mod settings;

pub(super) use settings::StepsSettings;

use super::kind::Kind;
use super::{Line, RunContext, SoakCheck};
use crate::domain::order::{Ended, Order, StopReason, Stopping};
use crate::domain::release::ReleaseAction;
use crate::domain::{StepName, Word};
use health::Health;
use http::Call;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The steps that an executor has beside `run`.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    /// Whether the host has to be reached first.
    pub connect: bool,
    prepare: Option<Act>,
    drain: Option<Act>,
    health: Option<Health>,
    undrain: Option<Act>,
}

/// A step that does something, and its timeout.
#[derive(Clone, Debug)]
struct Act {
    means: Means,
    timeout: Duration,
}

#[derive(Clone, Debug)]
enum Means {
    Program(Arc<dyn Kind>),
    Call(Call),
}

/// Where the program of a step runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// Where the executor's own program runs.
    #[default]
    Host,
    /// Beside the worker.
    Worker,
}

impl Steps {
    /// The steps of targets of this action, `run` among them, in their order.
    pub fn of(&self, action: ReleaseAction) -> Vec<StepName> {
        let has = [
            (StepName::Connect, self.connect),
            (StepName::Prepare, self.prepare.is_some()),
            (StepName::Drain, self.drain.is_some()),
            (StepName::Run, true),
            (StepName::Health, self.health.is_some()),
            (StepName::Undrain, self.undrain.is_some()),
        ];
        has.into_iter().filter(|(step, has)| *has && step.belongs_to(action)).map(|(step, _)| step).collect()
    }

    /// How long a step may take. `run` has the timeout of its target, and `health` ends on its own.
    pub fn timeout(&self, step: StepName) -> Option<Duration> {
        self.act(step).map(|act| act.timeout)
    }

    /// The program of a step, if it has one under a runner, which can be found after its worker was lost.
    pub fn program(&self, step: StepName) -> Option<&Arc<dyn Kind>> {
        match &self.act(step)?.means {
            Means::Program(program) => Some(program),
            Means::Call(_) => None,
        }
    }

    /// Returns why these steps would fail at every start, as far as that can be seen beforehand.
    pub fn problems(&self) -> Vec<String> {
        let acts = StepName::ALL.iter().filter_map(|(step, ..)| self.program(*step));
        acts.chain(self.health.as_ref().and_then(Health::program)).flat_map(|program| program.problems()).collect()
    }

    /// Carries out the step of this order, which is not `run`, to its end or until `stop` says why to end it.
    pub async fn start(
        &self,
        order: &Order,
        run: &RunContext,
        mut stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        let stopped = |reason: Option<StopReason>| Ended::Stopped {
            reason: reason.unwrap_or(StopReason::Lost),
            stopping: Stopping::InTime,
            last_lines: String::new(),
        };
        if let (StepName::Health, Some(health)) = (order.step, &self.health) {
            return tokio::select! {
                ended = health.wait(order, run, lines) => ended,
                Ok(reason) = stop.wait_for(Option::is_some) => stopped(*reason),
            };
        }
        match self.act(order.step).map(|act| &act.means) {
            Some(Means::Program(program)) => program.start(order, run, stop, lines).await,
            Some(Means::Call(call)) => tokio::select! {
                answer = call.send(order) => answer.map_or_else(Ended::Failed, |()| Ended::Succeeded),
                Ok(reason) = stop.wait_for(Option::is_some) => stopped(*reason),
            },
            // It was planned by a worker whose configuration is another one.
            None => Ended::Failed(format!("the executor has no step {} at this worker.", order.step.label())),
        }
    }

    /// Checks once whether the instance of this order is healthy; `None` without a health check.
    pub async fn check_health(&self, order: &Order, run: &RunContext) -> Option<Result<(), String>> {
        Some(self.health.as_ref()?.check(order, run).await)
    }

    /// How instances are checked while a release soaks; `None` without a health check.
    pub fn soak_check(&self) -> Option<SoakCheck> {
        self.health.as_ref().map(Health::soaking)
    }

    fn act(&self, step: StepName) -> Option<&Act> {
        match step {
            StepName::Prepare => self.prepare.as_ref(),
            StepName::Drain => self.drain.as_ref(),
            StepName::Undrain => self.undrain.as_ref(),
            StepName::Connect | StepName::Run | StepName::Health => None,
        }
    }
}
