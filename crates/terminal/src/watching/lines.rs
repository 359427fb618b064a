//! A release in a pipe: a line for each change, and one at least every 30 s, since systems for continuous integration end
//! jobs that say nothing.

use super::describe::length;
use super::model::{Change, Model};
use super::{View, summary};
use crate::failure::Failure;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// The longest time without a line.
pub const MAX_SILENCE: Duration = Duration::from_secs(29);

/// Prints one line.
pub trait Print: FnMut(&str) -> Result<(), Failure> {}

impl<P: FnMut(&str) -> Result<(), Failure>> Print for P {}

pub struct Lines<P> {
    print: P,
    last: Instant,
}

impl<P: Print> Lines<P> {
    pub fn new(print: P) -> Lines<P> {
        Lines { print, last: Instant::now() }
    }

    fn print(&mut self, line: &str, now: Instant) -> Result<(), Failure> {
        self.last = now;
        (self.print)(line)
    }
}

impl<P: Print> View for Lines<P> {
    fn changed(&mut self, model: &Model, change: &Change) -> Result<(), Failure> {
        self.print(&line(&model.release.id, change), Instant::now())
    }

    fn tick(&mut self, model: &Model, now: Instant) -> Result<(), Failure> {
        if now.duration_since(self.last) < MAX_SILENCE {
            return Ok(());
        }
        self.print(&still(model, Timestamp::now()), now)
    }

    fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn ended(&mut self, model: &Model) -> Result<(), Failure> {
        summary::lines(model).iter().try_for_each(|line| (self.print)(&line.text()))
    }
}

/// `16:18:02Z rel_41 host-17 FAILED exit=3 0:41 23/37`
fn line(release: &str, change: &Change) -> String {
    let mut words = vec![clock(change.at), release.to_owned()];
    words.extend(change.hostname.clone());
    // Of a release, what happened says more than its status.
    words.push(change.kind.as_ref().map_or(change.status.as_str(), |kind| kind.word()).to_owned());
    words.extend(change.step.as_ref().map(|step| format!("step={step}")));
    words.extend(change.exit_status.map(|status| format!("exit={status}")));
    words.extend(change.took.map(length));
    words.push(format!("{}/{}", change.progress.done(), change.progress.total));
    words.join(" ")
}

/// Nothing happened for a while.
fn still(model: &Model, now: Timestamp) -> String {
    let Model { release, status, progress, away, .. } = model;
    let line = format!("{} {} {status} {}/{}", clock(now), release.id, progress.done(), progress.total);
    match away {
        Some(away) => format!("{line} not connected for {}: {}", length(away.since.elapsed()), away.reason),
        None => line,
    }
}

fn clock(time: Timestamp) -> String {
    time.strftime("%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::model::samples::{event, progress, release, target};
    use super::*;

    #[test]
    fn a_line_begins_with_the_time_and_ends_with_the_progress() {
        let mut model = Model::new(release("RUNNING", progress(37, 0, 0, 0)));
        let mut next = |revision, kind, target, progress| {
            line("rel_41", &model.apply(event(revision, kind, target, progress)).unwrap())
        };
        assert_eq!(next(2, "ACCEPTED", None, progress(37, 0, 0, 0)), "16:18:02Z rel_41 ACCEPTED 0/37");
        let start = next(3, "TARGET_STARTED", Some(target(17, "RUNNING")), progress(37, 1, 0, 0));
        assert_eq!(start, "16:18:02Z rel_41 host-17 RUNNING 0/37");
        let end = next(4, "TARGET_FINISHED", Some(target(17, "FAILED")), progress(37, 0, 22, 1));
        assert_eq!(end, "16:18:02Z rel_41 host-17 FAILED exit=3 0:41 23/37");
        assert_eq!(still(&model, "2026-11-28T16:18:32Z".parse().unwrap()), "16:18:32Z rel_41 RUNNING 23/37");
    }

    #[tokio::test]
    async fn a_line_says_that_there_is_no_connection() {
        let mut model = Model::new(release("RUNNING", progress(37, 0, 0, 0)));
        model.disconnected("it is away".into(), Duration::from_secs(1));
        let line = still(&model, "2026-11-28T16:18:32Z".parse().unwrap());
        assert_eq!(line, "16:18:32Z rel_41 RUNNING 0/37 not connected for 0:00: it is away");
    }
}
