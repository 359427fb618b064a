//! Staying with a start on a host until it has ended, over as many connections as that takes. The host keeps the result: the
//! end of a connection means nothing.

use super::Ssh;
use super::failure::Failure;
use super::far_runner::{Answer, Call, CallFailure, one_line};
use super::message::{FarResult, Message};
use super::observe::not_allowed;
use super::output::Output;
use super::request::{Request, Verb};
use crate::domain::order::{Ended, HostIdentity, Order, StopReason, Stopping};
use crate::executor::command::attend::stayed_behind;
use crate::executor::command::family::new_word;
use crate::executor::{Begun, Line, RunContext};
use crate::failpoint;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;

/// The pause before a call is repeated.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// How much longer than its grace a command may take to end on a busy host, and how long another call may be busy.
const HOST_DELAY: Duration = Duration::from_mins(1);
/// How many lines may wait to be taken before no more output is read.
const MAX_WAITING_LINES: usize = 1000;

/// How a start came to this worker.
pub(super) enum Origin {
    /// It begins here.
    Start,
    /// Another worker began it.
    Resume(Begun),
}

type Stop = watch::Receiver<Option<StopReason>>;

/// Carries out a start, or follows it, to its end. Stopped because the worker stops, it closes its connection, and the
/// command goes on.
pub(super) async fn attend(
    ssh: &Ssh,
    order: &Order,
    run: &RunContext,
    origin: Origin,
    stop: Stop,
    lines: mpsc::Sender<Line>,
) -> Ended {
    let is_resumed = matches!(origin, Origin::Resume(_));
    let begun = match origin {
        Origin::Start => Begun::default(),
        Origin::Resume(begun) => begun,
    };
    let mut lost = stop.clone();
    let mut attention = Attention {
        ssh,
        order,
        run,
        word: new_word(),
        verb: if is_resumed { Verb::Follow } else { Verb::Start },
        sent: is_resumed,
        is_resumed,
        output: Output::new(ssh.env.mask(), ssh.merge, &begun),
        timeout: begun.timeout,
        timeout_at: None,
        waiting: VecDeque::new(),
        lines,
        stop,
        stopping: None,
        unreached_since: None,
        busy_since: None,
    };
    tokio::select! {
        ended = attention.carry() => ended,
        Ok(_) = lost.wait_for(|reason| *reason == Some(StopReason::Lost)) => Ended::GoesOn,
    }
}

struct Attention<'a> {
    ssh: &'a Ssh,
    order: &'a Order,
    run: &'a RunContext,
    /// The random word of the start, by which the host finds its processes.
    word: String,
    /// What the next call asks for.
    verb: Verb,
    /// Whether the host may have got the order to start.
    sent: bool,
    is_resumed: bool,
    output: Output,
    /// How long the command may take from its begin, where it is for this to count.
    timeout: Option<Duration>,
    timeout_at: Option<Instant>,
    /// Lines that wait to be taken.
    waiting: VecDeque<Line>,
    lines: mpsc::Sender<Line>,
    stop: Stop,
    stopping: Option<StopOrder>,
    /// Since when the host does not answer.
    unreached_since: Option<Instant>,
    busy_since: Option<Instant>,
}

/// The order to stop the command, on its way.
struct StopOrder {
    deadline: Instant,
    _sending: AbortOnDropHandle<()>,
}

/// How one call ended.
enum Round {
    Ended(Ended),
    /// The command has ended on the host.
    Result(FarResult),
    Unreached(Failure),
    /// The connection broke, or the host cannot answer now.
    Broken(String),
    /// The next call asks for something else, or for the same later.
    Again,
}

impl Attention<'_> {
    async fn carry(&mut self) -> Ended {
        loop {
            let why = match self.call().await {
                Round::Ended(ended) => return self.finish(ended, None).await,
                Round::Result(result) => return self.result(result).await,
                Round::Unreached(failure) if !self.sent => return failure.ended(&self.order.hostname),
                Round::Unreached(failure) => failure.message,
                Round::Broken(why) => why,
                Round::Again => {
                    sleep(RETRY_DELAY).await;
                    continue;
                }
            };
            // What was asked of the host may have been done.
            if self.verb == Verb::Start {
                self.verb = Verb::Follow;
            }
            // For so long, the command may go on without anybody.
            let longest = self.ssh.orphan_timeout + self.ssh.grace;
            let since = *self.unreached_since.get_or_insert_with(Instant::now);
            if since.elapsed() > longest {
                let why = format!(
                    "The command may still be running: host {} was not reached for {} s ({}). Check the host, then confirm \
                     the instance.",
                    self.order.hostname,
                    since.elapsed().as_secs(),
                    one_line(why.trim_end_matches('.'))
                );
                return self.finish(Ended::Unknown(why), None).await;
            }
            sleep(RETRY_DELAY).await;
        }
    }

    /// Makes one call, and stays with it until it ends.
    async fn call(&mut self) -> Round {
        let request = match self.request() {
            Ok(request) => request,
            Err(why) => return Round::Ended(Ended::StartFailed(why)),
        };
        let connection = match self.ssh.pool.get(&self.order.host_address, &self.run.state).await {
            Ok(connection) => connection,
            Err(failure) => return Round::Unreached(failure),
        };
        failpoint::at("executor::ssh::attend::before_call");
        self.sent = true;
        let (mut call, place) = match Call::new(&connection, &self.ssh.place, &request).await {
            Ok(called) => called,
            Err(failure @ (CallFailure::Refused(_) | CallFailure::Sudo(_))) if self.verb == Verb::Start => {
                return Round::Ended(not_allowed(&self.order.hostname, &failure));
            }
            Err(failure) => return Round::Broken(failure.to_string()),
        };
        failpoint::at("executor::ssh::attend::after_call");
        self.unreached_since = None;
        if let Some(ended) = self.elsewhere(&place) {
            return Round::Ended(ended);
        }
        let (mut renewed, lines, mut stop) = (self.run.renewed.clone(), self.lines.clone(), self.stop.clone());
        loop {
            let next = self.next_deadline();
            tokio::select! {
                answer = call.next(), if self.waiting.len() < MAX_WAITING_LINES => match answer {
                    Ok(Some(Answer::Output { is_stderr, offset, bytes })) => {
                        self.output.add(is_stderr, offset, &bytes);
                        self.waiting.extend(self.output.take());
                    }
                    Ok(Some(Answer::Message(message))) => {
                        if matches!(message, Message::Running { .. }) {
                            call.beat().await;
                        }
                        if let Some(round) = self.hear(message, &place) {
                            return round;
                        }
                    }
                    Ok(None) => return Round::Broken("the connection ended".into()),
                    Err(error) => return Round::Broken(error.to_string()),
                },
                Ok(()) = renewed.changed() => call.beat().await,
                Ok(permit) = lines.reserve(), if !self.waiting.is_empty() => {
                    if let Some(line) = self.waiting.pop_front() {
                        permit.send(line);
                    }
                }
                reason = stopped(&mut stop), if self.stopping.is_none() => self.order_stop(reason),
                () = sleep_until(next.unwrap_or_else(Instant::now).into()), if next.is_some() => {
                    if let Some(round) = self.on_time() {
                        return round;
                    }
                }
            }
        }
    }

    fn request(&self) -> Result<Request, String> {
        let mut request = self.ssh.request(self.verb, self.order, self.run, self.word.clone())?;
        let (stdout, stderr) = self.output.offsets();
        request.set("FAR_OUT", stdout)?;
        request.set("FAR_ERR", stderr)?;
        Ok(request)
    }

    /// What follows if the traces of a start that another worker began cannot be where this call looked.
    fn elsewhere(&self, place: &HostIdentity) -> Option<Ended> {
        if !self.is_resumed || self.order.place.state_id == place.state_id {
            return None;
        }
        Some(Ended::Unknown(format!(
            "What became of the command is unknown: host {} does not have the directory {} of its start any more, since it \
             was rebuilt or its address leads to another machine. Check the host, then confirm the instance.",
            self.order.hostname, self.ssh.place.remote_state
        )))
    }

    /// Takes a message. Returns how the call ends, if it does.
    fn hear(&mut self, message: Message, place: &HostIdentity) -> Option<Round> {
        let is_start = self.verb == Verb::Start;
        if !matches!(message, Message::Busy(_)) {
            self.busy_since = None;
        }
        match message {
            Message::Running { seconds } => {
                self.verb = Verb::Follow;
                if let Some(timeout) = self.timeout {
                    self.timeout_at = Some(Instant::now() + timeout.saturating_sub(Duration::from_secs(seconds)));
                }
                None
            }
            Message::Ended(result) => Some(Round::Result(result)),
            Message::NoTrace if self.order.place.boot_id == place.boot_id => Some(Round::Ended(Ended::NeverStarted)),
            // Its traces may not have outlived the boot.
            Message::NoTrace | Message::Lost => Some(Round::Ended(Ended::ResultUnknown { stopping: None })),
            // The order came twice, or an order to stop came before it.
            Message::Fenced(_) if is_start && self.stopping.is_some() => {
                self.verb = Verb::Follow;
                Some(Round::Again)
            }
            Message::Fenced(newest) => Some(Round::Ended(Ended::StartFailed(format!(
                "Host {} has seen a newer start of this instance ({newest}): nothing was started.",
                self.order.hostname
            )))),
            Message::Busy(processes) if !processes.is_empty() => Some(Round::Ended(Ended::StartFailed(format!(
                "Processes of an earlier command of the instance could not be ended on host {}: {processes}. End them.",
                self.order.hostname
            )))),
            Message::Busy(_) => {
                let since = *self.busy_since.get_or_insert_with(Instant::now);
                let longest = HOST_DELAY + self.ssh.grace;
                Some(if since.elapsed() > longest {
                    Round::Broken("another call is busy".into())
                } else {
                    Round::Again
                })
            }
            Message::Failed(why) if is_start => Some(Round::Ended(Ended::StartFailed(format!("{}.", one_line(&why))))),
            Message::Failed(why) => Some(Round::Broken(why)),
            Message::HasEnded | Message::Output { .. } => None,
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let idle_at = self.ssh.idle_timeout.map(|longest| self.output.newest + longest);
        let stop_at = self.stopping.as_ref().map(|stopping| stopping.deadline);
        let open_at = self.output.deadline();
        match self.stopping {
            Some(_) => [stop_at, open_at].into_iter().flatten().min(),
            None => [idle_at, self.timeout_at, open_at].into_iter().flatten().min(),
        }
    }

    /// A deadline has passed. Returns how the call ends, if it does.
    fn on_time(&mut self) -> Option<Round> {
        let now = Instant::now();
        self.output.pass_on_overdue();
        self.waiting.extend(self.output.take());
        match &self.stopping {
            Some(stopping) if stopping.deadline <= now => {
                return Some(Round::Ended(Ended::MayStillRun { processes: String::new() }));
            }
            None if self.timeout_at.is_some_and(|at| at <= now) => self.order_stop(StopReason::TimedOut),
            None if self.ssh.idle_timeout.is_some_and(|longest| self.output.newest + longest <= now) => {
                self.order_stop(StopReason::Idle);
            }
            Some(_) | None => {}
        }
        None
    }

    /// Sends the order to stop the command, by calls of its own, until the host has it.
    fn order_stop(&mut self, reason: StopReason) {
        let mut request = self.ssh.request(Verb::Stop, self.order, self.run, self.word.clone());
        if let Ok(request) = &mut request {
            // A word of letters can be set.
            let _ = request.set("FAR_REASON", word(reason));
        }
        let (pool, place, state) = (self.ssh.pool.clone(), self.ssh.place.clone(), self.run.state.clone());
        let address = self.order.host_address.clone();
        let sending = tokio::spawn(async move {
            let Ok(request) = request else { return };
            loop {
                if let Ok(connection) = pool.get(&address, &state).await
                    && let Ok((mut call, _)) = Call::new(&connection, &place, &request).await
                    && let Ok(Some(message)) = call.message().await
                    && !matches!(message, Message::Busy(_) | Message::Failed(_))
                {
                    return;
                }
                sleep(RETRY_DELAY).await;
            }
        });
        let deadline = Instant::now() + self.ssh.grace + self.ssh.orphan_timeout + HOST_DELAY;
        self.stopping = Some(StopOrder { deadline, _sending: AbortOnDropHandle::new(sending) });
    }

    /// Ends with what the host noted.
    async fn result(&mut self, result: FarResult) -> Ended {
        let (ended, note) = match result {
            FarResult::Exited { status, stayed } => {
                let note = (stayed > 0).then(|| stayed_behind(stayed as usize));
                (Ended::Exited { status: Some(status), signal: None, last_lines: String::new() }, note)
            }
            FarResult::Stopped { reason, seconds, killed } => {
                let after = Duration::from_secs(seconds);
                let stopping = if killed { Stopping::Killed { after } } else { Stopping::InTime };
                if let Some(reason) = stop_reason(&reason) {
                    (Ended::Stopped { reason, stopping, last_lines: String::new() }, None)
                } else {
                    let note = format!("The command was stopped because no worker was heard of. {stopping}");
                    (Ended::ResultUnknown { stopping: Some(stopping) }, Some(note))
                }
            }
            FarResult::MayStillRun { processes } => (Ended::MayStillRun { processes }, None),
            FarResult::Lost => (Ended::ResultUnknown { stopping: None }, None),
            FarResult::NeverStarted => (Ended::NeverStarted, None),
        };
        self.finish(ended, note).await
    }

    /// Passes the rest of the output on, and adds its last lines to the end of the command.
    async fn finish(&mut self, ended: Ended, note: Option<String>) -> Ended {
        failpoint::at("executor::ssh::attend::before_end");
        let (rest, last) = self.output.finish(note);
        for line in self.waiting.drain(..).chain(rest) {
            // The receiver is dropped only when the worker ends.
            let _ = self.lines.send(line).await;
        }
        match ended {
            Ended::Exited { status, signal, .. } => Ended::Exited { status, signal, last_lines: last },
            Ended::Stopped { reason, stopping, .. } => Ended::Stopped { reason, stopping, last_lines: last },
            ended => ended,
        }
    }
}

/// Waits until the command is to be stopped for a reason that stops it.
async fn stopped(stop: &mut Stop) -> StopReason {
    let ends = |reason: &Option<StopReason>| reason.is_some_and(|reason| reason != StopReason::Lost);
    match stop.wait_for(ends).await.map(|reason| *reason) {
        Ok(Some(reason)) => reason,
        // Nobody stops it any more.
        _ => std::future::pending().await,
    }
}

/// A reason as the host notes it.
fn word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::TimedOut => "timed-out",
        StopReason::Idle => "idle",
        StopReason::Canceled => "canceled",
        StopReason::Lost => "lost",
    }
}

/// The reason that a host noted; `None` if the host itself stopped the command.
fn stop_reason(noted: &str) -> Option<StopReason> {
    [StopReason::TimedOut, StopReason::Idle, StopReason::Canceled].into_iter().find(|reason| word(*reason) == noted)
}
