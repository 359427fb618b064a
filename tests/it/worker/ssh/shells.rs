//! Hosts of all sorts: other shells, banners, jump hosts, sudo that is refused, a full disk, a changed key.

use super::hosts::{SSH, SshFleet};
use crate::PROGRAM;
use lockkeeper::executor::{RunContext, Stage, StateDir};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A folder on the search path of a host, with one program.
fn path_with(fleet: &SshFleet, name: &str) -> (PathBuf, String) {
    let folder = fleet.directory.join(name);
    fs::create_dir(&folder).unwrap();
    let setting = format!("SetEnv HOME=/none PATH={}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", folder.display());
    (folder, setting)
}

/// Where a shell of this machine is.
fn shell(name: &str) -> PathBuf {
    let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().unwrap();
    Path::new(String::from_utf8(found.stdout).unwrap().trim()).to_owned()
}

#[tokio::test]
async fn any_posix_shell_serves_behind_a_banner_and_a_jump_host() {
    let mut fleet = SshFleet::without_sshd("sqlite", 5, SSH).await;
    for (host, name) in [("h1", "dash"), ("h2", "busybox"), ("h3", "bash")] {
        let (folder, setting) = path_with(&fleet, name);
        symlink(shell(name), folder.join("sh")).unwrap();
        let sshd = fleet.hosts.sshd(&setting);
        fleet.hosts.alias(host, sshd, "");
    }
    let banner = fleet.hosts.sshd("ForceCommand echo Welcome; printf 'open line'; eval \"$SSH_ORIGINAL_COMMAND\"");
    fleet.hosts.alias("h4", banner, "");
    fleet.hosts.alias("h5", banner, "ProxyJump h1");
    // What has not left the session yet would count as left there.
    fleet.script(
        r#"sleep 1000 &
setsid sh -c 'touch "$1"; exec sleep 0.3' - "$DIR/free-$LOCKKEEPER_TARGET_ID" < /dev/null > /dev/null 2>&1 &
until [ -e "$DIR/free-$LOCKKEEPER_TARGET_ID" ]; do sleep 0.01; done
echo "$LOCKKEEPER_ACTION"; pwd >&2"#,
    );
    let worker = fleet.worker();
    let (release, status, targets) = fleet.upgraded().await;
    assert_eq!(status, "SUCCEEDED", "{targets:?}");
    let log = fleet.log(release).await;
    assert_eq!(log.iter().filter(|line| line[1] == "UPGRADE").count(), 5, "{log:?}");
    assert_eq!(log.iter().filter(|line| line[1].starts_with("1 process that the command left")).count(), 5, "{log:?}");
    // A far runner that was changed on the host is replaced before it is used.
    let runner = fs::read_dir(fleet.directory.join("far/runner")).unwrap().next().unwrap().unwrap().path();
    fs::write(&runner, "#!/bin/sh\necho changed\n").unwrap();
    fs::set_permissions(&runner, fs::Permissions::from_mode(0o755)).unwrap();
    let release = fleet.accept(&fleet.revert()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(fs::metadata(&runner).unwrap().permissions().mode() & 0o777, 0o700);
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_host_that_lets_nothing_run_leaves_the_instance_as_it_was() {
    let mut fleet = SshFleet::without_sshd("sqlite", 3, &format!("{SSH}sudo = true\n")).await;
    let (folder, setting) = path_with(&fleet, "refusing");
    let sudo = |text: &str, folder: &Path| {
        fs::write(folder.join("sudo"), text).unwrap();
        fs::set_permissions(folder.join("sudo"), fs::Permissions::from_mode(0o755)).unwrap();
    };
    sudo("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n", &folder);
    let refusing = fleet.hosts.sshd(&setting);
    fleet.hosts.alias("h1", refusing, "");
    let (folder, setting) = path_with(&fleet, "full");
    sudo("#!/bin/sh\ntrap '' XFSZ\nulimit -f 0\nshift\nexec \"$@\"\n", &folder);
    let full = fleet.hosts.sshd(&setting);
    fleet.hosts.alias("h2", full, "");
    let (folder, setting) = path_with(&fleet, "changed");
    sudo("#!/bin/sh\nshift\nexec \"$@\"\n", &folder);
    let changed = fleet.hosts.sshd(&setting);
    fleet.hosts.alias("h3", changed, "");
    fleet.hosts.change_host_key(changed);
    fleet.hosts.restart(changed, &setting);
    fleet.script("");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.max_failures = Some(lockkeeper::domain::release::rollout::Amount::Count(10));
    let release = fleet.accept(&request).await;
    fleet.over(release).await;
    let targets = fleet.targets(release).await;
    let failures: Vec<&str> = targets.iter().map(|target| target[1].as_str()).collect();
    assert_eq!(failures, ["REFUSED", "NOT_STARTED", "HOST_KEY"], "{targets:?}");
    assert!(targets[0][2].contains("refused sudo: sudo: a password is required"), "{targets:?}");
    assert!(targets[1][2].contains("Host h2 cannot run commands of lockkeeper: "), "{targets:?}");
    assert!(targets[2][2].contains("its key has changed, or another machine answers: it sent SHA256:"), "{targets:?}");
    assert_eq!(fleet.instances().await, vec![["RUNNING", "2"]; 3]);
    assert!(fleet.journal().is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_is_found_by_a_check_and_no_release_minds_it() {
    let mut fleet = SshFleet::without_sshd("sqlite", 1, SSH).await;
    let (folder, setting) = path_with(&fleet, "late");
    fs::write(folder.join("date"), "#!/bin/sh\nexec /bin/date -d '1 hour ago' \"$@\"\n").unwrap();
    fs::set_permissions(folder.join("date"), fs::Permissions::from_mode(0o755)).unwrap();
    let sshd = fleet.hosts.sshd(&setting);
    fleet.hosts.alias("h1", sshd, "");
    fleet.script("date +%s");
    let run = RunContext {
        state: StateDir::open(&fleet.directory.join("check")).unwrap(),
        database_id: "check".into(),
        runner: PROGRAM.into(),
        fence_after: Duration::from_secs(10),
        grace: Duration::ZERO,
        renewed: watch::channel(Instant::now()).1,
    };
    let findings = fleet.app.executors.get("web").unwrap().diagnose("h1", &run).await;
    let problems: Vec<_> = findings.into_iter().filter_map(|one| Some((one.stage, one.problem?))).collect();
    let [(Stage::Clock, problem)] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.starts_with("The host's clock is 3") && problem.contains(" s slow. "), "{problem}");
    let worker = fleet.worker();
    let (_, status, targets) = fleet.upgraded().await;
    assert_eq!(status, "SUCCEEDED", "{targets:?}");
    worker.stop().await;
}
