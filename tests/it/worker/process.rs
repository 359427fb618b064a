//! A worker in a process of its own, which can be stopped, woken and killed.

use crate::worker::fleet::{Fleet, executor, impatient, settings};
use lockkeeper::app::App;
use lockkeeper::domain::release::rollout::RolloutDefaults;
use lockkeeper::failpoint;
use lockkeeper::store::Db;
use lockkeeper::worker;
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A worker in a process of its own: this test binary, with the test below. Killed when it is dropped.
pub struct Process(Child);

impl Process {
    pub fn start(fleet: &Fleet, executor_text: &str) -> Process {
        Process::start_with(fleet, executor_text, "patient", "")
    }

    pub fn start_with(fleet: &Fleet, executor_text: &str, timing: &str, failpoints: &str) -> Process {
        Process::start_in(fleet, "state", executor_text, timing, failpoints)
    }

    /// The same with another state directory, as on another machine.
    pub fn start_in(fleet: &Fleet, state: &str, executor_text: &str, timing: &str, failpoints: &str) -> Process {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker::process::a_worker_in_a_process_of_its_own", "--ignored", "--nocapture"])
            .env("WORKER_URL", &fleet.url)
            .env("WORKER_DIR", &fleet.directory)
            .env("WORKER_STATE", fleet.directory.join(state))
            .env("WORKER_EXECUTOR", executor_text)
            .env("WORKER_TIMING", timing)
            .env("FAILPOINTS", failpoints)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Process(child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Stops it where it stands, but not in the midst of a transaction: on SQLite, which has one writer, nobody
    /// else could write then.
    pub async fn freeze(&self, fleet: &Fleet) {
        self.signal(Signal::STOP);
        // What changes nothing, but takes the lock for writing.
        let write = "UPDATE worker SET ended_at = ended_at WHERE id = 0";
        while fleet.rows.try_execute(write).await.is_err() {
            self.signal(Signal::CONT);
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.signal(Signal::STOP);
        }
    }

    /// Waits until it has died at the failpoint that was armed.
    pub async fn died(mut self) {
        let status = tokio::task::spawn_blocking(move || self.0.wait().unwrap()).await.unwrap();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}");
    }

    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test: what [`Process`] runs, until it is killed.
#[tokio::test]
#[ignore = "it is a worker that tests start"]
async fn a_worker_in_a_process_of_its_own() {
    let Ok(url) = std::env::var("WORKER_URL") else { return };
    let directory = PathBuf::from(std::env::var("WORKER_DIR").unwrap());
    failpoint::arm();
    let executors = [executor(&directory, &std::env::var("WORKER_EXECUTOR").unwrap())].into_iter().collect();
    let app = App { db: Db::open(&url, 8).await.unwrap(), executors, rollout: RolloutDefaults::default() };
    let mut settings = settings(std::env::var("WORKER_STATE").unwrap().into());
    if std::env::var("WORKER_TIMING").unwrap() == "impatient" {
        settings.timing = impatient();
    }
    worker::run(app, settings, CancellationToken::new()).await.unwrap();
}
