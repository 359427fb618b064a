//! Carrying out one claimed target to its end: step by step, in as many starts as that takes.

use super::advance::Advance;
use super::batch::ChangeSender;
use super::finish::Ending;
use super::output::OutputSender;
use super::recover::{self, Restart};
use super::{WorkerRef, retry};
use crate::app::App;
use crate::domain::StepName;
use crate::domain::order::{Ended, HostIdentity, Observed, OnLost, Order, StopReason, Stopping};
use crate::domain::target::steps::{Next, canceled, follow, judge_step, stops};
use crate::domain::target::verdict::{Outcome, judge, judge_interrupted};
use crate::domain::target::{End, LogStream, TargetStep, Undrain};
use crate::executor::{self, Begun, Executor, Line, RunContext, Stored};
use crate::failpoint;
use crate::store::queue::Claimed;
use crate::store::{self, output};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How many lines of a command may wait to be taken by the writer of output.
const LINES_CAPACITY: usize = 256;
/// The most stored lines that can be in the message of a failure.
const MAX_LAST_LINES: i64 = 100;

/// Carries out targets: what all of them share in one session of a worker.
#[derive(Clone)]
pub(super) struct Carrier {
    pub app: App,
    pub me: WorkerRef,
    pub run: RunContext,
    pub output: OutputSender,
    pub advances: ChangeSender<Advance>,
    pub endings: ChangeSender<Ending>,
    /// Canceled when the worker stops: then nothing is started any more.
    pub stopping: CancellationToken,
}

/// How a target came to this worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was claimed, and nothing has started it yet.
    Claimed,
    /// It goes on with its next step.
    NextStep,
    /// It was running when its worker, or its task in this one, was lost.
    TakenOver,
}

/// Stops the command of a target. The first reason is kept, except that a worker that stops goes before a cancellation,
/// which does not stop every step.
pub(super) type StopSignal = Arc<watch::Sender<Option<StopReason>>>;

pub(super) fn request_stop(signal: &StopSignal, reason: StopReason) {
    signal.send_if_modified(|stop| {
        let first = stop.is_none() || (*stop == Some(StopReason::Canceled) && reason == StopReason::Lost);
        if first {
            *stop = Some(reason);
        }
        first
    });
}

impl Carrier {
    /// Carries a target out. Returns whether it needs nothing more from this worker; false if the worker stops, and
    /// another one will start the target again.
    pub async fn carry(self, mut claimed: Claimed, mut origin: Origin, stop_signal: StopSignal) -> bool {
        loop {
            // A target that was taken over may have an executor that is not configured here.
            let executor = self.app.executors.get(&claimed.executor).map(Arc::as_ref);
            let step = claimed.order.step;
            let (ended, stopped) = match (origin, executor) {
                (Origin::TakenOver, Some(executor)) if executor.goes_on(step) => {
                    self.resume(executor, &claimed, &stop_signal).await
                }
                (Origin::TakenOver, _) | (_, None) => {
                    (self.collect(executor, &claimed).await, stop_signal.borrow().filter(|reason| stops(*reason, step)))
                }
                (Origin::Claimed | Origin::NextStep, Some(executor)) => {
                    self.start(executor, &claimed, origin, &stop_signal).await
                }
            };
            let place = match &ended {
                // The worker that takes it over follows it.
                Ended::GoesOn => return false,
                Ended::Connected(place) => Some(place.clone()),
                _ => None,
            };
            let end = match self.judge(executor, &claimed.order, ended, stopped).await {
                Outcome::End(end) => end,
                // The worker that takes it over starts it again.
                Outcome::Retry { .. } if self.stopping.is_cancelled() => return false,
                Outcome::Retry { or_else } => match self.restart(&claimed).await {
                    Restart::Started(next) => {
                        executor::forget(executor, &claimed.order, &self.run);
                        (claimed, origin) = (*next, Origin::Claimed);
                        continue;
                    }
                    Restart::Refused => or_else,
                    // The worker stops.
                    Restart::Suspended => return false,
                },
            };
            let end = match follow(&claimed.steps, claimed.drained_here, step, end) {
                Next::End(end) => end,
                // The worker that takes it over finds out how this step ended.
                Next::Begin(..) if *stop_signal.borrow() == Some(StopReason::Lost) => return false,
                Next::Begin(next, done) => match self.advance(&claimed.order, done, next, place).await {
                    Some(Some(next)) => {
                        executor::forget(executor, &claimed.order, &self.run);
                        (claimed, origin) = (next, Origin::NextStep);
                        continue;
                    }
                    written => return written.is_some(),
                },
            };
            match (&end.undrain, &end.message) {
                (Some(Undrain::Failed(why)), _) => {
                    let note = format!("{} The instance stays out of service.", sentence(why));
                    self.output.note(&claimed.order, note).await;
                }
                // Why the target failed was noted when the step ended that failed.
                (Some(Undrain::Succeeded), _) | (None, None) => {}
                (None, Some(message)) => self.output.note(&claimed.order, sentence(message)).await,
            }
            let written = self.end(&claimed.order, end).await;
            if written == Some(true) {
                executor::forget(executor, &claimed.order, &self.run);
            }
            return written.is_some();
        }
    }

    /// Carries out a step of the target, and stops it when it takes longer than its timeout. Returns how it ended, and why
    /// it was stopped, if it was.
    async fn start(
        &self,
        executor: &Executor,
        claimed: &Claimed,
        origin: Origin,
        stop_signal: &StopSignal,
    ) -> (Ended, Option<StopReason>) {
        let order = &claimed.order;
        if origin == Origin::Claimed {
            self.output.note(order, format!("Start {} on {}.", order.attempt, order.hostname)).await;
        }
        if claimed.steps.len() > 1 {
            self.output.note(order, format!("Step {}.", order.step.label())).await;
        }
        let start = |stop, lines| executor.start(order, &self.run, stop, lines);
        self.attend(order, timeout(executor, claimed), stop_signal, start).await
    }

    /// Follows a step that goes on although its worker was lost.
    async fn resume(
        &self,
        executor: &Executor,
        claimed: &Claimed,
        stop_signal: &StopSignal,
    ) -> (Ended, Option<StopReason>) {
        let order = &claimed.order;
        let step = order.step.label();
        let lost = format!("The worker of this start was lost in step {step}; worker {} goes on.", self.me.name);
        self.output.note(order, lost).await;
        let begun = loop {
            match self.begun(executor, claimed).await {
                Ok(begun) => break begun,
                Err(error) => {
                    tracing::warn!(%error, "the stored output of a command could not be read; trying again");
                    retry::pause(&self.app.db).await;
                }
            }
        };
        let resume = |stop, lines| executor.resume(order, &self.run, begun, stop, lines);
        // It counts its time from its begin.
        self.attend(order, None, stop_signal, resume).await
    }

    /// What the worker before did of a step.
    async fn begun(&self, executor: &Executor, claimed: &Claimed) -> store::Result<Begun> {
        let Order { target_id, attempt, step, .. } = claimed.order;
        let mut begun = Begun { timeout: timeout(executor, claimed), ..Begun::default() };
        for stream in output::stored_streams(&self.app.db, target_id, attempt, step).await? {
            let [lines, bytes, end] = [stream.lines, stream.bytes, stream.stream_end].map(i64::unsigned_abs);
            let stored = Stored { lines, bytes, end };
            match stream.stream {
                LogStream::Stdout => begun.stdout = stored,
                LogStream::Stderr => begun.stderr = stored,
                LogStream::System => {}
            }
        }
        let explaining = if executor.merges_streams() { LogStream::Stdout } else { LogStream::Stderr };
        begun.last_lines =
            output::last_lines(&self.app.db, target_id, attempt, step, explaining, MAX_LAST_LINES).await?;
        Ok(begun)
    }

    /// Stays with a step until it ends, passes its lines on, and stops it when that is requested or takes too long.
    async fn attend<F: Future<Output = Ended>>(
        &self,
        order: &Order,
        timeout: Option<Duration>,
        stop_signal: &StopSignal,
        begin: impl FnOnce(watch::Receiver<Option<StopReason>>, mpsc::Sender<Line>) -> F,
    ) -> (Ended, Option<StopReason>) {
        let (sender, mut lines) = mpsc::channel(LINES_CAPACITY);
        let stop_step = StopSignal::new(watch::Sender::new(None));
        let run = begin(stop_step.subscribe(), sender);
        let too_long = async {
            match timeout {
                Some(timeout) => tokio::time::sleep(timeout).await,
                None => std::future::pending().await,
            }
            request_stop(&stop_step, StopReason::TimedOut);
            std::future::pending().await
        };
        let mut requested = stop_signal.subscribe();
        let pass_on_stop = async {
            let stops = |reason: &Option<StopReason>| reason.is_some_and(|reason| stops(reason, order.step));
            // The sender is kept for as long as the target is carried out.
            if let Ok(reason) = requested.wait_for(stops).await
                && let Some(reason) = *reason
            {
                request_stop(&stop_step, reason);
            }
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
                never = pass_on_stop => never,
            }
        };
        let (ended, ()) = tokio::join!(run, pass_on);
        let stopped = *stop_step.borrow();
        (ended, stopped)
    }

    /// Finds out what became of a step whose worker was lost, and stores the rest of its output.
    async fn collect(&self, executor: Option<&Executor>, claimed: &Claimed) -> Ended {
        let order = &claimed.order;
        let lost = match claimed.steps.len() {
            0 | 1 => "The worker of this start was lost.".to_owned(),
            _ => format!("The worker of this start was lost in step {}.", order.step.label()),
        };
        self.output.note(order, lost).await;
        failpoint::at("worker::carry::before_collect");
        let (ended, lines) = executor::collect(executor, order, &self.run, claimed.begun_in.as_deref()).await;
        match self.not_stored(order, lines).await {
            Ok(lines) => {
                for line in lines {
                    self.output.line(order, line).await;
                }
            }
            Err(error) => tracing::warn!(%error, "the remaining output of a command could not be stored and is lost"),
        }
        ended
    }

    /// Returns those of the lines of a step, which are all that its runner recorded, that are not stored yet.
    async fn not_stored(&self, order: &Order, mut lines: Vec<Line>) -> store::Result<Vec<Line>> {
        let mut stored = output::stored(&self.app.db, order.target_id, order.attempt, order.step).await?;
        let messages = output::messages(&self.app.db, order.target_id, order.attempt).await?;
        // Messages of the runner stand among the lines of the command, and messages of the worker only in the database.
        lines.retain(|line| match line.stream {
            LogStream::System => !messages.iter().any(|(at, text)| (*at, text) == (line.at, &line.text)),
            LogStream::Stdout | LogStream::Stderr => {
                stored -= 1;
                stored < 0
            }
        });
        Ok(lines)
    }

    /// Decides what becomes of the target once its step has ended like this.
    async fn judge(
        &self,
        executor: Option<&Executor>,
        order: &Order,
        ended: Ended,
        stopped: Option<StopReason>,
    ) -> Outcome {
        if order.step == StepName::Run {
            let stopping = ended.stopping();
            return match judge(ended, stopped, order.attempt) {
                Some(outcome) => outcome,
                None => self.find_out(executor, order, stopping).await,
            };
        }
        match judge_step(order.step, ended, stopped) {
            Some(end) => Outcome::End(end),
            None if executor.is_none() => Outcome::End(End::unknown(format!(
                "Step {} was interrupted, and worker {} cannot repeat it: it has no executor of this name. Check the \
                 host, then confirm the instance.",
                order.step.label(),
                self.me.name
            ))),
            None => Outcome::Retry { or_else: canceled(order.step) },
        }
    }

    /// Decides what becomes of an interrupted start of `run`, by what the executor's probe observes.
    async fn find_out(&self, executor: Option<&Executor>, order: &Order, stopping: Option<Stopping>) -> Outcome {
        let Some(executor) = executor else {
            return judge_interrupted(order, &Observed::NoAnswer, OnLost::Resolve, stopping);
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
        judge_interrupted(order, &observed, executor.on_lost, stopping)
    }

    /// Records another start in the database, after the end of a suspension if the worker does not stop first.
    async fn restart(&self, claimed: &Claimed) -> Restart {
        self.output.note(&claimed.order, "The target may be started again.").await;
        self.output.flush().await;
        loop {
            match recover::restart(&self.app.db, &self.me, claimed).await {
                Ok(Restart::Suspended) if !self.stopping.is_cancelled() => {
                    let resumed = retry::pause(&self.app.db);
                    self.stopping.run_until_cancelled(resumed).await;
                }
                Ok(restart) => return restart,
                Err(error) => {
                    tracing::warn!(%error, "another start of a target could not be recorded; trying again");
                    retry::pause(&self.app.db).await;
                }
            }
        }
    }

    /// Has the next step recorded, after all output of the one before. Returns the target as it is then: `Some(None)` if it
    /// is no longer this worker's, `None` if the worker stops.
    async fn advance(
        &self,
        order: &Order,
        done: TargetStep,
        next: StepName,
        place: Option<HostIdentity>,
    ) -> Option<Option<Claimed>> {
        if let Some(message) = &done.message {
            self.output.note(order, sentence(message)).await;
        }
        self.output.flush().await;
        let Order { target_id, release_id, fence, .. } = *order;
        self.advances.write(Advance { target_id, release_id, fence, done, next, place }).await
    }

    /// Has the end of a target written, after all of its output. Returns whether it was written; it is not if the target
    /// is no longer this worker's. Returns `None` if the worker stops.
    async fn end(&self, order: &Order, end: End) -> Option<bool> {
        self.output.flush().await;
        failpoint::at("worker::carry::before_end");
        let Order { target_id, release_id, fence, .. } = *order;
        let written = self.endings.write(Ending { target_id, release_id, fence, end }).await?;
        Some(written.is_some())
    }
}

/// How long the step of a target may take; `None` if it ends on its own.
fn timeout(executor: &Executor, claimed: &Claimed) -> Option<Duration> {
    match claimed.order.step {
        StepName::Run => Some(Duration::from_secs(claimed.timeout_seconds.unsigned_abs())),
        step => executor.step_timeout(step),
    }
}

/// The first line of a message. The others are lines of the output.
fn sentence(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
