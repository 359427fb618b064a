//! Health checks: an instance is healthy when its check succeeded so many times in a row.

use super::address::Address;
use super::http::Call;
use crate::domain::Timestamp;
use crate::domain::duration;
use crate::domain::health::AnswersInARow;
use crate::domain::order::{Ended, Order};
use crate::domain::target::LogStream;
use crate::executor::kind::Kind;
use crate::executor::{Line, RunContext, SoakCheck};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

/// How often the output may say that the instance is unhealthy for another reason than before.
const MAX_NOTES: usize = 20;

/// How to find out whether an instance is healthy.
#[derive(Clone, Debug)]
pub(super) struct Health {
    pub check: Check,
    /// From the end of one check to the next.
    pub interval: Duration,
    /// How long one check may take.
    pub timeout: Duration,
    /// How long the instance may take to become healthy.
    pub within: Duration,
    /// The good answers in a row that make it healthy.
    pub successes: u32,
    /// The bad answers in a row that make it unhealthy while a release soaks.
    pub failures: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Check {
    /// Good when the status of the answer is from 200 to 299.
    Http(Call),
    /// Good when a connection is made.
    Tcp(Address),
    /// Good when the program exits with 0.
    Program(Arc<dyn Kind>),
}

impl Health {
    /// The program that checks, if one does.
    pub fn program(&self) -> Option<&Arc<dyn Kind>> {
        match &self.check {
            Check::Program(program) => Some(program),
            Check::Http(_) | Check::Tcp(_) => None,
        }
    }

    /// How instances are checked while a release soaks.
    pub fn soaking(&self) -> SoakCheck {
        let required = AnswersInARow { successes: i64::from(self.successes), failures: i64::from(self.failures) };
        SoakCheck { interval: self.interval, required }
    }

    /// Waits until the instance is healthy, but no longer than it may take.
    pub async fn wait(&self, order: &Order, run: &RunContext, lines: mpsc::Sender<Line>) -> Ended {
        let deadline = Instant::now() + self.within;
        let (mut good, mut notes, mut last) = (0, 0, String::new());
        loop {
            match self.ask(order, run, deadline).await {
                Some(Ok(())) => good += 1,
                Some(Err(why)) => {
                    good = 0;
                    if why != last && notes < MAX_NOTES {
                        notes += 1;
                        let line = Line {
                            stream: LogStream::System,
                            text: format!("Not healthy yet: {why}"),
                            at: Timestamp::now(),
                            stream_end: None,
                        };
                        // It fails only when the worker ends.
                        let _ = lines.send(line).await;
                    }
                    last = why;
                }
                // The answer before says more.
                None if last.is_empty() && good == 0 => "no answer came in time.".clone_into(&mut last),
                None => {}
            }
            if good >= self.successes {
                return Ended::Succeeded;
            }
            if Instant::now() + self.interval >= deadline {
                let within = duration::format(self.within);
                if last.is_empty() {
                    "there were too few good answers in a row.".clone_into(&mut last);
                }
                return Ended::Failed(format!("the instance did not become healthy within {within}: {last}"));
            }
            sleep(self.interval).await;
        }
    }

    /// Checks once.
    ///
    /// # Errors
    /// A sentence that says why the instance is not healthy.
    pub async fn check(&self, order: &Order, run: &RunContext) -> Result<(), String> {
        let answer = self.ask(order, run, Instant::now() + self.timeout).await;
        answer.unwrap_or_else(|| Err(format!("no answer within {}.", duration::format(self.timeout))))
    }

    /// Checks once. Returns `None` if the deadline came before an answer and before the timeout of a check.
    async fn ask(&self, order: &Order, run: &RunContext, deadline: Instant) -> Option<Result<(), String>> {
        let until = Instant::now() + self.timeout;
        let answer = async {
            match &self.check {
                Check::Http(call) => call.send(order).await,
                Check::Tcp(address) => connect(&address.of(order)?).await,
                Check::Program(program) => program.check(order, run).await,
            }
        };
        let timeout = duration::format(self.timeout);
        match timeout_at(until.min(deadline), answer).await {
            Ok(answer) => Some(answer),
            Err(_) if until <= deadline => Some(Err(format!("no answer within {timeout}."))),
            Err(_) => None,
        }
    }
}

async fn connect(address: &str) -> Result<(), String> {
    match TcpStream::connect(address).await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{address} does not accept connections: {error}.")),
    }
}
