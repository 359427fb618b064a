//! What the operator reads on standard error.

use crate::api::world::World;
use std::time::Duration;
use testkit::fleet::id;
use testkit::on_both;

async fn the_log_has_a_line_when_a_release_is_accepted_and_over_and_one_for_each_target(world: &World) {
    let release = id(&world.shop.release("upgradeInstances", &world.shop.versions[1]).await["release"]);
    assert_eq!(world.shop.finished(&release).await, "SUCCEEDED");
    let hosts = world.shop.hostnames.iter().map(|host| ("target ended".to_owned(), host.clone()));
    let releases = ["ACCEPTED", "FINISHED"].map(|kind| (format!("release {kind}"), "UPGRADE".to_owned()));
    for (what, about) in hosts.chain(releases) {
        let printed = || world.server.log().lines().filter(|line| fits(line, &what, &about, &release)).count();
        // What was committed is logged right afterwards, by another process.
        for _ in 0..100 {
            if printed() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(printed(), 1, "{what} {about} of {release} in\n{}", world.server.log());
    }
    let log = world.server.log();
    for line in log.lines().filter(|line| line.contains("target ended") && line.contains(&format!("{release} "))) {
        assert!(line.contains(" status=\"SUCCEEDED\"") && line.contains(" instance_status=\"RUNNING\""), "{line}");
    }
}
on_both!(the_log_has_a_line_when_a_release_is_accepted_and_over_and_one_for_each_target in World);

fn fits(line: &str, what: &str, about: &str, release: &str) -> bool {
    let names =
        |word: &str| line.split(|char: char| !(char.is_alphanumeric() || "_-".contains(char))).any(|part| part == word);
    line.contains(what) && names(about) && names(release)
}
