//! A release in JSON: an object for each change on a line of its own, and one that says how it ended.

use super::lines::MAX_SILENCE;
use super::model::{Change, Model};
use super::{View, describe, time};
use crate::failure::Failure;
use crate::output::Output;
use jiff::Timestamp;
use lockkeeper_client::operations::release::Progress;
use serde::Serialize;
use tokio::time::Instant;

#[derive(Serialize)]
struct ChangeJson<'a> {
    at: String,
    release: &'a str,
    /// Null where the release itself changed.
    hostname: Option<&'a str>,
    /// The target's status, or the release's.
    status: &'a str,
    progress: ProgressJson,
}

#[derive(Serialize)]
struct ProgressJson {
    done: u64,
    total: u64,
}

#[derive(Serialize)]
struct EndJson<'a> {
    release: &'a str,
    status: &'a str,
    succeeded: u64,
    failed: u64,
    canceled: u64,
    unknown: u64,
    seconds: u64,
}

pub struct Json<'o> {
    output: &'o Output,
    last: Instant,
}

impl<'o> Json<'o> {
    pub fn new(output: &'o Output) -> Json<'o> {
        Json { output, last: Instant::now() }
    }

    fn print(&mut self, model: &Model, at: Timestamp, hostname: Option<&str>, status: &str) -> Result<(), Failure> {
        let Progress { total, .. } = model.progress;
        let progress = ProgressJson { done: model.progress.done(), total };
        let at = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        self.output.json_line(&ChangeJson { at, release: &model.release.id, hostname, status, progress })
    }
}

impl View for Json<'_> {
    fn changed(&mut self, model: &Model, change: &Change) -> Result<(), Failure> {
        // A step changes no status.
        if change.step.is_some() {
            return Ok(());
        }
        self.last = Instant::now();
        self.print(model, change.at, change.hostname.as_deref(), &change.status)
    }

    fn tick(&mut self, model: &Model, now: Instant) -> Result<(), Failure> {
        if now.duration_since(self.last) < MAX_SILENCE {
            return Ok(());
        }
        self.last = now;
        self.print(model, Timestamp::now(), None, model.status.word())
    }

    fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn ended(&mut self, model: &Model) -> Result<(), Failure> {
        let Model { release, progress, .. } = model;
        let end = release.finished_at.as_deref().map_or_else(Timestamp::now, time);
        self.output.json_line(&EndJson {
            release: &release.id,
            status: release.status.word(),
            succeeded: progress.succeeded,
            failed: progress.failed,
            canceled: progress.canceled,
            unknown: progress.unknown,
            seconds: describe::between(time(&release.created_at), end).as_secs(),
        })
    }
}
