//! What cannot be ended is named, and nothing is started beside it.

use crate::PROGRAM;
use crate::worker::runner::job;
use lockkeeper::domain::order::Ended;
use lockkeeper::executor::command::runner::SUBCOMMAND;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A user without rights.
const NOBODY: u32 = 65534;

/// Runs a command under a runner that is nobody's.
fn run(directory: &Path, target_id: i64, fence: i64, script: &str) -> Ended {
    let mut runner = Command::new(directory.join("lockkeeper"))
        .arg(SUBCOMMAND)
        .arg(serde_json::to_string(&job(directory, target_id, fence, script)).unwrap())
        .uid(NOBODY)
        .gid(NOBODY)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The script says when it may be stopped.
    while fs::read_to_string(directory.join("id")).unwrap_or_default().is_empty()
        && runner.try_wait().unwrap().is_none()
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    // As a worker that is lost.
    drop(runner.stdin.take());
    serde_json::from_slice(&runner.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_process_of_another_user_is_named_and_nothing_is_started_beside_it() {
    if !geteuid().is_root() {
        return eprintln!("skipped: only root can make a program that runs as another user");
    }
    let kept = tempfile::tempdir().unwrap();
    let directory = kept.path();
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    chown(directory, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::copy(PROGRAM, directory.join("lockkeeper")).unwrap();
    // What sudo does: it becomes another user for good, and lockkeeper's user may not end it any more.
    let Ok(python) = fs::canonicalize("/usr/bin/python3") else {
        return eprintln!("skipped: there is no /usr/bin/python3");
    };
    let root = directory.join("root");
    fs::copy(python, &root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o4755)).unwrap();
    let become_root = "import os, time; os.setuid(0); open('id', 'w').write(str(os.getpid())); time.sleep(1000)";
    let processes = match run(directory, 1, 1, &format!("./root -S -c \"{become_root}\"")) {
        Ended::MayStillRun { processes } => processes,
        Ended::Exited { last_lines, .. } if last_lines.contains("PermissionError") => {
            return eprintln!("skipped: no program of this file system can become another user");
        }
        ended => panic!("it cannot be ended: {ended:?}"),
    };
    let id = fs::read_to_string(directory.join("id")).unwrap();
    assert_eq!(processes, format!("{id} (root)"));
    let Ended::StartFailed(why) = run(directory, 2, 2, "touch started") else { panic!("it runs beside the first") };
    assert!(why.contains(&format!("could not be ended: {id} (root). End it on the host.")), "{why}");
    assert!(!directory.join("started").exists());
    kill_process(Pid::from_raw(id.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
    fs::remove_file(directory.join("id")).unwrap();
    let ended = run(directory, 3, 3, "echo x > id; touch started");
    assert!(directory.join("started").exists(), "{ended:?}");
}
