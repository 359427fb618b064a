//! An executor that does nothing for a while, for demonstrations and measurements.

use super::{Ended, Line, Order, Stop};
use crate::domain::Timestamp;
use crate::domain::release::LogStream;
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
    mut stop: watch::Receiver<Option<Stop>>,
    lines: mpsc::Sender<Line>,
) -> Ended {
    tokio::select! {
        ended = pretend(simulate, order, lines) => ended,
        Ok(why) = stop.wait_for(Option::is_some) => Ended::Stopped(why.unwrap_or(Stop::Lost)),
    }
}

async fn pretend(simulate: &Simulate, order: &Order, lines: mpsc::Sender<Line>) -> Ended {
    let whole = simulate.delay + simulate.jitter.mul_f64(rand::random());
    let say = |text: String| {
        let line = Line { stream: LogStream::Stdout, text, at: Timestamp::now() };
        // Nobody reads on when the worker goes.
        let _ = lines.try_send(line);
    };
    for step in 1..=simulate.lines {
        tokio::time::sleep(whole / simulate.lines).await;
        say(format!("step {step} of {} on {}", simulate.lines, order.hostname));
    }
    if simulate.lines == 0 {
        tokio::time::sleep(whole).await;
    }
    let fails = simulate.fail_hosts.contains(&order.hostname)
        || simulate.fail_every > 0 && order.target_id % i64::from(simulate.fail_every) == 0;
    Ended::Exited { status: Some(i32::from(fails)), signal: None }
}
