//! A release over ssh, and what each failure leaves behind.

use super::hosts::{SSH, SshFleet};
use std::fs;
use testkit::on_both;

/// Status, and the names of all steps with theirs.
async fn steps(fleet: &SshFleet) -> String {
    let rows = fleet.rows.rows("SELECT name, status FROM target_step ORDER BY target_id, id").await;
    rows.into_iter().map(|row| row.join(" ")).collect::<Vec<_>>().join(", ")
}

async fn an_upgrade_over_ssh_runs_all_steps_on_the_host_and_its_output_is_live(kind: &str) {
    let step = |name: &str| format!("[{name}]\nprogram = '{{dir}}/step'\nargs = ['{name}']\n");
    let health = "[health]\nkind = 'command'\nprogram = '{dir}/step'\nargs = ['health']\ninterval = '10ms'\n";
    let probe = "[probe]\nprogram = '{dir}/probe'\n";
    let text = [SSH, &step("prepare"), &step("drain"), &step("undrain"), health, probe].concat();
    let fleet = SshFleet::new(kind, 1, &text, "").await;
    fleet.program("step", "#!/bin/sh\necho \"$1 x x x x\" >> \"$DIR/journal\"\necho \"this is $1\"\n");
    fleet.script("echo one; echo \"to $LOCKKEEPER_VERSION on $LOCKKEEPER_HOSTNAME, $(umask)\" >&2\nuntil [ -e \"$DIR/go\" ]; do sleep 0.05; done; echo two");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    let live = format!("SELECT text FROM output_line WHERE release_id = {release} AND text = 'one'");
    fleet.until(&live, |rows| rows.first().map(drop)).await;
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    let words: Vec<String> = fleet.journal().into_iter().map(|line| line[0].clone()).collect();
    assert_eq!(words, ["prepare", "drain", "start", "end", "health", "undrain"]);
    assert_eq!(
        steps(&fleet).await,
        "CONNECT SUCCEEDED, PREPARE SUCCEEDED, DRAIN SUCCEEDED, RUN SUCCEEDED, HEALTH SUCCEEDED, UNDRAIN SUCCEEDED"
    );
    let log = fleet.log(release).await;
    let texts =
        |stream: &str| log.iter().filter(|line| line[0] == stream).map(|line| line[1].as_str()).collect::<Vec<_>>();
    assert_eq!(texts("STDOUT"), ["this is prepare", "this is drain", "one", "two", "this is undrain"]);
    assert_eq!(texts("STDERR"), ["to 3 on h1, 0022"]);
    assert_eq!(fleet.instances().await, [["RUNNING", "3"]]);
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_failure_has_the_status_and_the_last_lines_and_the_next_release_goes_on() {
    let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
    fleet.script("sleep 1000 & echo working; echo 'no space on /srv' >&2; exit 3");
    let worker = fleet.worker();
    let (release, status, targets) = fleet.upgraded().await;
    assert_eq!(status, "FAILED");
    let message = "The command ended with exit status 3.\nno space on /srv";
    assert_eq!(targets, [["FAILED", "COMMAND", message, "3", "1"]]);
    assert!(fleet.log(release).await.iter().any(|line| line[1].starts_with("1 process that the command left")));
    fleet.script("");
    assert_eq!(fleet.upgraded().await.1, "SUCCEEDED");
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn what_is_not_reached_not_trusted_or_refused_leaves_the_instance_as_it_was() {
    let mut fleet = SshFleet::without_sshd("sqlite", 4, SSH).await;
    let sshd = fleet.hosts.sshd("");
    fleet.hosts.alias("h1", sshd, "IdentitiesOnly yes\n  PubkeyAuthentication no");
    // Its key is not known.
    let text = fs::read_to_string(fleet.hosts.directory.join("known_hosts")).unwrap();
    fleet.hosts.alias("h2", sshd, "");
    fs::write(fleet.hosts.directory.join("known_hosts"), text).unwrap();
    // A jump host that refuses.
    fleet.hosts.alias("h3", sshd, "ProxyJump h1");
    fleet.hosts.alias("h4", sshd, "");
    fleet.script("");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.max_failures = Some(lockkeeper::domain::release::rollout::Amount::Count(10));
    let release = fleet.accept(&request).await;
    fleet.over(release).await;
    let targets = fleet.targets(release).await;
    let failures: Vec<&str> = targets.iter().map(|target| target[1].as_str()).collect();
    assert_eq!(failures, ["REFUSED", "HOST_KEY", "REFUSED", ""], "{targets:?}");
    assert!(targets[0][2].contains("Host h1 refused the login: ") && targets[0][2].contains("Permission denied"));
    assert!(targets[1][2].contains("No ED25519 host key is known for h2"), "{targets:?}");
    let mut instances = vec![vec!["RUNNING".to_owned(), "2".into()]; 3];
    instances.push(vec!["RUNNING".into(), "3".into()]);
    assert_eq!(fleet.instances().await, instances);
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_program_that_cannot_run_there_is_named() {
    let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
    let worker = fleet.worker();
    let program = fleet.directory.join("deploy");
    fs::create_dir(&program).unwrap();
    let (_, _, targets) = fleet.upgraded().await;
    assert_eq!(targets[0][1], "NOT_STARTED");
    assert!(targets[0][2].contains("/deploy is not an executable file of this host"), "{targets:?}");
    fs::remove_dir(&program).unwrap();
    fleet.program("deploy", "#!/none/such\n");
    let (_, _, targets) = fleet.upgraded().await;
    assert!(targets[0][2].contains("the interpreter /none/such of"), "{targets:?}");
    assert_eq!(fleet.instances().await, [["RUNNING", "2"]]);
    worker.stop().await;
}

on_both!(an_upgrade_over_ssh_runs_all_steps_on_the_host_and_its_output_is_live);
