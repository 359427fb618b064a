//! Connections that are cut while commands run on hosts.

use super::hosts::{SSH, SshFleet, cut};
use crate::worker::fleet::caller;
use lockkeeper::catalog::instance_request::probe_instances;
use lockkeeper::domain::reference::{INSTANCES, Reference};
use std::fs;
use std::time::Duration;
use testkit::Relay;
use testkit::relay::Network;

/// Hosts behind a network that a test disturbs.
async fn behind_a_relay(kind: &str, hosts: usize, executor: &str) -> (SshFleet, Relay) {
    let mut fleet = SshFleet::without_sshd(kind, hosts, executor).await;
    let sshd = fleet.hosts.sshd("");
    let relay = Relay::start(fleet.hosts.port(sshd), || Box::new(|_| 0)).await;
    for host in 1..=hosts {
        fleet.hosts.alias_at(&format!("h{host}"), relay.port(), sshd, "");
    }
    (fleet, relay)
}

/// One step for all phases: says where it is, and waits until the test has cut the connection there.
const PHASE: &str = "say $1; echo $1 begins\ntouch \"$DIR/in-$1\"; while [ ! -e \"$DIR/cut-$1\" ] && [ -d \"$DIR\" ]; do sleep 0.05; done; echo $1 ends\nsay $1-end";

#[tokio::test]
async fn i8_a_connection_that_is_cut_in_any_phase_ends_and_repeats_nothing() {
    let step = |name: &str| format!("[{name}]\nprogram = '{{dir}}/deploy'\nargs = ['{name}']\n");
    let text = format!("{SSH}args = ['run']\n{}{}{}", step("prepare"), step("drain"), step("undrain"));
    let (fleet, relay) = behind_a_relay("sqlite", 1, &text).await;
    fleet.script(PHASE);
    // In the first phase, nothing is connected yet.
    relay.set(Network::Resets);
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    relay.set(Network::Passes);
    for phase in ["prepare", "drain", "run", "undrain"] {
        let inside = fleet.directory.join(format!("in-{phase}"));
        fleet.until("SELECT 'x' AS x", |_| inside.exists().then_some(())).await;
        cut(&[&relay]).await;
        fs::write(fleet.directory.join(format!("cut-{phase}")), "").unwrap();
        // And once more while it ends.
        cut(&[&relay]).await;
    }
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    let log = fleet.log(release).await;
    let texts: Vec<&str> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].as_str()).collect();
    let expected =
        ["prepare", "drain", "run", "undrain"].map(|phase| [format!("{phase} begins"), format!("{phase} ends")]);
    assert_eq!(texts, expected.concat());
    assert_eq!((fleet.said("run"), fleet.said("run-end"), fleet.said("start")), (1, 1, 4), "{:?}", fleet.journal());
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_connection_that_dies_without_a_sign_is_noticed_and_the_command_is_followed_on_another() {
    let (fleet, relay) = behind_a_relay("sqlite", 1, &format!("{SSH}connect_timeout = '2s'\n")).await;
    fleet.script("echo one; say here; until [ -e \"$DIR/go\" ]; do sleep 0.05; done; echo two");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    let open = format!("SELECT text FROM output_line WHERE release_id = {release} AND text = 'one'");
    fleet.until(&open, |rows| rows.first().map(drop)).await;
    let before = fleet.hosts.log(0).matches("Accepted publickey").count();
    // The beats of the worker vanish, and with them the connection.
    relay.set(Network::Swallows);
    tokio::time::sleep(Duration::from_millis(500)).await;
    relay.set(Network::Passes);
    fs::write(fleet.directory.join("go"), "").unwrap();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(before + 1, fleet.hosts.log(0).matches("Accepted publickey").count(), "{}", fleet.hosts.log(0));
    let log = fleet.log(release).await;
    let texts: Vec<&str> = log.iter().filter(|line| line[0] == "STDOUT").map(|line| line[1].as_str()).collect();
    assert_eq!(texts, ["one", "two"]);
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_cut_loses_no_order_to_stop_and_no_probe() {
    let (fleet, relay) = behind_a_relay("sqlite", 1, &format!("{SSH}[probe]\nprogram = '{{dir}}/probe'\n")).await;
    fleet.program("probe", "#!/bin/sh\necho 3\n");
    fleet.script("trap '' TERM; say ready; while :; do tick 1; done");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("ready", 1).await;
    relay.set(Network::Resets);
    fleet.stop(release).await;
    // The order is on its way, and the command goes on.
    let ticks = fleet.said("tick");
    fleet.until_said("tick", ticks + 10).await;
    relay.set(Network::Passes);
    fleet.over(release).await;
    let target = &fleet.targets(release).await[0];
    assert_eq!(target[1], "STOPPED");
    assert!(target[2].contains("It was killed"), "{target:?}");
    for times in 1..=2 {
        cut(&[&relay]).await;
        let instance = Reference::new(&INSTANCES, None, Some(vec!["web/h1".to_owned()]));
        probe_instances(&fleet.app, &caller("probeInstances"), &instance).await.unwrap().unwrap();
        let seen = format!("SELECT id FROM instance WHERE observed_times = {times}");
        fleet.until(&seen, |rows| rows.first().map(drop)).await;
    }
    fleet.assert_sound().await;
    worker.stop().await;
}
