//! Periodic jobs. Every process runs all of them, whether it serves, works or does both. Any number of processes may do
//! so on one database: what a job finds is ended by the process that locks it first.

mod job;
mod jobs;

pub use job::{JobReport, LastRun};

use crate::domain::retention::Retention;
use crate::store::{Db, db::hints};
use futures_util::future::join_all;
use job::Job;
use std::sync::Arc;

/// The registry of the jobs of this process. Clones share it.
#[derive(Clone)]
pub struct Upkeep {
    db: Db,
    jobs: Arc<[Job]>,
}

impl Upkeep {
    /// All jobs, none of which has run yet.
    pub fn new(db: Db, retention: Retention) -> Upkeep {
        Upkeep { db, jobs: jobs::all(retention).into() }
    }

    /// Runs each job now and then once in its period, for as long as this is polled. Beside them, exchanges wake-ups
    /// with other processes, and finds out when a database whose disk was full can be written again.
    pub async fn run(&self) {
        let jobs = join_all(self.jobs.iter().map(|job| job.repeat(&self.db)));
        tokio::join!(jobs, hints::exchange(self.db.clone()), self.db.watch_for_space());
    }

    /// What is known of each job.
    pub fn report(&self) -> Vec<JobReport> {
        self.jobs.iter().map(Job::report).collect()
    }
}

#[cfg(test)]
mod tests;
