//! Executors of kind `simulate`: they do nothing for a while, for demonstrations and measurements.

use super::command::Command;
use super::kind::Kind;
use super::steps::Place;
use super::{Line, Probing, RunContext};
use crate::domain::order::{Ended, Observed, Order, Site, StopReason, Stopping};
use crate::domain::target::LogStream;
use crate::domain::{Timestamp, duration};
use async_trait::async_trait;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What is simulated.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Simulate {
    /// How long a start takes.
    #[serde(deserialize_with = "duration::deserialize")]
    delay: Duration,
    /// How much longer it may take, at random.
    #[serde(deserialize_with = "duration::deserialize")]
    jitter: Duration,
    /// How many lines it writes, evenly over its time.
    lines: u32,
    /// Hosts on which it fails.
    fail_hosts: Vec<String>,
    /// It also fails for each target whose number is divisible by this; 0 for none.
    fail_every: u32,
}

#[async_trait]
impl Kind for Simulate {
    async fn start(
        &self,
        order: &Order,
        _: &RunContext,
        mut stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        tokio::select! {
            ended = self.run(order, lines) => ended,
            Ok(reason) = stop.wait_for(Option::is_some) => stopped(reason.unwrap_or(StopReason::Lost)),
        }
    }

    /// It ended with its worker.
    async fn collect(&self, _: &Order, _: &RunContext, _: Option<&str>) -> (Ended, Vec<Line>) {
        (Ended::ResultUnknown { stopping: None }, Vec::new())
    }

    fn forget(&self, _: &Order, _: &RunContext) {}

    async fn check(&self, _: &Order, _: &RunContext) -> Result<(), String> {
        Ok(())
    }

    fn program(&self, place: Place, program: PathBuf, args: Vec<String>) -> Result<Arc<dyn Kind>, String> {
        match place {
            Place::Worker => Ok(Arc::new(Command::plain(&program, args)?)),
            Place::Host => Err("kind \"simulate\" runs nothing on a host: write on = \"worker\"".into()),
        }
    }

    fn probing(&self) -> Option<Probing> {
        None
    }

    async fn observe(&self, _: &Site, _: &RunContext) -> Observed {
        Observed::NoAnswer
    }

    async fn probe(&self, _: &Order, _: &RunContext) -> Observed {
        Observed::NoAnswer
    }
}

fn stopped(reason: StopReason) -> Ended {
    Ended::Stopped { reason, stopping: Stopping::InTime, last_lines: String::new() }
}

impl Simulate {
    async fn run(&self, order: &Order, lines: mpsc::Sender<Line>) -> Ended {
        let time = self.delay + self.jitter.mul_f64(rand::random());
        for number in 1..=self.lines {
            tokio::time::sleep(time / self.lines).await;
            write(&lines, LogStream::Stdout, format!("step {number} of {} on {}", self.lines, order.hostname)).await;
        }
        if self.lines == 0 {
            tokio::time::sleep(time).await;
        }
        if !self.fails(order) {
            return Ended::exited(0);
        }
        let mut reason = String::new();
        if self.lines > 0 {
            reason = format!("The simulation fails on {}, as its executor is configured.", order.hostname);
            write(&lines, LogStream::Stderr, reason.clone()).await;
        }
        Ended::Exited { status: Some(1), signal: None, last_lines: reason }
    }

    fn fails(&self, order: &Order) -> bool {
        self.fail_hosts.contains(&order.hostname)
            || self.fail_every > 0 && order.target_id % i64::from(self.fail_every) == 0
    }
}

async fn write(lines: &mpsc::Sender<Line>, stream: LogStream, text: String) {
    // It fails only when the worker ends.
    let _ = lines.send(Line { stream, text, at: Timestamp::now(), stream_end: None }).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::StepName;
    use crate::domain::order::HostIdentity;
    use crate::domain::release::ReleaseAction;
    use crate::executor::StateDir;
    use std::time::Instant;

    fn order(hostname: &str, target_id: i64) -> Order {
        Order {
            action: ReleaseAction::Upgrade,
            service: "web".into(),
            version: Some("2".into()),
            previous_version: Some("1".into()),
            artifact: None,
            reference: None,
            hostname: hostname.into(),
            host_address: "10.0.0.1".into(),
            port: None,
            tag: None,
            instance_id: 1,
            release_id: 1,
            target_id,
            attempt: 1,
            step: StepName::Run,
            fence: 1,
            place: HostIdentity::default(),
        }
    }

    async fn start(simulate: &Simulate, order: &Order, stop: Option<StopReason>, lines: mpsc::Sender<Line>) -> Ended {
        let directory = tempfile::tempdir().unwrap();
        let run = RunContext {
            state: StateDir::open(directory.path()).unwrap(),
            database_id: "database".into(),
            runner: "/none".into(),
            fence_after: Duration::MAX,
            grace: Duration::MAX,
            renewed: watch::channel(Instant::now()).1,
        };
        let (_keep, stop) = watch::channel(stop);
        Kind::start(simulate, order, &run, stop, lines).await
    }

    #[tokio::test]
    async fn it_takes_its_time_writes_its_lines_and_fails_where_it_should() {
        let text = "delay = '20ms'\nlines = 2\nfail_hosts = ['bad']\nfail_every = 5";
        let simulate: Simulate = toml::from_str(text).unwrap();
        for (host, target, status) in [("good", 4, 0), ("bad", 4, 1), ("good", 10, 1)] {
            let (sender, mut lines) = mpsc::channel(9);
            let ended = start(&simulate, &order(host, target), None, sender).await;
            let mut written = Vec::new();
            lines.recv_many(&mut written, 9).await;
            assert_eq!(written[1].text, format!("step 2 of 2 on {host}"));
            // Who fails says why, on stderr and in its end.
            let reason = written.get(2).map(|line| line.text.clone());
            assert_eq!(reason.is_some(), status == 1, "{host} {target}");
            let last_lines = reason.unwrap_or_default();
            assert_eq!(ended, Ended::Exited { status: Some(status), signal: None, last_lines }, "{host} {target}");
        }
    }

    #[tokio::test]
    async fn it_ends_at_once_when_it_is_stopped() {
        let simulate: Simulate = toml::from_str("delay = '1d'").unwrap();
        let ended = start(&simulate, &order("h", 1), Some(StopReason::Canceled), mpsc::channel(1).0).await;
        assert_eq!(ended, stopped(StopReason::Canceled));
    }
}
