//! Commands on hosts that are stopped: by a cancellation, their timeout, or because they print nothing.

use super::hosts::{SSH, SshFleet};
use lockkeeper::domain::release::rollout::RolloutOverrides;
use testkit::on_both;

async fn a_canceled_command_ends_with_its_family_on_the_host(kind: &str) {
    let fleet = SshFleet::new(kind, 1, SSH, "").await;
    fleet.script("trap '' TERM\nsetsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' &\necho $! > \"$DIR/detached\"; say ready\nwhile :; do sleep 0.1; done");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("ready", 1).await;
    fleet.stop(release).await;
    fleet.over(release).await;
    let target = &fleet.targets(release).await[0];
    assert_eq!(target[1], "STOPPED");
    assert!(target[2].contains("It was killed 1 s after"), "{target:?}");
    let detached = std::fs::read_to_string(fleet.directory.join("detached")).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", detached.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    assert_eq!(fleet.instances().await, [["UPGRADE_FAILED", "2"]]);
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_command_that_takes_too_long_or_prints_nothing_is_stopped() {
    let fleet =
        SshFleet::new("sqlite", 1, &format!("{SSH}idle_timeout = '2s'\n").replace("grace = '1s'", "grace = '20s'"), "")
            .await;
    let worker = fleet.worker();
    fleet.script("echo 'waiting for the lock' >&2; exec sleep 1000");
    let (_, _, targets) = fleet.upgraded().await;
    assert_eq!(targets[0][1], "IDLE");
    assert!(
        targets[0][2].ends_with("It ended in time after it had been asked to end.\nwaiting for the lock"),
        "{targets:?}"
    );
    fleet.script("while :; do echo busy; sleep 0.1; done");
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides { timeout_seconds: Some(2), ..RolloutOverrides::default() };
    let release = fleet.accept(&request).await;
    fleet.over(release).await;
    assert_eq!(fleet.targets(release).await[0][1], "TIMED_OUT");
    worker.stop().await;
}

on_both!(a_canceled_command_ends_with_its_family_on_the_host);
