//! Carrying out one claimed target to its end, in as many starts as that takes.

use super::finish::Ending;
use super::output::OutputSender;
use super::{WorkerRef, recover, retry};
use crate::app::App;
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason};
use crate::domain::target::End;
use crate::domain::target::verdict::{Outcome, judge, judge_interrupted};
use crate::executor::{self, Executor, RunContext};
use crate::failpoint;
use crate::store::output;
use crate::store::queue::Claimed;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// How many lines of a command may wait to be taken by the writer of output.
const LINES_CAPACITY: usize = 256;

/// Carries out targets: what all of them share in one session of a worker.
#[derive(Clone)]
pub(super) struct Carrier {
    pub app: App,
    pub me: WorkerRef,
    pub run: RunContext,
    pub output: OutputSender,
    pub endings: mpsc::Sender<(Ending, oneshot::Sender<bool>)>,
    /// Canceled when the worker stops: then nothing is started any more.
    pub stopping: CancellationToken,
}

/// How a target came to this worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was claimed, and nothing has started it yet.
    Claimed,
    /// It was running when its worker, or its task in this one, was lost.
    TakenOver,
}

/// Stops the command of a target. The first reason is kept.
pub(super) type StopSignal = Arc<watch::Sender<Option<StopReason>>>;

pub(super) fn request_stop(signal: &StopSignal, reason: StopReason) {
    signal.send_if_modified(|stop| stop.is_none() && stop.replace(reason).is_none());
}

impl Carrier {
    /// Carries a target out. Returns whether it needs nothing more from this worker; false if the worker stops, and
    /// another one will start the target again.
    pub async fn carry(self, mut claimed: Claimed, mut origin: Origin, stop_signal: StopSignal) -> bool {
        loop {
            // A target that was taken over may have an executor that is not configured here.
            let executor = self.app.executors.get(&claimed.executor).map(Arc::as_ref);
            let ended = match (origin, executor) {
                (Origin::Claimed, Some(executor)) => self.start(executor, &claimed, &stop_signal).await,
                _ => self.collect(executor, &claimed).await,
            };
            let stopped = *stop_signal.borrow();
            let outcome = match judge(ended, stopped, claimed.order.attempt) {
                Some(outcome) => outcome,
                None => self.find_out(executor, &claimed.order).await,
            };
            let end = match outcome {
                Outcome::End(end) => end,
                // The worker that takes it over starts it again.
                Outcome::Retry { .. } if self.stopping.is_cancelled() => return false,
                Outcome::Retry { or_else } => match self.restart(&claimed).await {
                    Some(next) => {
                        executor::forget(executor, &claimed.order, &self.run);
                        (claimed, origin) = (next, Origin::Claimed);
                        continue;
                    }
                    None => or_else,
                },
            };
            if let Some(message) = &end.message {
                self.output.note(&claimed.order, message).await;
            }
            let written = self.end(&claimed.order, end).await;
            if written == Some(true) {
                executor::forget(executor, &claimed.order, &self.run);
            }
            return written.is_some();
        }
    }

    /// Starts the target, and stops it when it takes longer than its timeout.
    async fn start(&self, executor: &Executor, claimed: &Claimed, stop_signal: &StopSignal) -> Ended {
        let order = &claimed.order;
        self.output.note(order, format!("Start {} on {}.", order.attempt, order.hostname)).await;
        let (sender, mut lines) = mpsc::channel(LINES_CAPACITY);
        let run = executor.start(order, &self.run, stop_signal.subscribe(), sender);
        let too_long = async {
            tokio::time::sleep(Duration::from_secs(claimed.timeout_seconds.unsigned_abs())).await;
            request_stop(stop_signal, StopReason::TimedOut);
            std::future::pending().await
        };
        let pass_on = async {
            while let Some(line) = lines.recv().await {
                self.output.line(order, line).await;
            }
        };
        let run = async {
            tokio::select! {
                ended = run => ended,
                never = too_long => never,
            }
        };
        tokio::join!(run, pass_on).0
    }

    /// Finds out what became of a start whose worker was lost, and stores the rest of its output.
    async fn collect(&self, executor: Option<&Executor>, claimed: &Claimed) -> Ended {
        let order = &claimed.order;
        self.output.note(order, "The worker of this start was lost.").await;
        failpoint::at("worker::carry::before_collect");
        let (ended, lines) = executor::collect(executor, order, &self.run, claimed.begun_in.as_deref()).await;
        match output::stored(&self.app.db, order.target_id, order.attempt).await {
            Ok(stored) => {
                for line in lines.into_iter().skip(stored as usize) {
                    self.output.line(order, line).await;
                }
            }
            Err(error) => tracing::warn!(%error, "the remaining output of a command could not be stored and is lost"),
        }
        ended
    }

    /// Decides what becomes of an interrupted start, by what the executor's probe observes.
    async fn find_out(&self, executor: Option<&Executor>, order: &Order) -> Outcome {
        let Some(executor) = executor else {
            return judge_interrupted(order, &Observed::NoAnswer, OnLost::Resolve);
        };
        let observed = executor.probe(order, &self.run).await;
        let seen = match &observed {
            Observed::Version(version) => Some(format!("The start was interrupted; by the probe, {version} runs.")),
            Observed::Nothing => Some("The start was interrupted; by the probe, nothing runs.".to_owned()),
            Observed::NoAnswer => None,
        };
        if let Some(seen) = seen {
            self.output.note(order, seen).await;
        }
        judge_interrupted(order, &observed, executor.on_lost)
    }

    /// Records another start in the database. Returns `None` if the target may not be started again.
    async fn restart(&self, claimed: &Claimed) -> Option<Claimed> {
        self.output.note(&claimed.order, "The target may be started again.").await;
        self.output.flush().await;
        loop {
            match recover::restart(&self.app.db, &self.me, claimed).await {
                Ok(next) => return next,
                Err(error) => {
                    tracing::warn!(%error, "another start of a target could not be recorded; trying again");
                    retry::pause(&self.app.db).await;
                }
            }
        }
    }

    /// Has the end of a target written, after all of its output. Returns whether it was written; it is not if the target
    /// is no longer this worker's. Returns `None` if the worker stops.
    async fn end(&self, order: &Order, end: End) -> Option<bool> {
        self.output.flush().await;
        failpoint::at("worker::carry::before_end");
        let Order { target_id, release_id, fence, .. } = *order;
        let (done, written) = oneshot::channel();
        self.endings.send((Ending { target_id, release_id, fence, end }, done)).await.ok()?;
        written.await.ok()
    }
}
