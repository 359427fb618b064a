//! An old command never runs beside a new one, however its processes try to get away.

use crate::worker::fleet::{COMMAND, Fleet, caller};
use crate::worker::process::Process;
use lockkeeper::domain::Kind;
use lockkeeper::release::cancel::{Cancellation, cancel};
use std::fs;
use std::path::Path;
use testkit::on_both;

/// A process that runs until it is ended. Its first argument says whether it listens, its second where it writes its id.
const MEMBER: &str = "#!/bin/sh\n[ $1 = deaf ] && trap '' TERM\necho $$ >> \"$2\"\nwhile :; do sleep 0.1; done\n";

/// Ways to get away. `$P` is the file of ids, and `$M` the program of a member.
const WAYS: [(&str, &str); 10] = [
    ("double fork", "( $M hears $P & ) &"),
    ("setsid", "setsid $M hears $P &"),
    ("nohup", "nohup $M hears $P > /dev/null 2>&1 &"),
    ("daemon", "setsid sh -c 'cd /; \"$0\" hears \"$1\" < /dev/null > /dev/null 2>&1 &' $M $P"),
    ("timeout", "timeout 1000 $M hears $P &"),
    ("job control", "set -m; $M hears $P & set +m"),
    ("many", "i=0; while [ $i -lt 200 ]; do setsid sleep 1000 & echo $! >> $P; i=$((i + 1)); done"),
    ("deaf", "setsid $M deaf $P &"),
    (
        "another title",
        "setsid perl -e '$0 = \"(x) R 1 1 1\"; open F, \">>$ARGV[0]\"; print F \"$$\\n\"; close F; sleep 1000' $P &",
    ),
    // Last: after the death of its runner, only its control group tells whose it is.
    ("no environment", "setsid env -i $M hears $P &"),
];

/// The script of a fleet whose host number N goes the Nth way, with `then` once its members run.
fn script(fleet: &Fleet, then: &str) {
    fleet.program("member", MEMBER);
    let ways: String = (1..).zip(WAYS).map(|(host, (_, way))| format!("h{host}) {way} ;;\n")).collect();
    fleet.script(&format!(
        // One that has ended counts for nothing, also before its parent knows.
        "runs() {{ {{ read -r stat < /proc/$1/stat; }} 2> /dev/null && case ${{stat##*) }} in Z*) false ;; esac; }}\n\
         P=\"$DIR/ids-$LOCKKEEPER_HOSTNAME-$LOCKKEEPER_ATTEMPT\"\nM=\"$DIR/member\"\n\
         old=$(cat \"$DIR/ids-$LOCKKEEPER_HOSTNAME-\"* 2> /dev/null)\n\
         if [ -n \"$old\" ]; then for id in $old; do if runs $id; then say beside; fi; done; exit 0; fi\n\
         case $LOCKKEEPER_HOSTNAME in\n{ways}esac\n\
         while [ ! -s $P ]; do sleep 0.02; done\nsay ready\n{then}"
    ));
}

/// The members of the first start on a host that still run.
fn running(directory: &Path, host: usize) -> Vec<String> {
    let ids = fs::read_to_string(directory.join(format!("ids-h{host}-1"))).unwrap_or_default();
    let runs = |id: &&str| fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z"));
    ids.lines().filter(runs).map(str::to_owned).collect()
}

fn assert_all_ended(fleet: &Fleet, hosts: usize) {
    for (host, (way, _)) in (1..=hosts).zip(WAYS) {
        assert_eq!(running(&fleet.directory, host), [""; 0], "{way}");
    }
}

async fn a_command_that_is_canceled_ends_with_everything_that_descends_from_it(kind: &str) {
    let fleet = Fleet::new(kind, WAYS.len(), COMMAND).await;
    script(&fleet, "sleep 1000");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("ready", WAYS.len()).await;
    let id = Kind::Release.id(release).to_string();
    cancel(&fleet.app, &caller("cancelRelease"), &Cancellation { stop_running: true, ..Cancellation::of(id) })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(fleet.over(release).await, "FAILED");
    assert_all_ended(&fleet, WAYS.len());
    let mut ways: Vec<(String, &str)> = (1..).zip(WAYS).map(|(host, (way, _))| (format!("h{host}"), way)).collect();
    // Targets are in the order of their hosts' names.
    ways.sort();
    for (target, (_, way)) in fleet.targets(release).await.iter().zip(ways) {
        assert_eq!(target[..2], ["FAILED", "STOPPED"], "{way}");
        // On a busy machine, others may not end within their half second.
        let killed = "It was killed 0.5 s after it had been asked to end.";
        assert!(
            target[2].contains(killed) || way != "deaf" && target[2].contains("It ended in time"),
            "{way} {target:?}"
        );
    }
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(a_command_that_is_canceled_ends_with_everything_that_descends_from_it);

async fn what_a_lost_worker_started_has_ended_before_it_is_started_again(kind: &str) {
    let text = format!("{COMMAND}on_lost = 'retry'");
    let fleet = Fleet::new(kind, WAYS.len(), &text).await;
    script(&fleet, "sleep 1000");
    let process = Process::start(&fleet, &text);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("ready", WAYS.len()).await;
    process.kill();
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!((fleet.said("start"), fleet.said("beside")), (2 * WAYS.len(), 0));
    assert_all_ended(&fleet, WAYS.len());
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_a_lost_worker_started_has_ended_before_it_is_started_again);

async fn what_a_killed_runner_started_has_ended_before_it_is_started_again(kind: &str) {
    let hosts = if has_groups() { WAYS.len() } else { WAYS.len() - 1 };
    let text = format!("{COMMAND}on_lost = 'retry'");
    let fleet = Fleet::new(kind, hosts, &text).await;
    script(&fleet, "kill -9 $PPID\nsleep 1000");
    let worker = fleet.worker();
    let release = fleet.accept(&fleet.upgrade()).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED", "{:?}", fleet.targets(release).await);
    assert_eq!((fleet.said("start"), fleet.said("beside")), (2 * hosts, 0));
    assert_all_ended(&fleet, hosts);
    worker.stop().await;
    fleet.assert_sound().await;
}
on_both!(what_a_killed_runner_started_has_ended_before_it_is_started_again);

/// Whether this user may make control groups here.
fn has_groups() -> bool {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount =
        mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2")).and_then(|line| line.split(' ').nth(1));
    let (Some(mount), Some(own)) = (mount, own.lines().find_map(|line| line.strip_prefix("0::"))) else { return false };
    // A name that no server takes for the group of a start and removes.
    let group =
        Path::new(mount).join(own.trim_start_matches('/')).join(format!("test-of-lockkeeper-{}", std::process::id()));
    let made = fs::create_dir(&group).is_ok();
    if made {
        fs::remove_dir(group).unwrap();
    }
    made
}

#[tokio::test]
async fn of_two_servers_with_the_same_numbers_each_ends_only_what_is_its_own() {
    let text = format!("{COMMAND}on_lost = 'retry'");
    let (one, other) = (Fleet::new("sqlite", 1, &text).await, Fleet::new("sqlite", 1, &text).await);
    let wait = "while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done";
    for fleet in [&one, &other] {
        fleet.script(&format!(
            "setsid sh -c 'while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done; echo left >> \"$DIR/left\"' & {wait}"
        ));
    }
    let (killed, worker) = (Process::start(&one, &text), other.worker());
    let releases = (one.accept(&one.upgrade()).await, other.accept(&other.upgrade()).await);
    one.until_said("start", 1).await;
    other.until_said("start", 1).await;
    let line = |fleet: &Fleet| fleet.journal()[0].clone();
    assert_eq!(line(&one), line(&other), "instance, fence, target and attempt are the same");
    killed.kill();
    let taking_over = one.worker();
    one.until_said("start", 2).await;
    fs::write(one.directory.join("go"), "").unwrap();
    assert_eq!(one.over(releases.0).await, "SUCCEEDED");
    // That of the other goes on, with all that it started.
    fs::write(other.directory.join("go"), "").unwrap();
    assert_eq!(other.over(releases.1).await, "SUCCEEDED");
    other.until("SELECT 'x' AS x", |_| other.directory.join("left").exists().then_some(())).await;
    assert_eq!(other.targets(releases.1).await[0][4], "1");
    taking_over.stop().await;
    worker.stop().await;
}
