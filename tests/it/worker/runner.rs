//! A runner without a worker: what it does when it hears of one, and when it does not.

use crate::PROGRAM;
use lockkeeper::domain::order::{Ended, StopReason, Stopping};
use lockkeeper::executor::command::runner::{Job, SUBCOMMAND};
use serde_json::json;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs a script in this directory, which also has the state directory.
pub fn job(directory: &Path, target_id: i64, fence: i64, script: &str) -> Job {
    let start = json!({ "instance_id": 1, "target_id": target_id, "step": "RUN", "fence": fence });
    Job {
        state_dir: directory.join("state"),
        start: serde_json::from_value(start).unwrap(),
        word: format!("{fence:032x}"),
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        dir: Some(directory.into()),
        merge: false,
        open_files: Some(256),
        secrets: Vec::new(),
        first_beat: Duration::from_mins(5),
        beat: Duration::from_mins(5),
        grace: Duration::from_millis(100),
        idle_timeout: None,
        lost_grace: Duration::from_millis(100),
    }
}

#[test]
fn a_worker_that_is_lost_in_the_midst_of_a_long_grace_shortens_it() {
    let directory = tempfile::tempdir().unwrap();
    let script = "trap 'touch asked' TERM; touch ready; while :; do sleep 0.05; done";
    let job = Job { grace: Duration::from_hours(1), ..job(directory.path(), 1, 1, script) };
    let mut runner = Command::new(PROGRAM)
        .arg(SUBCOMMAND)
        .arg(serde_json::to_string(&job).unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let until = |name: &str| {
        while !directory.path().join(name).exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until("ready");
    // Its release is canceled, and then the worker is gone.
    runner.stdin.as_mut().unwrap().write_all(b"c").unwrap();
    until("asked");
    drop(runner.stdin.take());
    let ended: Ended = serde_json::from_slice(&runner.wait_with_output().unwrap().stdout).unwrap();
    let Ended::Stopped { reason: StopReason::Canceled, stopping: Stopping::Killed { after }, .. } = ended else {
        panic!("{ended:?}")
    };
    assert!(after < Duration::from_mins(30), "{after:?}");
}
