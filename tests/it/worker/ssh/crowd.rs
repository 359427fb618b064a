//! Many hosts at once, behind one sshd with its usual limits (`MaxStartups`, `MaxSessions`) if they are many enough for these:
//! `LOCKKEEPER_SSH_HOSTS=200 cargo test --test it -- --nocapture many_hosts_at_once`.

use super::hosts::{SSH, SshFleet};
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use std::time::{Duration, Instant};
use testkit::environment::number;
use tokio::time::sleep;

/// A limit so small that sshd drops connections of a few hosts, too.
const LIMIT_OF_FEW: &str = "MaxStartups 3:50:10";
/// Many hosts take longer than what tests wait for otherwise.
const LONGEST: Duration = Duration::from_mins(5);
/// How many hosts there are, unless `LOCKKEEPER_SSH_HOSTS` says otherwise.
const HOSTS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn many_hosts_at_once_are_all_reached_although_sshd_drops_connections() {
    let hosts = number("LOCKKEEPER_SSH_HOSTS").unwrap_or(HOSTS);
    // More connections at a time than sshd takes: it closes some of them before authentication.
    let limit = if hosts > HOSTS { "" } else { LIMIT_OF_FEW };
    let fleet = SshFleet::new("sqlite", hosts, &format!("{SSH}connect_at_once = {HOSTS}\n"), limit).await;
    fleet.script("");
    let began = Instant::now();
    let worker = fleet.worker();
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides { max_parallel: Some(Amount::Count(1000)), ..RolloutOverrides::default() };
    let release = fleet.accept(&request).await;
    let over = format!("SELECT status FROM release WHERE id = {release} AND finished_at IS NOT NULL");
    let status = loop {
        match fleet.rows.rows(&over).await.pop() {
            Some(row) => break row.concat(),
            None => sleep(Duration::from_millis(50)).await,
        }
        assert!(began.elapsed() < LONGEST, "{:?}", fleet.targets(release).await);
    };
    let failed =
        format!("SELECT failure, message FROM release_target WHERE release_id = {release} AND status <> 'SUCCEEDED'");
    assert_eq!(status, "SUCCEEDED", "{:?}", fleet.rows.rows(&failed).await);
    assert_eq!(fleet.said("end"), hosts);
    // Busy with all of them, the worker kept its lease.
    assert_eq!(fleet.rows.number("SELECT count(*) AS workers FROM worker").await, 1);
    let dropped = fleet
        .hosts
        .log(0)
        .lines()
        .filter(|line| line.contains("MaxStartups") || line.contains("drop connection"))
        .count();
    assert!(dropped > 0, "the test was too gentle");
    eprintln!("{hosts} hosts in {} s, and sshd dropped connections {dropped} times", began.elapsed().as_secs());
    worker.stop().await;
}
