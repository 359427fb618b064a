//! Files that an operator writes, and files that a command writes: known hosts, `ssh_config`, output.

use super::hosts::{SSH, SshFleet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use testkit::relay::Network;
use testkit::{Relay, SmallDisk};

#[tokio::test]
async fn keys_are_known_from_a_file_that_is_there_whose_names_may_be_hashed_and_ssh_config_may_ask() {
    let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
    fleet.script("");
    let worker = fleet.worker();
    let known_hosts = fleet.hosts.directory.join("known_hosts");
    let known = fs::read_to_string(&known_hosts).unwrap();
    let mode = |mode| fs::set_permissions(&known_hosts, fs::Permissions::from_mode(mode)).unwrap();

    fs::remove_file(&known_hosts).unwrap();
    let problem = "/known_hosts does not exist: make it by `lockkeeper hosts trust`";
    let (_, _, targets) = fleet.upgraded().await;
    assert_eq!(targets[0][1], "HOST_KEY");
    assert!(targets[0][2].contains(problem), "{targets:?}");
    assert!(fleet.app.executors.problems()[0].1.contains(problem));

    fs::write(&known_hosts, "").unwrap();
    let (_, _, targets) = fleet.upgraded().await;
    assert_eq!(targets[0][1], "HOST_KEY");
    assert!(targets[0][2].contains("No ED25519 host key is known for h1"), "{targets:?}");

    mode(0o666);
    let (_, _, targets) = fleet.upgraded().await;
    assert_eq!(targets[0][1], "HOST_KEY");
    assert!(targets[0][2].contains("can be changed by other users: chmod go-w"), "{targets:?}");

    // Its names are hashed, and the configuration asks a program.
    fs::write(&known_hosts, known).unwrap();
    mode(0o644);
    let hashed = Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&known_hosts).status();
    assert!(hashed.unwrap().success() && !fs::read_to_string(&known_hosts).unwrap().contains("h1"));
    let ssh_config = fleet.hosts.directory.join("ssh_config");
    let asks = format!("Match originalhost h1 exec \"test -e '{}/deploy'\"", fleet.directory.display());
    let text = fs::read_to_string(&ssh_config).unwrap().replace("Host h1", &asks);
    fs::write(&ssh_config, text).unwrap();
    let (_, status, targets) = fleet.upgraded().await;
    assert_eq!(status, "SUCCEEDED", "{targets:?}");
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn of_more_output_than_a_host_keeps_the_end_is_shown_and_how_much_is_missing() {
    let mut fleet = SshFleet::without_sshd("sqlite", 1, SSH).await;
    let sshd = fleet.hosts.sshd("");
    let relay = Relay::start(fleet.hosts.port(sshd), || Box::new(|_| 0)).await;
    fleet.hosts.alias_at("h1", relay.port(), sshd, "");
    fleet.script("echo first; say here; until [ -e \"$DIR/go\" ]; do sleep 0.05; done\n\
        head -c 67108864 /dev/zero; until ls \"$DIR\"/far/*/*/step-run-*/out.gone > /dev/null 2>&1; do sleep 0.05; done\n\
        echo; echo last");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    let open = format!("SELECT text FROM output_line WHERE release_id = {release} AND text = 'first'");
    fleet.until(&open, |rows| rows.first().map(drop)).await;
    // Nobody reads meanwhile.
    relay.set(Network::Resets);
    fs::write(fleet.directory.join("go"), "").unwrap();
    fleet.until_said("end", 1).await;
    relay.set(Network::Passes);
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    let log = fleet.log(release).await;
    let missing = log.iter().position(|line| line[1].contains(" bytes are missing: the host keeps the last 64 MiB"));
    let place = |text: &str| log.iter().position(|line| line[1] == text);
    assert!(place("first") < missing && missing < place("last"), "{log:?}");
    fleet.assert_sound().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_command_whose_host_has_no_room_left_for_its_output_can_still_be_stopped_and_has_a_result() {
    let fleet = SshFleet::new("sqlite", 1, SSH, "").await;
    let far = fleet.directory.join("far");
    fs::create_dir(&far).unwrap();
    let Some(disk) = SmallDisk::mount(&far, 1) else { return };
    let script = |then: &str| {
        let until_full = "say here; until [ -e \"$DIR/full\" ]; do sleep 0.05; done";
        fleet.script(&format!("{until_full}; echo $(seq 10000) || say unwritten; {then}"));
    };
    let worker = fleet.worker();
    for (times, then, failure) in [(1, "exec sleep 1000", "STOPPED"), (2, "exit 3", "COMMAND")] {
        script(then);
        let release = fleet.accept(&fleet.upgrade()).await;
        fleet.until_said("here", times).await;
        disk.fill();
        fs::write(fleet.directory.join("full"), "").unwrap();
        fleet.until_said("unwritten", times).await;
        if failure == "STOPPED" {
            fleet.stop(release).await;
        }
        fleet.over(release).await;
        assert_eq!(fleet.targets(release).await[0][1], failure, "{:?}", fleet.log(release).await);
        fs::remove_file(fleet.directory.join("full")).unwrap();
        disk.free();
    }
    fleet.script("");
    assert_eq!(fleet.upgraded().await.1, "SUCCEEDED");
    fleet.assert_sound().await;
    worker.stop().await;
}
