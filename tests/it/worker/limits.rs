//! How many at a time, and how many may fail (R16, R18, I8).

use crate::worker::fleet::{COMMAND, Fleet, request};
use lockkeeper::domain::Kind;
use lockkeeper::domain::reference::{CURRENT_VERSION, Reference, VERSION};
use lockkeeper::domain::release::OnFailure;
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::release::{Aim, Selection};
use testkit::on_both;

/// The most commands that ran at a time, by the journal.
fn most_at_a_time(fleet: &Fleet) -> usize {
    let mut most = 0;
    let mut running = 0_usize;
    for line in fleet.journal() {
        match line[0].as_str() {
            "start" => running += 1,
            "end" => running -= 1,
            _ => {}
        }
        most = most.max(running);
    }
    most
}

async fn r16_no_more_run_at_a_time_than_the_rollout_says_over_two_workers(kind: &str) {
    let fleet = Fleet::new(kind, 9, COMMAND).await;
    fleet.script("tick 4");
    let workers = [fleet.worker(), fleet.worker()];
    let mut request = fleet.upgrade();
    // 3 of 9, since a share is rounded down.
    request.rollout.max_parallel = Some(Amount::Percent(34));
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert!(most_at_a_time(&fleet) <= 3);
    let most = "SELECT max(running) AS most FROM event WHERE subject = 'RELEASE'";
    assert_eq!(fleet.rows.number(most).await, 3, "and no fewer");
    for worker in workers {
        worker.stop().await;
    }
}
on_both!(r16_no_more_run_at_a_time_than_the_rollout_says_over_two_workers);

async fn r16_too_many_failures_stop_a_release_and_give_the_rest_up(kind: &str) {
    let fleet = Fleet::new(kind, 6, COMMAND).await;
    fleet.script("case $LOCKKEEPER_HOSTNAME in h2|h4) exit 1;; esac");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides {
        max_parallel: Some(Amount::Count(1)),
        max_failures: Some(Amount::Count(1)),
        ..RolloutOverrides::default()
    };
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let status: Vec<String> = fleet.targets(release).await.into_iter().map(|target| target[0].clone()).collect();
    assert_eq!(status, ["SUCCEEDED", "FAILED", "SUCCEEDED", "FAILED", "CANCELED", "CANCELED"]);
    let instances: Vec<String> = fleet.instances().await.into_iter().map(|instance| instance.join(" ")).collect();
    assert_eq!(instances, ["RUNNING 3", "UPGRADE_FAILED 2", "RUNNING 3", "UPGRADE_FAILED 2", "RUNNING 2", "RUNNING 2"]);
    let expected = fleet
        .rows
        .rows("SELECT kind, queued, canceled FROM event WHERE subject = 'RELEASE' ORDER BY position DESC LIMIT 4")
        .await;
    assert_eq!(
        expected,
        [["FINISHED", "0", "2"], ["TARGET_FINISHED", "0", "2"], ["TARGET_FINISHED", "1", "1"], ["STOPPED", "2", "0"]]
    );
    assert_eq!(fleet.rows.rows("SELECT id FROM release WHERE stopped_at IS NOT NULL").await.len(), 1);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r16_too_many_failures_stop_a_release_and_give_the_rest_up);

async fn r16_a_release_that_is_to_continue_tries_all_of_them(kind: &str) {
    let fleet = Fleet::new(kind, 4, COMMAND).await;
    fleet.script("case $LOCKKEEPER_HOSTNAME in h1|h2) exit 1;; esac");
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout.on_failure = Some(OnFailure::Continue);
    let release = fleet.accept(&request).await;
    assert_eq!(fleet.over(release).await, "FAILED");
    let status: Vec<String> = fleet.targets(release).await.into_iter().map(|target| target[0].clone()).collect();
    assert_eq!(status, ["FAILED", "FAILED", "SUCCEEDED", "SUCCEEDED"]);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r16_a_release_that_is_to_continue_tries_all_of_them);

/// A release of each of two services that share their one host.
async fn two_releases(fleet: &Fleet) -> [i64; 2] {
    let (other, versions) = (2, [4, 5]);
    fleet.deploy(other, "api", &versions, versions[0]).await;
    let aim = Aim::Upgrade {
        version: Reference::by_id(&VERSION, Kind::Version.id(versions[1]).to_string()),
        current_version: Reference::omitted(&CURRENT_VERSION),
    };
    [fleet.accept(&fleet.upgrade()).await, fleet.accept(&request(other, aim, Selection::All(true))).await]
}

async fn r18_on_one_host_one_command_runs_at_a_time_over_all_services(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("tick 4");
    let releases = two_releases(&fleet).await;
    let workers = [fleet.worker(), fleet.worker()];
    for release in releases {
        assert_eq!(fleet.over(release).await, "SUCCEEDED");
    }
    assert_eq!(most_at_a_time(&fleet), 1);
    for worker in workers {
        worker.stop().await;
    }
}
on_both!(r18_on_one_host_one_command_runs_at_a_time_over_all_services);

async fn r18_commands_that_share_their_host_run_beside_each_other(kind: &str) {
    let fleet = Fleet::new(kind, 1, &format!("{COMMAND}shares_host = true")).await;
    // Neither ends before both have begun.
    fleet.script("while [ $(grep -c start \"$DIR/journal\") -lt 2 ]; do sleep 0.02; done");
    let releases = two_releases(&fleet).await;
    let worker = fleet.worker();
    for release in releases {
        assert_eq!(fleet.over(release).await, "SUCCEEDED");
    }
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(r18_commands_that_share_their_host_run_beside_each_other);

async fn a_worker_claims_only_what_its_executors_can_do(kind: &str) {
    let fleet = Fleet::new(kind, 1, COMMAND).await;
    fleet.script("");
    let release = fleet.accept(&fleet.upgrade()).await;
    let unable = fleet.unable_worker();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(fleet.targets(release).await[0][0], "QUEUED");
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    worker.stop().await;
    unable.stop().await;
}
on_both!(a_worker_claims_only_what_its_executors_can_do);
