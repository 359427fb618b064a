//! Carrying out one claimed target to its end, over as many starts as it takes.

use super::finish::Ending;
use super::output::OutputSender;
use super::{WorkerRef, recover};
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

/// How long to wait before the database is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// What all targets of one worker share.
#[derive(Clone)]
pub(super) struct Carrier {
    pub app: App,
    pub me: WorkerRef,
    pub run: RunContext,
    pub output: OutputSender,
    pub endings: mpsc::Sender<(Ending, oneshot::Sender<bool>)>,
    /// The worker goes: nothing is started any more.
    pub stopping: CancellationToken,
}

/// Whether a target was just claimed, or ran in the name of a worker that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Claimed,
    TakenOver,
}

/// Why a target is to be ended before its time: the first reason counts.
pub(super) type StopSignal = Arc<watch::Sender<Option<StopReason>>>;

pub(super) fn request_stop(stop_signal: &StopSignal, why: StopReason) {
    stop_signal.send_if_modified(|stop| stop.is_none() && stop.replace(why).is_none());
}

impl Carrier {
    /// Carries a target out, and tells whether that is settled. It is not if the worker goes, and another
    /// one is to start the target anew.
    pub async fn carry(self, mut claimed: Claimed, mut origin: Origin, stop_signal: StopSignal) -> bool {
        loop {
            // None where a target was taken over from a worker that knew more executors.
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
                self.output.say(&claimed.order, message).await;
            }
            let written = self.end(&claimed.order, end).await;
            if written == Some(true) {
                executor::forget(executor, &claimed.order, &self.run);
            }
            return written.is_some();
        }
    }

    /// One start, stopped when it takes too long.
    async fn start(&self, executor: &Executor, claimed: &Claimed, stop_signal: &StopSignal) -> Ended {
        let order = &claimed.order;
        self.output.say(order, format!("Start {} on {}.", order.attempt, order.hostname)).await;
        let (sender, mut lines) = mpsc::channel(256);
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

    /// What became of a start whose worker was lost, and the rest of its output.
    async fn collect(&self, executor: Option<&Executor>, claimed: &Claimed) -> Ended {
        let order = &claimed.order;
        self.output.say(order, "The worker of this start was lost.").await;
        failpoint::at("worker::carry::before_collect");
        let (ended, lines) = executor::collect(executor, order, &self.run, claimed.begun_in.as_deref()).await;
        match output::stored(&self.app.db, order.target_id, order.attempt).await {
            Ok(stored) => {
                for line in lines.into_iter().skip(stored as usize) {
                    self.output.line(order, line).await;
                }
            }
            Err(error) => tracing::warn!(%error, "the rest of a command's output is lost"),
        }
        ended
    }

    /// What is to become of an interrupted start.
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
            self.output.say(order, seen).await;
        }
        judge_interrupted(order, &observed, executor.on_lost)
    }

    /// Starts it anew in the database; none if that is not to be.
    async fn restart(&self, claimed: &Claimed) -> Option<Claimed> {
        self.output.say(&claimed.order, "It may be started anew.").await;
        self.output.flush().await;
        loop {
            match recover::restart(&self.app.db, &self.me, claimed).await {
                Ok(next) => return next,
                Err(error) => {
                    tracing::warn!(%error, claimed.order.target_id, "a target could not be started anew; trying again");
                    self.app.db.retry_after(AGAIN).await;
                }
            }
        }
    }

    /// Has an end written, behind all output. False if the target is not this worker's any more, none if
    /// the worker goes.
    async fn end(&self, order: &Order, end: End) -> Option<bool> {
        self.output.flush().await;
        failpoint::at("worker::carry::before_end");
        let Order { target_id, release_id, fence, .. } = *order;
        let (done, written) = oneshot::channel();
        self.endings.send((Ending { target_id, release_id, fence, end }, done)).await.ok()?;
        written.await.ok()
    }
}
