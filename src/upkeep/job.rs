//! One periodic job, and how its runs went.

use crate::store::{Db, Result};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use std::time::{Duration, Instant, SystemTime};

/// What a job does. It returns how many rows it ended or deleted.
pub type Run = Box<dyn Fn(Db) -> BoxFuture<'static, Result<u64>> + Send + Sync>;

/// A periodic job.
pub struct Job {
    name: &'static str,
    /// From the end of one run to the next.
    period: Duration,
    run: Run,
    runs: Mutex<Runs>,
}

#[derive(Clone, Copy, Default)]
struct Runs {
    succeeded: u64,
    failed: u64,
    last: Option<LastRun>,
}

/// The newest run of a job.
#[derive(Clone, Copy, Debug)]
pub struct LastRun {
    pub ended: SystemTime,
    pub duration: Duration,
    pub succeeded: bool,
}

/// What is known of a job.
#[derive(Clone, Copy, Debug)]
pub struct JobReport {
    pub name: &'static str,
    pub period: Duration,
    /// Runs that succeeded, and runs that failed, since the process started.
    pub succeeded: u64,
    pub failed: u64,
    /// `None` before the first run has ended.
    pub last: Option<LastRun>,
}

impl Job {
    pub fn new(name: &'static str, period: Duration, run: Run) -> Job {
        Job { name, period, run, runs: Mutex::default() }
    }

    /// Runs the job once in its period, for as long as this is polled. While the database cannot be written, no run
    /// begins.
    pub async fn repeat(&self, db: &Db) {
        loop {
            self.run_once(db).await;
            db.retry_after(self.period).await;
        }
    }

    /// Runs the job and notes how that went.
    pub async fn run_once(&self, db: &Db) {
        let began = Instant::now();
        let result = (self.run)(db.clone()).await;
        match &result {
            Ok(0) => {}
            Ok(rows) => tracing::info!(job = self.name, rows, "a job of the upkeep ended or deleted rows"),
            Err(error) => tracing::warn!(job = self.name, %error, "a job of the upkeep failed; it is tried again"),
        }
        let mut runs = self.runs.lock();
        match result {
            Ok(_) => runs.succeeded += 1,
            Err(_) => runs.failed += 1,
        }
        let last = LastRun { ended: SystemTime::now(), duration: began.elapsed(), succeeded: result.is_ok() };
        runs.last = Some(last);
    }

    pub fn report(&self) -> JobReport {
        let Runs { succeeded, failed, last } = *self.runs.lock();
        JobReport { name: self.name, period: self.period, succeeded, failed, last }
    }
}
