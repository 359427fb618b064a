//! An executor that does nothing for a while, for demonstrations and measurements.

use super::Line;
use crate::domain::Timestamp;
use crate::domain::order::{Ended, Order, StopReason};
use crate::domain::target::LogStream;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What it pretends.
#[derive(Clone, Debug, Default)]
pub struct Simulate {
    /// How long a start takes.
    pub delay: Duration,
    /// How much longer it may take, by chance.
    pub jitter: Duration,
    /// How many lines it writes, evenly over its time.
    pub lines: u32,
    /// Hosts on which it fails.
    pub fail_hosts: Vec<String>,
    /// It also fails on each target whose number this divides; 0 for none.
    pub fail_every: u32,
}

pub(super) async fn carry_out(
    simulate: &Simulate,
    order: &Order,
    mut stop: watch::Receiver<Option<StopReason>>,
    lines: mpsc::Sender<Line>,
) -> Ended {
    tokio::select! {
        ended = pretend(simulate, order, lines) => ended,
        Ok(why) = stop.wait_for(Option::is_some) => Ended::Stopped(why.unwrap_or(StopReason::Lost)),
    }
}

async fn pretend(simulate: &Simulate, order: &Order, lines: mpsc::Sender<Line>) -> Ended {
    let whole = simulate.delay + simulate.jitter.mul_f64(rand::random());
    for step in 1..=simulate.lines {
        tokio::time::sleep(whole / simulate.lines).await;
        let text = format!("step {step} of {} on {}", simulate.lines, order.hostname);
        // It fails only when the worker goes.
        let _ = lines.send(Line { stream: LogStream::Stdout, text, at: Timestamp::now() }).await;
    }
    if simulate.lines == 0 {
        tokio::time::sleep(whole).await;
    }
    Ended::Exited { status: Some(i32::from(fails(simulate, order))), signal: None }
}

fn fails(simulate: &Simulate, order: &Order) -> bool {
    simulate.fail_hosts.contains(&order.hostname)
        || simulate.fail_every > 0 && order.target_id % i64::from(simulate.fail_every) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::release::ReleaseAction;

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
            fence: 1,
        }
    }

    #[tokio::test]
    async fn it_takes_its_time_writes_its_lines_and_fails_where_it_is_told_to() {
        let simulate = Simulate {
            delay: Duration::from_millis(20),
            lines: 2,
            fail_hosts: vec!["bad".into()],
            fail_every: 5,
            ..Simulate::default()
        };
        for (host, target, status) in [("good", 4, 0), ("bad", 4, 1), ("good", 10, 1)] {
            let (sender, mut lines) = mpsc::channel(9);
            let (_keep, stop) = watch::channel(None);
            let ended = carry_out(&simulate, &order(host, target), stop, sender).await;
            assert_eq!(ended, Ended::Exited { status: Some(status), signal: None }, "{host} {target}");
            let mut written = Vec::new();
            assert_eq!(lines.recv_many(&mut written, 9).await, 2);
            assert_eq!(written[1].text, format!("step 2 of 2 on {host}"));
        }
    }

    #[tokio::test]
    async fn it_ends_at_once_when_it_is_stopped() {
        let simulate = Simulate { delay: Duration::from_hours(1), ..Simulate::default() };
        let (stopper, stop) = watch::channel(None);
        stopper.send_replace(Some(StopReason::Canceled));
        let ended = carry_out(&simulate, &order("h", 1), stop, mpsc::channel(1).0).await;
        assert_eq!(ended, Ended::Stopped(StopReason::Canceled));
    }
}
